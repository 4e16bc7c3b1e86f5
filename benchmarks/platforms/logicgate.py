"""LogicGate: pages of the newer API, records written one by one by the older."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from typing import ClassVar

from adapters.logicgate.options import Options
from benchmarks.platforms.copies import Original, reworded
from benchmarks.platforms.platform import Asked, Dump, Json, Least, Pace, Platform, Size
from tests.scenarios.grc import GrcSide
from tests.simulators.logicgate.schema import Permission
from tests.simulators.logicgate.server import LogicGate as Simulator

_NUMBER = re.compile(r"([A-Z]+)-(\d+)")
_FAR = 100_000
"""More than there are issues in one copy."""


class LogicGate(Platform):
    """A workflow per entity, a record per version."""

    name: ClassVar[str] = "logicgate"
    mapping: ClassVar[str] = "logicgate"
    pace: ClassVar[Pace] = Pace(
        seconds={"page": 1.5, "read": 0.3, "write": 0.5, "other": 0.3},
        limit=5,
        source="5 requests a second, one at a time, which the adapter keeps to unless it is told otherwise; the vendor "
        "documents no limit. Latencies are assumed: 1.5 s for a page of 500 records, 0.5 s for a write, 0.3 s for any "
        "other request",
    )
    at_once: ClassVar[int] = 1
    ending: ClassVar[str] = (
        "the announced number of pages, and the first page once more where there are several: no order can be asked "
        "for, and a record that is edited meanwhile moves to another page"
    )

    def prepare(self, side: GrcSide) -> None:
        """Let the token's user look definitions up: the mapping that ships has names and no ids."""
        simulator = side.simulator
        assert isinstance(simulator, Simulator)
        simulator.permit(Permission.READ, Permission.WRITE, Permission.BUILD)

    def page_size(self, options: Mapping[str, Json]) -> int:
        return Options.model_validate(options).page_size

    def words(self, dump: Dump, original: Original, number: int) -> dict[str, str]:
        words = original.words(number)
        for row in dump["records"]:
            words[row["id"]] = hashlib.sha256(f"{number} {row['id']}".encode()).hexdigest()[:12]
            for value in row["values"].values():
                if isinstance(value, str) and (found := _NUMBER.fullmatch(value)):
                    for mark in "_-":
                        words[f"{found[1]}{mark}{found[2]}"] = f"{found[1]}{mark}{int(found[2]) + number * _FAR}"
        return words

    def multiplied(self, dump: Dump, original: Original, times: int) -> Dump:
        records, links = list(dump["records"]), list(dump["links"])
        for number in range(1, times):
            words = self.words(dump, original, number)
            records += reworded(dump["records"], words)
            links += reworded(dump["links"], words)
        return {**dump, "records": records, "links": links, "history": []}

    def sent(self, asked: Asked) -> Mapping[str, int]:
        pages, reads, writes = asked.of("list"), asked.of("get"), asked.of("create", "update")
        return {"page": pages, "read": reads, "write": writes, "other": asked.requests - pages - reads - writes}

    def least_pages(self, count: int, page: int) -> int:
        pages = max(1, -(-count // page))
        return pages + (pages > 1)

    def least_load(self, size: Size, options: Mapping[str, Json]) -> Least:
        del options
        return Least(
            4 + 2 * (size.models + size.versions),
            "a token and an empty page of each workflow; each record is created alone, and read back by the newer API, "
            "since what the older one answers differs from tenant to tenant. Nothing can be asked for by key: the "
            "cycle's own listing tells which keys are free",
        )
