"""Archer: pages of the SOAP search, records written one by one through REST."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Any, ClassVar

from adapters.archer.options import SearchOptions
from benchmarks.platforms.copies import Original, reworded
from benchmarks.platforms.platform import Asked, Dump, Json, Least, Pace, Platform, Size

_FAR = 1_000_000
"""More than there are records in one copy; ids of records have six digits."""
_CONTENT = "core/content"


class Archer(Platform):
    """A level per entity, a record per version."""

    name: ClassVar[str] = "archer"
    mapping: ClassVar[str] = "archer"
    pace: ClassVar[Pace] = Pace(
        seconds={"page": 3.0, "read": 0.3, "write": 0.5, "other": 0.3},
        source="no limit is published. Latencies are assumed: 3 s for a page of 500 records (each runs the search "
        "again), 0.5 s for a write, 0.3 s for any other request",
    )
    ending: ClassVar[str] = "an empty page: each page runs the search again, so that a count alone proves nothing"

    def page_size(self, options: Mapping[str, Json]) -> int:
        return SearchOptions.model_validate(options.get("search", {})).page_size

    def words(self, dump: Dump, original: Original, number: int) -> dict[str, str]:
        words = original.words(number)
        for row in dump["content"]["records"]:
            words[str(row["id"])] = str(row["id"] + number * _FAR)
            for mark in "_-":
                words[f"FND{mark}{row['sequential']}"] = f"FND{mark}{row['sequential'] + number * _FAR}"
        return words

    def multiplied(self, dump: Dump, original: Original, times: int) -> Dump:
        content = dump["content"]
        ids = {row["id"] for row in content["records"]}
        records = list(content["records"])
        for number in range(1, times):
            words, far = original.words(number), number * _FAR
            records += [_moved(row, words, ids, far) for row in content["records"]]
        births = {str(row["id"]): place for place, row in enumerate(records, 1)}
        following = {name: last + times * _FAR for name, last in content["next"].items()}
        sequences = {name: last + times * _FAR for name, last in content["sequences"].items()}
        many = {
            **content,
            "records": records,
            "births": births,
            "next": following,
            "sequences": sequences,
            "created": len(records),
            "history": [],
        }
        return {**dump, "content": many}

    def sent(self, asked: Asked) -> Mapping[str, int]:
        pages = asked.of("list") - asked.calls.get("list users", 0)
        writes = sum(c for path, c in asked.paths.items() if _is_write(path))
        searches = sum(c for path, c in asked.paths.items() if path.endswith("search.asmx"))
        reads = searches - pages + sum(c for p, c in asked.paths.items() if p.startswith("GET") and _CONTENT in p)
        return {"page": pages, "read": reads, "write": writes, "other": asked.requests - pages - reads - writes}

    def least_pages(self, count: int, page: int) -> int:
        return -(-count // page) + 1

    def least_load(self, size: Size, options: Mapping[str, Json]) -> Least:
        del options
        return Least(
            4 + 2 * (size.models + size.versions),
            "a login and an empty page of each level; each record is created alone, and read back, since an invalid "
            "value is ignored without a word and the answer holds nothing but the id",
        )


def _moved(row: dict[str, Any], words: Mapping[str, str], ids: set[int], far: int) -> dict[str, Any]:
    """A record of a copy: references are lists of ids."""
    moved: dict[str, Any] = {**row, "id": row["id"] + far, "sequential": row["sequential"] + far}
    values = copy.deepcopy(row["values"])
    for name, kept in values.items():
        if isinstance(kept, list) and kept and all(isinstance(one, int) and one in ids for one in kept):
            values[name] = [one + far for one in kept]
        elif isinstance(kept, str):
            values[name] = reworded(kept, words)
    return {**moved, "values": values}


def _is_write(path: str) -> bool:
    method, _, where = path.partition(" ")
    return method in ("POST", "PUT") and _CONTENT in where
