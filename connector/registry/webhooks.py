"""MLflow's webhooks of registry events: listed, made, brought up to date, tried and removed.

MLflow keeps them in its SQL store alone, encrypts their secrets, and never tells one. Its events know versions, their
tags and aliases, and models that are registered; of a model's own tags, its description, and deletions there is none.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from connector.model.errors import Rejected, Retriable
from connector.registry.api import Api

EVENTS: tuple[tuple[str, str], ...] = (
    ("REGISTERED_MODEL", "CREATED"),
    ("MODEL_VERSION", "CREATED"),
    ("MODEL_VERSION_TAG", "SET"),
    ("MODEL_VERSION_TAG", "DELETED"),
    ("MODEL_VERSION_ALIAS", "CREATED"),
    ("MODEL_VERSION_ALIAS", "DELETED"),
)
"""What tells of a change of a registered model, as (entity, action)."""
_PATH, _A_PAGE = "webhooks", 100
_REMEDY = (
    "webhooks need MLflow 3.3 or newer on a SQL store, and an account that may manage them; addresses are https, with "
    "a public IP, unless the server sets MLFLOW_WEBHOOK_ALLOWED_SCHEMES and MLFLOW_WEBHOOK_ALLOW_PRIVATE_IPS."
)


@dataclass(frozen=True, slots=True)
class Webhook:
    """A webhook of the server."""

    id: str
    name: str
    url: str
    events: frozenset[tuple[str, str]]
    active: bool

    @property
    def whole(self) -> bool:
        """Whether it tells of everything that it could."""
        return self.active and self.events == frozenset(EVENTS)


@dataclass(frozen=True, slots=True)
class Tried:
    """What came of a trial delivery: the status of the answer (0: none came), and what MLflow says went wrong."""

    status: int
    problem: str


class Webhooks:
    """The webhooks of one MLflow, or of one workspace of it. Every method raises AuthError, Unreachable, Retriable, and
    Rejected with a remedy.
    """

    def __init__(self, api: Api) -> None:
        self._api = api

    def all(self) -> Sequence[Webhook]:
        """Every webhook, of whoever."""
        found: list[Webhook] = []
        token = ""
        while True:
            answer = _told(partial(self._api.find, _PATH, _page(token)))
            found += [_webhook(raw) for raw in answer.get("webhooks", ())]
            token = str(answer.get("next_page_token") or "")
            if not token:
                return found

    def named(self, name: str) -> Webhook | None:
        """The webhook of this name."""
        return next((each for each in self.all() if each.name == name), None)

    def put(self, name: str, url: str, secret: str) -> Webhook:
        """Make the webhook, or bring it up to date, its secret included, which MLflow does not tell."""
        body = {
            "name": name,
            "url": url,
            "secret": secret,
            "status": "ACTIVE",
            "description": "Tells mlflow-grc of changes in the model registry.",
            "events": [{"entity": entity, "action": action} for entity, action in EVENTS],
        }
        known = self.named(name)
        method, path = ("POST", _PATH) if known is None else ("PATCH", f"{_PATH}/{known.id}")
        return _webhook(_told(partial(self._api.write, method, path, body))["webhook"])

    def remove(self, webhook: Webhook) -> None:
        """Remove it."""
        _told(partial(self._api.write, "DELETE", f"{_PATH}/{webhook.id}", {}))

    def trial(self, webhook: Webhook) -> Tried:
        """Have MLflow deliver an example event."""
        answer = _told(partial(self._api.write, "POST", f"{_PATH}/{webhook.id}/test", {}))
        result = answer.get("result", {})
        return Tried(int(result.get("response_status") or 0), str(result.get("error_message") or ""))


def _page(token: str) -> dict[str, str]:
    return {"max_results": str(_A_PAGE), **({"page_token": token} if token else {})}


def _told(ask: Callable[[], Mapping[str, Any] | None]) -> Mapping[str, Any]:
    """The answer; a refusal says what webhooks need, where it says nothing of its own."""
    try:
        return ask() or {}
    except (Rejected, Retriable) as error:
        error.remedy = error.remedy or _REMEDY
        raise


def _webhook(raw: Mapping[str, Any]) -> Webhook:
    events = frozenset((str(each["entity"]), str(each["action"])) for each in raw.get("events", ()))
    active = raw.get("status", "ACTIVE") == "ACTIVE"
    return Webhook(str(raw["webhook_id"]), str(raw["name"]), str(raw.get("url", "")), events, active)
