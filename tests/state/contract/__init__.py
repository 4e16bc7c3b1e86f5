"""What every store has to keep; a database's own tests subclass these with one fixture, ``reopen``."""

from tests.state.contract.base import StoreContract
from tests.state.contract.hints import HintContract
from tests.state.contract.leases import LeaseContract
from tests.state.contract.memory import MemoryContract
from tests.state.contract.moves import MoveContract
from tests.state.contract.observations import ObservationContract
from tests.state.contract.runs import RunContract
from tests.state.contract.waiting import WaitingContract

__all__ = [
    "HintContract",
    "LeaseContract",
    "MemoryContract",
    "MoveContract",
    "ObservationContract",
    "RunContract",
    "StoreContract",
    "WaitingContract",
]
