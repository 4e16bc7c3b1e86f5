"""What the GRC refuses, each with the HTTP status that tells it.

::

    GrcError
    ├── BadRequest        400  the body is no JSON object, a parameter is no number
    ├── Unauthenticated   401
    ├── Forbidden         403  the role may not
    ├── NotFound          404
    ├── Clash             409  the request contradicts what is there
    ├── Stale             412  If-Match names another revision
    └── Invalid           422  values that their fields do not take; ``errors`` names each field

    DataFileError              the file given with ``data`` is not one of ours
"""

from __future__ import annotations

from typing import ClassVar


class GrcError(Exception):
    """Base of all refusals; ``str(error)`` is the message of the answer."""

    status: ClassVar[int] = 500
    code: ClassVar[str] = "error"

    @property
    def body(self) -> dict[str, object]:
        """The JSON body of the answer."""
        return {"code": self.code, "message": str(self)}


class BadRequest(GrcError):
    """The request cannot be understood."""

    status, code = 400, "bad_request"


class Unauthenticated(GrcError):
    """No token, or one that nobody has."""

    status, code = 401, "unauthenticated"


class Forbidden(GrcError):
    """The user is known and may not do this."""

    status, code = 403, "forbidden"


class NotFound(GrcError):
    """No such record."""

    status, code = 404, "not_found"


class Clash(GrcError):
    """The request contradicts what is there."""

    status, code = 409, "conflict"


class Stale(GrcError):
    """The record has another revision than the one the request was made for."""

    status, code = 412, "stale"


class Invalid(GrcError):
    """Values that their fields do not take. ``errors`` maps field to reason."""

    status, code = 422, "invalid"

    def __init__(self, errors: dict[str, str]) -> None:
        super().__init__("; ".join(f"{field}: {reason}" for field, reason in sorted(errors.items())))
        self.errors = errors

    @property
    def body(self) -> dict[str, object]:
        listed = [{"field": field, "message": reason} for field, reason in sorted(self.errors.items())]
        return {**super().body, "errors": listed}


class DataFileError(Exception):
    """The data file cannot be read or written; the message names it and the remedy."""
