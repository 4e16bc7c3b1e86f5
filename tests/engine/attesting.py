"""What the tests of signed approvals share: a world that signs, and what its tags prove."""

from __future__ import annotations

import functools
from collections.abc import Callable
from datetime import timedelta

from connector.attest import Attestations, Content, Signer, Statement, Trusted
from connector.attest.reading import proved
from connector.model.registry import ModelVersion, RegisteredModel
from connector.model.tags import Tags
from connector.model.views import RegistryView
from tests.engine.test_machine import InProcessWorld

TAGS = Tags()
WEEK = timedelta(days=7)


@functools.cache
def signer(number: int) -> Signer:
    """One of a few keys, the same in each test."""
    del number
    return Signer.generate()


def trusting(*numbers: int) -> Trusted:
    return Trusted.of(signer(number).public for number in numbers)


class Signing(InProcessWorld):
    """A world that signs what the GRC approves."""

    how: Attestations = Attestations(signer(1), trusting(1), WEEK)
    reads: Callable[[RegistryView], Content] | None = None

    def _open(self) -> None:
        super()._open()
        self.connection.attestations = lambda: self.how
        self.connection.read_content = self.reads

    def begin(self, name: str = "credit", tier: str = "high") -> Signing:
        """A model with one version, approved in the GRC."""
        self.author.create_model(name, tags={"risk_classification": tier})
        self.author.create_version(name)
        self.sync()
        self.decide(name=name)
        return self

    def decide(self, status: str = "Approved", name: str = "credit", version: str = "1", **fields: str) -> None:
        self.officer.patch(self.version_record(name, version)["id"], approval_status=status, **fields)

    def proved(self, name: str = "credit", version: str = "1", trusted: Trusted | None = None) -> Statement | None:
        return proved(TAGS, self.tags(name, version), trusted or self.how.trusted)

    def attestation(self, name: str = "credit", version: str = "1") -> dict[str, str]:
        return {key: text for key, text in self.tags(name, version).items() if TAGS.is_attestation(key)}

    def seen(self, name: str = "credit", version: str = "1") -> tuple[ModelVersion, RegisteredModel]:
        found, model = self.registry.version(name, version), self.registry.model(name)
        assert found is not None
        assert model is not None
        return found, model
