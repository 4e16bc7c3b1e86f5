"""Empties a real MLflow registry between tests."""

from __future__ import annotations

import requests

from connector.mlflow_server import RegistryAuthor
from connector.registry.prompts import PROMPT_FILTER


def wipe(url: str, author: RegistryAuthor) -> None:
    """Delete every registered model and prompt."""
    with requests.Session() as session:
        session.trust_env = False
        for query in ({}, {"filter": PROMPT_FILTER}):
            search = f"{url}/api/2.0/mlflow/registered-models/search"
            answer = session.get(search, params={"max_results": 1000, **query}, timeout=60)
            answer.raise_for_status()
            for model in answer.json().get("registered_models", ()):
                author.delete_model(model["name"])
