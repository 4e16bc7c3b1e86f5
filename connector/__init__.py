"""mlflow-grc: keeps an MLflow model registry and a GRC's model inventory one truth.

The top of the architecture reads: observe both sides, plan (pure), apply, record. See ``docs/concepts.md``.
"""

__version__ = "0.1.0"
