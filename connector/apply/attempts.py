"""What becomes of an operation that goes wrong: it is kept with its reason, and the others go on."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from connector.apply.applied import Applied
from connector.apply.ledger import Ledger
from connector.apply.memory import RunMemory
from connector.apply.refusals import refusal
from connector.apply.sides import Sides
from connector.logs import get_logger
from connector.model.errors import Defect, MlflowGrcError, OutcomeUnknown, Rejected, RunAborted, StateCorrupt
from connector.model.operations import Operation
from connector.model.state import QuarantineCase
from connector.plan import Context

log = get_logger(__name__)

Result = TypeVar("Result")


class Attempts:
    """Keeps the errors that concern one operation alone from the rest of the run."""

    def __init__(self, context: Context, sides: Sides, memory: RunMemory, ledger: Ledger, applied: Applied) -> None:
        """``applied`` takes what went wrong. See :class:`connector.apply.executor.Executor`."""
        self._context, self._sides, self._memory = context, sides, memory
        self._ledger, self._applied = ledger, applied

    def attempt(self, operation: Operation, apply: Callable[[], Result]) -> Result | None:
        """Apply one operation, of which nothing is tried twice in a run. None where it went wrong: what was refused is
        quarantined; the intent stays only where nobody knows whether the write arrived. Raises RunAborted and
        StateCorrupt.
        """
        try:
            return apply()
        except (RunAborted, StateCorrupt):
            raise
        except Rejected as error:
            case = refusal(operation, error, self._sides, self._context.now)
            self.quarantine(operation, self._memory.remembered(case))
        except MlflowGrcError as error:
            if not isinstance(error, OutcomeUnknown):
                self._ledger.drop(operation.digest)
            self.failed(operation, error)
        except Exception as error:
            log.debug("unexpected", object=str(operation.ref), exc_info=True)
            self.failed(operation, Defect(str(operation.ref), error))
        return None

    def quarantine(self, operation: Operation, case: QuarantineCase) -> None:
        """Keep what was refused, in the state and for the rest of the run."""
        self._ledger.refuse(operation, case)
        self._memory.quarantine(case)
        self._applied.quarantines.append(case)
        log.warning("refused", object=str(operation.ref), field=case.field, reason=case.reason)

    def failed(self, operation: Operation, error: MlflowGrcError) -> None:
        """Keep that an operation failed."""
        log.warning("failed", object=str(operation.ref), kind=str(operation.kind), error=error.message)
        self._applied.failures.append((operation, error))
