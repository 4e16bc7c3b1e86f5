"""ServiceNow: pages of the Table API, writes by the batch API."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from typing import ClassVar

from adapters.servicenow.options import Options
from benchmarks.platforms.copies import Original, reworded
from benchmarks.platforms.platform import Asked, Dump, Json, Least, Pace, Platform, Size, Variant
from tests.simulators.servicenow.tenant import ISSUES, MODELS, VERSIONS

_TABLES = (MODELS, VERSIONS, ISSUES)
_BATCH = "POST /api/now/v1/batch"


class ServiceNow(Platform):
    """The bank's own tables, a record per version."""

    name: ClassVar[str] = "servicenow"
    mapping: ClassVar[str] = "servicenow"
    pace: ClassVar[Pace] = Pace(
        seconds={"page": 2.0, "read": 0.3, "write": 0.3, "other": 0.3},
        item=0.15,
        limit=10,
        source="no limit is documented unless the instance's admin sets a rule; 10 requests a second is what "
        "docs/platforms/servicenow.md proposes. Latencies are assumed: 2 s for a page of 1,000 rows, 0.3 s for any "
        "other request, 0.15 s more for each write in a batch, batches one after the other",
    )
    ending: ClassVar[str] = "the number of rows that is announced with each page (X-Total-Count)"
    variants: ClassVar[Sequence[Variant]] = (Variant(), Variant("one by one", {"batch_size": 1}))

    def page_size(self, options: Mapping[str, Json]) -> int:
        return Options.model_validate(options).page_size

    def words(self, dump: Dump, original: Original, number: int) -> dict[str, str]:
        words = original.words(number)
        for table in _TABLES:
            for row in dump["rows"].get(table, ()):
                words[row["sys_id"]] = hashlib.sha256(f"{number} {row['sys_id']}".encode()).hexdigest()[:32]
                if "number" in row:
                    words[row["number"]] = f"ISS{number:02d}{row['number'][-5:]}"
        return words

    def multiplied(self, dump: Dump, original: Original, times: int) -> Dump:
        rows = {table: list(found) for table, found in dump["rows"].items()}
        for number in range(1, times):
            words = self.words(dump, original, number)
            for table in _TABLES:
                rows.setdefault(table, []).extend(reworded(dump["rows"].get(table, []), words))
        return {**dump, "rows": rows, "history": []}

    def sent(self, asked: Asked) -> Mapping[str, int]:
        tables = {f"GET /api/now/table/{table}" for table in _TABLES}
        pages = sum(count for path, count in asked.paths.items() if path in tables)
        read = sum(c for path, c in asked.paths.items() if path.startswith("GET ")) - pages
        writes = sum(c for path, c in asked.paths.items() if not path.startswith("GET ") and "oauth" not in path)
        if asked.of("find", "get"):
            # A look-up of several records is a page of its own table; the pages of the listings are told as such.
            pages, read = asked.of("list"), read + pages - asked.of("list")
        return {"page": pages, "read": read, "write": writes, "other": asked.requests - pages - read - writes}

    def batched(self, asked: Asked) -> int:
        if not asked.paths.get(_BATCH):
            return 0
        alone = sum(c for p, c in asked.paths.items() if p.split()[0] in ("POST", "PATCH") and "/table/" in p)
        return asked.of("create", "update", "comment") - alone

    def least_pages(self, count: int, page: int) -> int:
        return max(1, -(-count // page))

    def least_load(self, size: Size, options: Mapping[str, Json]) -> Least:
        batch = Options.model_validate(options).batch_size
        return Least(
            5 - (-(size.models + size.versions) // batch),
            f"a token, a page of each empty table, a question for the people named, and {batch} new records a request",
        )
