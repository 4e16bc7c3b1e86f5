"""A real MLflow server on this machine, and the hand that fills it: for the demo and the tests, never for a bank's
registry. The connector itself talks to MLflow through :mod:`connector.registry` alone.
"""

from connector.mlflow_server.author import RegistryAuthor
from connector.mlflow_server.process import MlflowServer

__all__ = ["MlflowServer", "RegistryAuthor"]
