"""MetricStream: reports that the deployment publishes, records written one by one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from adapters.http import Options
from benchmarks.platforms.copies import Original, reworded
from benchmarks.platforms.platform import Asked, Dump, Json, Least, Pace, Platform, Size
from connector.mock.catalog import ISSUES, MODELS, VERSIONS
from connector.model.fields import Entity

_KINDS = (MODELS, VERSIONS, ISSUES)
_FAR = 100_000
"""More than there are records of a kind in one copy."""


class MetricStream(Platform):
    """A profile of the declarative adapter, with an object of the customer's own for versions."""

    name: ClassVar[str] = "metricstream"
    mapping: ClassVar[str] = "metricstream"
    pace: ClassVar[Pace] = Pace(
        seconds={"page": 1.0, "read": 0.3, "write": 0.5, "other": 0.3},
        source="nothing is published of limits. Latencies are assumed: 1 s for a page of 100 records, 0.5 s for a "
        "write, 0.3 s for any other request",
    )
    ending: ClassVar[str] = "an empty page: no total is published, and a short page may be one that the server cut"

    def page_size(self, options: Mapping[str, Json]) -> int:
        listed = Options.model_validate(options).resources[Entity.MODEL].list
        size: int = listed.pagination.page_size
        return size

    def words(self, dump: Dump, original: Original, number: int) -> dict[str, str]:
        words = original.words(number)
        for kind in _KINDS:
            for row in dump["records"][kind]:
                words[row["id"]] = f"{row['id'][:3]}{int(row['id'][3:]) + number * _FAR:07d}"
                if "number" in row:
                    before, after = row["number"].split("-")
                    for mark in "_-":
                        words[f"{before}{mark}{after}"] = f"{before}{mark}{int(after) + number * _FAR}"
        return words

    def multiplied(self, dump: Dump, original: Original, times: int) -> Dump:
        everything = {kind: list(rows) for kind, rows in dump["records"].items()}
        for number in range(1, times):
            words = self.words(dump, original, number)
            for kind in _KINDS:
                everything[kind] += reworded(dump["records"][kind], words)
        numbers = {kind: last + times * _FAR for kind, last in dump["numbers"].items()}
        return {**dump, "records": everything, "numbers": numbers, "history": []}

    def sent(self, asked: Asked) -> Mapping[str, int]:
        pages = sum(count for path, count in asked.paths.items() if "/reports/" in path)
        writes = asked.of("create", "update")
        reads = asked.of("get")
        return {"page": pages, "read": reads, "write": writes, "other": asked.requests - pages - reads - writes}

    def least_pages(self, count: int, page: int) -> int:
        return -(-count // page) + 1 if count else 1

    def least_load(self, size: Size, options: Mapping[str, Json]) -> Least:
        del options
        return Least(
            4 + size.models + size.versions,
            "a login, an empty page of each report, and each record alone: what becomes of a bulk operation that fails "
            "in part is not published; on top, each record is read back. Nothing can be asked for by key: the cycle's "
            "own listing tells which keys are free",
        )
