"""The mock GRC: a small model-risk platform with a REST API, for the demo, for trying a mapping out, and for tests.

It is a server, not a test double: records, users with roles, business rules, approvals, history, paging and
validation behave as on a real platform. It stands alone and shares no code with the connector, so that neither can
hide the other's mistake. Faults (:mod:`connector.mock.faults`) make it behave as badly as real servers do.

The web framework is imported only when a server starts.
"""

from connector.mock.command import serve
from connector.mock.errors import GrcError
from connector.mock.faults import Fault, FaultKind, When
from connector.mock.server import MockGrc
from connector.mock.users import Role, User

__all__ = ["Fault", "FaultKind", "GrcError", "MockGrc", "Role", "User", "When", "serve"]
