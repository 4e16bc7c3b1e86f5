"""Which MLflow a server runs, for tests of what only later versions have."""

from __future__ import annotations

import pytest
import requests

Version = tuple[int, int]


def version_of(url: str, auth: tuple[str, str] | None = None) -> Version:
    """Major and minor number, as the server itself says."""
    with requests.Session() as session:
        session.trust_env = False
        answer = session.get(f"{url}/version", auth=auth, timeout=60)
    answer.raise_for_status()
    major, minor = answer.text.strip().split(".")[:2]
    return int(major), int(minor)


def need(found: Version, oldest: Version, what: str) -> None:
    """Skip the test, with the reason, where the server is older than ``oldest``, which brought ``what``."""
    if found < oldest:
        pytest.skip(f"the server runs MLflow {_text(found)}; {what} came with {_text(oldest)}")


def need_before(found: Version, end: Version, what: str) -> None:
    """Skip the test, with the reason, where the server no longer has ``what``, which ended with ``end``."""
    if found >= end:
        pytest.skip(f"the server runs MLflow {_text(found)}; {what} ended with {_text(end)}")


def _text(version: Version) -> str:
    return ".".join(map(str, version))
