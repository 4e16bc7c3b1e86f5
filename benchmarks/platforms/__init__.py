"""What a cycle asks of each GRC platform, against its simulator: ``python -m benchmarks platforms``.

The GRC's side is measured, and counted in requests; the registry is the one in memory that the quick tests use.
"""
