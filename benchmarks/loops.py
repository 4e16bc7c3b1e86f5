"""The loops to compare with: the same requests, sent bare by the same HTTP library, nothing done with the answers."""

from __future__ import annotations

import threading
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor

import requests

from benchmarks.traffic import Sent

_TIMEOUT = 300


def download(pages: Iterable[Sent], *, at_once: bool) -> int:
    """Read the pages, one after the other; ``at_once``: those of each server in a thread of its own. The bytes read."""
    groups: dict[str, list[Sent]] = defaultdict(list)
    for page in pages:
        groups[page.host if at_once else ""].append(page)
    with ThreadPoolExecutor(len(groups)) as pool:
        return sum(pool.map(_read, groups.values()))


def _read(pages: Sequence[Sent]) -> int:
    with _session() as session:
        return sum(len(_send(session, page).content) for page in pages)


def write(writes: Sequence[Sent], threads: int) -> int:
    """Send writes, those about one registered model in order; how many. Ids of new records are those of this time."""
    lanes: dict[str, list[Sent]] = defaultdict(list)
    for sent in writes:
        lanes[sent.model].append(sent)
    local = threading.local()
    with ThreadPoolExecutor(threads) as pool:
        list(pool.map(lambda lane: _write_lane(lane, local), lanes.values()))
    return len(writes)


def _write_lane(lane: Iterable[Sent], local: threading.local) -> None:
    if not hasattr(local, "session"):
        local.session = _session()
    known: dict[str, str] = {}
    for sent in lane:
        answer = _send(local.session, sent, lambda text: _with_ids(text, known))
        answer.raise_for_status()
        if sent.made is not None:
            known[sent.made] = answer.json()["id"]


def _with_ids(text: str, known: dict[str, str]) -> str:
    for old, new in known.items():
        text = text.replace(old, new)
    return text


def _send(session: requests.Session, sent: Sent, change: Callable[[str], str] = str) -> requests.Response:
    body = change(sent.body).encode() if sent.body is not None else None
    return session.request(sent.method, sent.url, data=body, headers=sent.headers, timeout=_TIMEOUT)


def _session() -> requests.Session:
    session = requests.Session()
    session.trust_env = False
    return session
