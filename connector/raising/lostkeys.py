"""Issues of findings of which the platform did not keep the key: nobody would find them again."""

from __future__ import annotations

from collections.abc import Iterable

from connector.mapping.keys import parse_finding_key
from connector.model.state import QuarantineCase
from connector.plan.context import Identity
from connector.plan.refused import within_the_day


def keys_are_lost(cases: Iterable[QuarantineCase], key: str, now: str) -> bool:
    """Whether the key of another issue than that with ``key`` was not kept on the day of ``now`` (an ISO time): the
    platform would keep none, so that none is opened before the next day.
    """
    today = within_the_day("", now)
    return any(
        case.field == Identity.KEY
        and case.ref.key != key
        and case.value_digest.endswith(today)
        and parse_finding_key(case.ref.key) is not None
        for case in cases
    )
