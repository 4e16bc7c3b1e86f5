"""The command ``mlflow-grc``. Importing it loads no more than the help needs."""

from connector.cli.main import main

__all__ = ["main"]
