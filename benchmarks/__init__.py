"""Measures cycles against a real MLflow server and the mock GRC: ``python -m benchmarks``, docs/performance.md."""
