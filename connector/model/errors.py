"""Every exception of mlflow-grc, named by what the caller can do about it.

::

    MlflowGrcError                something the admin can act on; has ``remedy``
    ├── ConfigError               fix a file; carries file, line and key           (exit 2)
    ├── RunAborted                nothing more can be done in this run             (exit 1)
    │   ├── AuthError             the credentials were refused
    │   ├── Unreachable           no connection, or the answer is not of the API expected
    │   │   └── NoWorkspace       the registry's workspace is not there: nothing is known of what it held
    │   └── LeaseLost             another process holds, or took over, the connection
    ├── Retriable                 the same call may succeed later
    │   └── OutcomeUnknown        a write that may have landed: look it up, never repeat it blindly
    ├── Rejected                  the other side refused this one value or record: quarantine it
    │   └── AccessDenied          this account may not see or change this object: unknown, not gone
    ├── Conflict                  the object moved since it was read: merge again
    ├── DuplicateKey              two records carry one correlation key
    ├── IncompleteSnapshot        a listing did not reach its end: conclude nothing from absence
    │   └── Unlisted              there is no listing: what the connector knows of was read, and never will be more
    ├── StateCorrupt              the state database cannot be trusted              (exit 1)
    └── Defect                    mlflow-grc or a plug-in is at fault: report it    (exit 1)

A tripped fuse is the result of a run, not an error. No message ever contains a secret: the shared HTTP client
redacts before it raises.
"""

from __future__ import annotations


class MlflowGrcError(Exception):
    """Base of all: ``str(error)`` names the thing that failed, ``remedy`` says what the user can do."""

    def __init__(self, message: str, *, remedy: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.remedy = remedy

    def __str__(self) -> str:
        return f"{self.message} Remedy: {self.remedy}" if self.remedy else self.message


class ConfigError(MlflowGrcError):
    """A configuration or mapping file is wrong. ``line`` is 1-based; ``key`` is a dotted path. ``parts`` are the
    single problems, where the error tells several at once.
    """

    def __init__(
        self,
        message: str,
        *,
        file: str | None = None,
        line: int | None = None,
        key: str | None = None,
        remedy: str = "",
        parts: tuple[ConfigError, ...] = (),
    ) -> None:
        super().__init__(message, remedy=remedy)
        self.file, self.line, self.key = file, line, key
        self.parts = parts

    def __str__(self) -> str:
        place = ":".join(str(part) for part in (self.file, self.line) if part is not None)
        parts = [part for part in (place, self.key) if part]
        return ": ".join([*parts, super().__str__()])


class RunAborted(MlflowGrcError):
    """The run cannot go on; what was recorded so far stays recorded."""


class AuthError(RunAborted):
    """The credentials were refused, or do not suffice to list."""


class Unreachable(RunAborted):
    """No connection, a TLS failure, or an answer that is not of the API expected."""


class NoWorkspace(Unreachable):
    """The registry's workspace is not there (any more). Nothing is known of what it held."""


class LeaseLost(RunAborted):
    """Another process holds the lease of the connection, or its fencing token overtook ours."""


class Retriable(MlflowGrcError):
    """Failed now, may succeed later; ``retry_after`` in seconds where the server said so."""

    def __init__(self, message: str, *, remedy: str = "", retry_after: float | None = None) -> None:
        super().__init__(message, remedy=remedy)
        self.retry_after = retry_after


class OutcomeUnknown(Retriable):
    """A write was sent and its answer was lost: it may have landed."""


class Rejected(MlflowGrcError):
    """The other side refused a value or record for good; ``field`` where the answer names one (platform's name)."""

    def __init__(self, message: str, *, remedy: str = "", field: str | None = None) -> None:
        super().__init__(message, remedy=remedy)
        self.field = field


class AccessDenied(Rejected):
    """This account may not see or change this one object. It may exist: never read as "gone"."""


class Conflict(MlflowGrcError):
    """The object changed between our read and our write (HTTP 409 or 412)."""


class DuplicateKey(MlflowGrcError):
    """More than one record carries ``key``; ``ids`` are theirs."""

    def __init__(self, message: str, *, key: str, ids: tuple[str, ...], remedy: str = "") -> None:
        super().__init__(message, remedy=remedy)
        self.key, self.ids = key, ids


class IncompleteSnapshot(MlflowGrcError):
    """A listing ended before its end was proved; what was yielded before it is real."""


class Unlisted(IncompleteSnapshot):
    """The platform has no listing of an entity: the records whose ids the connector knows were read, all of them. No
    later attempt will show more.
    """


class StateCorrupt(MlflowGrcError):
    """The state database is damaged, of an unknown schema, or contradicts itself."""


class Defect(MlflowGrcError):
    """An exception that nobody foresaw: of mlflow-grc, or of a plug-in. What it came from is its cause."""

    def __init__(self, where: str, cause: Exception) -> None:
        super().__init__(
            f"{where}: unexpected {type(cause).__name__}: {cause}",
            remedy="this is a defect. Run `mlflow-grc --debug sync` and report what it prints.",
        )
        self.__cause__ = cause
