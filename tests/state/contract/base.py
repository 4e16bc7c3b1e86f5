from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import UTC, datetime, timedelta

import pytest

from connector.model.fields import Entity
from connector.model.views import ObjectRef
from connector.state import Lease, Recorder, Store

NOW = datetime(2026, 3, 1, 8, 0, tzinfo=UTC)
CANARY = "c4nary-s3cret"
BANK, OTHER = "bank", "other"

CREDIT = ObjectRef(Entity.MODEL, "mlflow:r/credit@1", "credit")
CREDIT_1 = ObjectRef(Entity.VERSION, "mlflow:r/credit@1#1", "credit", "1")
FRAUD = ObjectRef(Entity.MODEL, "mlflow:r/fraud@2", "fraud")


def later(**by: float) -> datetime:
    return NOW + timedelta(**by)


class StoreContract:
    """``reopen()`` gives a new store on the test's own database, each time; it is closed for it."""

    @pytest.fixture
    def reopen(self) -> Callable[[], Store]:
        raise NotImplementedError

    @pytest.fixture
    def store(self, reopen: Callable[[], Store]) -> Store:
        return reopen()

    @pytest.fixture
    def lease(self, store: Store) -> Lease:
        return store.acquire_lease(BANK, "me", NOW, 60)

    @pytest.fixture
    def record(self, store: Store, lease: Lease) -> Callable[[], AbstractContextManager[Recorder]]:
        """``with record() as tx`` records at NOW for BANK."""
        return lambda: store.recording(lease, NOW)
