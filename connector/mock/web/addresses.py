"""Where the pages are. Every page is below ``/ui``; ``/`` and ``/records/ID`` lead there."""

from __future__ import annotations

from urllib.parse import quote

from connector.mock.catalog import ISSUES, MODELS, VERSIONS

ROOT = "/ui"
SIGN_IN = f"{ROOT}/sign-in"
INVENTORY = f"{ROOT}/models"
ISSUE_LIST = f"{ROOT}/issues"
SHOWN = (MODELS, VERSIONS, ISSUES)
"""The kinds of record that have a page."""


def is_page(path: str) -> bool:
    """Whether a path is one of the pages', and not of the API."""
    return path in ("/", ROOT) or path.startswith((f"{ROOT}/", "/records/"))


def record_page(kind: str, record_id: str, *further: str) -> str:
    """The page of a record of one of :data:`SHOWN`, or a page below it."""
    return "/".join((ROOT, kind, quote(record_id, safe=""), *further))


def is_local(target: str) -> bool:
    """Whether a target that came with a request leads to one of the pages and to no other site."""
    return target.startswith((f"{ROOT}/", "/records/")) and not any(sign in target for sign in "\\\r\n")
