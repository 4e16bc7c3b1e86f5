"""Faults in what is remembered of the GRC's listings from cycle to cycle."""

from __future__ import annotations

from tests.mutation.mutant import Mutant

LISTINGS, SIDES = "connector/engine/listings.py", "connector/apply/sides.py"
_TESTS = ("tests/engine/test_listings.py",)

LISTING = (
    Mutant(
        "what was touched is believed as it was listed",
        LISTINGS,
        "        for record_id in sorted(again):\n",
        "        for record_id in ():\n",
        _TESTS,
    ),
    Mutant(
        "a written record is not read again where the next listing lacks it",
        SIDES,
        "            if write.id is not None:\n                self.touch(write.entity, write.id)\n",
        "            pass\n",
        _TESTS,
        excuse="it was read by id right before, which counts as well; this is for cycles that overlap",
    ),
    Mutant(
        "a sweep is put off by each listing by time",
        LISTINGS,
        "times | came, watermark, kept.swept)",
        "times | came, watermark, self.now)",
        _TESTS,
    ),
    Mutant(
        "the record of the watermark need not come again",
        LISTINGS,
        "    if lacking:\n",
        "    if False:\n",
        _TESTS,
    ),
    Mutant(
        "a platform's clock that went back is not noticed",
        LISTINGS,
        " or is_before(now, before):\n",
        ":\n",
        _TESTS,
    ),
    Mutant(
        "a change that listings by time passed over ends no trust",
        LISTINGS,
        "            mistrusted.setdefault(entity, moment(self.kept.watermark))\n",
        "            pass\n",
        _TESTS,
    ),
    Mutant(
        "what a cycle listed is remembered though it did not end",
        LISTINGS,
        "            kept, self._kept = self._kept, {}\n",
        "            kept = self._kept\n",
        _TESTS,
    ),
    Mutant(
        "another process between two cycles is not noticed",
        LISTINGS,
        "        if token != self._token + 1:\n",
        "        if False:\n",
        _TESTS,
    ),
    Mutant(
        "after a recovered write a listing by time will do",
        "connector/engine/cycle.py",
        "        if recovered:\n            connection.listings.forget()\n",
        "",
        _TESTS,
    ),
    Mutant(
        "a listing by time is remembered where the adapter does not tell changes",
        LISTINGS,
        " or not adapter.tells_changes(entity):\n",
        ":\n",
        _TESTS,
    ),
    Mutant(
        "a listing by time proves a key free",
        "connector/engine/cycle.py",
        "in_doubt, observed.by_time, sides.listed_keys)",
        "in_doubt)",
        _TESTS,
    ),
    Mutant(
        "a broken listing by time stands",
        LISTINGS,
        "            records.clear(entity)\n",
        "            pass\n",
        _TESTS,
    ),
)
