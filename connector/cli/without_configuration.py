"""The errors of an MLflow that no configuration names, in terms of what the user did set: an option, or the variables
of MLflow's own client.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager

from adapters.httpclient.judge import CREDENTIALS_REMEDY
from connector.model.errors import AuthError, ConfigError, MlflowGrcError

_CREDENTIALS = (
    "check MLFLOW_TRACKING_USERNAME and MLFLOW_TRACKING_PASSWORD, or MLFLOW_TRACKING_TOKEN: what they hold, or that "
    "they are empty, was refused."
)
_OURS = (
    (r"[Tt]he registry's uri", "{named}"),
    (r"The registry uri", "{named}"),
    (r"[Tt]he registry's workspaces", "--workspace (or MLFLOW_WORKSPACE)"),
    (r"http\.ca_bundle", "MLFLOW_TRACKING_SERVER_CERT_PATH"),
    (r"http\.client_cert", "MLFLOW_TRACKING_CLIENT_CERT_PATH"),
    (r"the registry's account", "the account"),
)


@contextmanager
def in_terms_of(named: str) -> Iterator[None]:
    """Raise what the block raises with ``named`` in the place of the registry's ``uri``, and MLflow's variables in that
    of other keys of the configuration. Nothing is changed where it is empty.
    """
    try:
        yield
    except MlflowGrcError as error:
        if not named:
            raise
        if isinstance(error, ConfigError):
            raise ConfigError(_said(error.message, named), remedy=_said(error.remedy, named)) from None
        if isinstance(error, AuthError) and error.remedy == CREDENTIALS_REMEDY:
            error.remedy = _CREDENTIALS
        error.remedy = _said(error.remedy, named)
        raise


def _said(text: str, named: str) -> str:
    for ours, theirs in _OURS:
        text = re.sub(ours, theirs.format(named=named), text)
    return text
