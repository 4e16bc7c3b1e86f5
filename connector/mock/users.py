"""Who may do what. People are known by e-mail; a token stands for a user."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum


class Role(StrEnum):
    """What a user is in the bank."""

    CONNECTOR = "Service Account"
    RISK_OFFICER = "Model Risk Officer"
    VALIDATOR = "Independent Validator"
    MODEL_OWNER = "Model Owner"
    DEVELOPER = "Developer"
    AUDITOR = "Auditor"
    ADMIN = "Administrator"


class Right(StrEnum):
    """What a role may be allowed beyond reading, which every role may."""

    MODELS = "models"
    VERSIONS = "versions"
    ISSUES = "issues"
    APPROVALS = "approvals"
    USERS = "users"
    COMMENTS = "comments"
    DECIDE = "decide"
    DELETE = "delete"
    ADMIN = "admin"


_RECORDS = frozenset({Right.MODELS, Right.VERSIONS, Right.ISSUES, Right.COMMENTS})
RIGHTS: Mapping[Role, frozenset[Right]] = {
    Role.CONNECTOR: _RECORDS,
    Role.RISK_OFFICER: _RECORDS | {Right.APPROVALS, Right.DECIDE, Right.DELETE},
    Role.VALIDATOR: _RECORDS,
    Role.MODEL_OWNER: _RECORDS,
    Role.DEVELOPER: frozenset({Right.COMMENTS}),
    Role.AUDITOR: frozenset(),
    Role.ADMIN: frozenset(Right),
}


@dataclass(frozen=True, slots=True)
class User:
    """A person, or the service account that the connector uses."""

    email: str
    name: str
    role: Role

    def may(self, right: Right) -> bool:
        """Whether the user's role has the right."""
        return right in RIGHTS[self.role]


CONNECTOR = User("mlflow-grc@bank.example", "MLflow connector", Role.CONNECTOR)
ADMIN = User("admin@bank.example", "Platform Administration", Role.ADMIN)
STAFF: tuple[User, ...] = (
    CONNECTOR,
    ADMIN,
    User("risk.officer@bank.example", "Rita Okafor", Role.RISK_OFFICER),
    User("validator@bank.example", "Viktor Lindqvist", Role.VALIDATOR),
    User("auditor@bank.example", "Aoife Byrne", Role.AUDITOR),
    User("head.retail@bank.example", "Helena Costa", Role.MODEL_OWNER),
    User("head.fraud@bank.example", "Farid Haddad", Role.MODEL_OWNER),
    User("head.finance@bank.example", "Fiona Marsh", Role.MODEL_OWNER),
    User("compliance@bank.example", "Chen Wei", Role.MODEL_OWNER),
    User("data.scientist@bank.example", "Dana Novak", Role.DEVELOPER),
    User("ml.engineer@bank.example", "Mateo Silva", Role.DEVELOPER),
)


def token_of(master: str, user: User) -> str:
    """The user's token: the connector's own is ``master``, the others follow from it and stay the same with it."""
    if user == CONNECTOR:
        return master
    return hmac.new(master.encode(), user.email.encode(), hashlib.sha256).hexdigest()[:40]
