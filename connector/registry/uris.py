"""Which registry URIs are served. MLflow itself accepts many more kinds."""

from __future__ import annotations

from urllib.parse import urlsplit

from connector.model.errors import ConfigError

_START_SERVER = "start a server on that store (mlflow server --backend-store-uri ...) and give its http address."


def check_uri(uri: str) -> None:
    """Raise ConfigError with the reason when ``uri`` is not the address of an MLflow server."""
    scheme = urlsplit(uri).scheme.lower()
    if scheme in ("http", "https"):
        return
    if scheme in ("databricks", "databricks-uc", "uc") or uri.lower().startswith("databricks"):
        raise _refusal(
            uri,
            "is Databricks' registry, whose searches tell no tags and no aliases: a scan would see nothing to sync",
            "use a self-hosted MLflow server; Unity Catalog is not supported yet.",
        )
    if ("://" not in uri and scheme in ("", "file")) or scheme == "file":
        raise _refusal(uri, "is a directory, which only one process should open", _START_SERVER)
    if scheme.split("+")[0] in ("sqlite", "postgresql", "mysql", "mssql"):
        raise _refusal(scheme + "://...", "is a database; it is never opened behind MLflow's back", _START_SERVER)
    raise _refusal(
        uri, "is not the address of an MLflow server", "give an address such as https://mlflow.bank.example."
    )


def _refusal(uri: str, why: str, remedy: str) -> ConfigError:
    return ConfigError(f"The registry uri {uri!r} {why}.", key="uri", remedy=remedy)
