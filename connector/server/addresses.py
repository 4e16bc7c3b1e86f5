"""Where the pages are."""

from __future__ import annotations

from urllib.parse import quote, urlsplit

OVERVIEW, CONFLICTS, WITHHELD = "/status", "/conflicts", "/withheld"
QUARANTINE, FINDINGS, AUDIT, RUNS = "/quarantine", "/findings", "/audit", "/runs"
SIGN_IN, SIGN_OUT, STYLE, ICON = "/sign-in", "/sign-out", "/style.css", "/icon.svg"
PAGES = (
    (OVERVIEW, "Overview"),
    (CONFLICTS, "Conflicts"),
    (WITHHELD, "Withheld"),
    (QUARANTINE, "Quarantine"),
    (FINDINGS, "Findings"),
    (RUNS, "Runs"),
    (AUDIT, "Audit"),
)
"""What the navigation offers."""


def run_page(run_id: str) -> str:
    """The page of a run."""
    return f"{RUNS}/{quote(run_id, safe='')}"


def is_local(target: str) -> bool:
    """Whether an address is one of our own paths, so that nobody is led elsewhere."""
    if not target.startswith("/") or target.startswith(("//", "/\\")) or any(ord(one) < 33 for one in target):
        return False
    parts = urlsplit(target)
    return not parts.scheme and not parts.netloc and "\\" not in target
