"""The one error that only the client's direct callers see."""

from __future__ import annotations

from connector.model.errors import Rejected


class NotFound(Rejected):
    """The server says definitely that the object does not exist. An adapter's ``get`` turns it into None."""
