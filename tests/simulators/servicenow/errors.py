"""Refusals, as the page's table of errors words them; what stands in brackets there is from memory here."""

from __future__ import annotations

from typing import Any

_FAILED = "Operation Failed"


class Refused(Exception):
    """An answer that is no success: a status, a message and a detail."""

    def __init__(self, status: int, message: str, detail: str | None) -> None:
        super().__init__(f"{status} {message}: {detail}")
        self.status, self.message, self.detail = status, message, detail

    @property
    def body(self) -> dict[str, Any]:
        """The body of the answer."""
        return failure(self.message, self.detail)


def failure(message: str, detail: str | None) -> dict[str, Any]:
    """The body that every failure has."""
    return {"error": {"message": message, "detail": detail}, "status": "failure"}


def unauthenticated() -> Refused:
    """No credentials, bad ones, or a token that has expired: the same answer."""
    return Refused(401, "User Not Authenticated", "Required to provide Auth information")


def invalid_table(name: str) -> Refused:
    """There is no such table."""
    return Refused(400, f"Invalid table {name}", None)


def no_record() -> Refused:
    """The record is missing, or the caller may not see it: nobody can tell which."""
    return Refused(404, "No Record found", "Record doesn't exist or ACL restricts the record retrieval")


def closed_to_rest() -> Refused:
    """The table takes no requests over REST."""
    return Refused(403, "User Not Authorized", "Failed API level ACL Validation")


def row_rule(action: str) -> Refused:
    """A rule on rows forbids the write; ``action`` is Insert, Update or Delete."""
    return Refused(403, _FAILED, f"ACL Exception {action} Failed due to security constraints")


def aborted(table: str, rule: str, sys_id: str, why: str) -> Refused:
    """A business rule stopped the write."""
    detail = f"Operation against file '{table}' was aborted by Business Rule '{rule}^{sys_id}'. {why}".rstrip()
    return Refused(403, _FAILED, detail)


def data_policy(labels: list[str]) -> Refused:
    """A data policy asks for columns that are empty; it names their labels."""
    return Refused(403, _FAILED, f"Data Policy Exception: The following fields are mandatory: {', '.join(labels)}")


def unreadable_in_query() -> Refused:
    """The query names a column that the caller may not read, or may not look for in ranges."""
    detail = "Field(s) present in the query do not have permission to be read"
    return Refused(403, "Insufficient rights to query records", detail)


def invalid_query() -> Refused:
    """The query names a column that is not there, on an instance that refuses those. The words are from memory."""
    return Refused(403, "Insufficient rights to query records", "Invalid query detected")


def not_unique(action: str, table: str, name: str) -> Refused:
    """A unique index, or the primary key, has the value; there is no 409. ``action`` is insert or update."""
    return Refused(403, _FAILED, f"Error during {action} of {table} ({name})")


def not_acceptable() -> Refused:
    """No ``Accept`` that this API answers with. The words are from memory."""
    return Refused(406, "Not Acceptable", "The requested media type is not supported")


def not_json(what: str = "Unsupported content-type") -> Refused:
    """A body that says it is something else. The words are from memory."""
    return Refused(415, what, "The Content-Type header must be application/json")


def not_parsed() -> Refused:
    """A body that is no JSON object. The words are from memory."""
    return Refused(400, "Exception while reading request", "The payload is not valid JSON")


def no_resource() -> Refused:
    """An address that this API has nothing at. The words are from memory."""
    return Refused(400, "Requested URI does not represent any resource", None)
