"""A database of the newest release, taken back to the tables of the first one."""

from __future__ import annotations

TAKEN_BACK = (
    "DROP INDEX run_open",
    "DROP TABLE moved",
    "DROP TABLE hint",
    "DROP TABLE used_mapping",
    "DROP TABLE tally",
    "DROP INDEX run_by_kind",
    "DROP INDEX link_by_name",
    "DROP INDEX link_by_record",
    "ALTER TABLE run DROP COLUMN kind",
    "ALTER TABLE observation DROP COLUMN partial",
)
