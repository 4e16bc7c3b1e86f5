"""What a run has to say that no operation mends: told in its log, and, where a person is needed, in the run's end,
which stands in the state and in the audit trail. A daemon has no other way to say it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from connector.logs import get_logger
from connector.model.operations import Remark
from connector.model.state import RunStatus

log = get_logger(__name__)

_MOST = 20
"""Different remarks of a run that its log has."""
_OBJECTS = 5
_LONGEST = 400
"""Characters of the message that a run ends with."""


def log_remarks(remarks: Iterable[Remark]) -> None:
    """Log each thing once, with the objects that it is said of; a warning where a person is needed."""
    groups = _grouped(remarks)
    needed = sorted(groups.items(), key=lambda each: not each[0].attention)
    for remark, names in needed[:_MOST]:
        tell = log.warning if remark.attention else log.info
        tell("remark", about=remark.topic, remark=remark.text, object=_listed(names))
    if len(needed) > _MOST:
        log.info("more remarks than the log has: `mlflow-grc plan` shows all", left=len(needed) - _MOST)


def message_of(status: RunStatus, remarks: Iterable[Remark]) -> str:
    """What a run that needs a person for its remarks ends with, in one line; empty for any other."""
    if status is not RunStatus.ATTENTION:
        return ""
    groups = _grouped(each for each in remarks if each.attention)
    told = "; ".join(f"{_listed(names)}: {each.text}" if names else each.text for each, names in groups.items())
    told = " ".join(told.split())
    return told if len(told) <= _LONGEST else f"{told[: _LONGEST - 4]} ..."


def _grouped(remarks: Iterable[Remark]) -> Mapping[Remark, Sequence[str]]:
    """The objects that each thing is said of, in the order of the remarks."""
    groups: dict[Remark, list[str]] = {}
    for each in remarks:
        names = groups.setdefault(Remark(None, each.topic, each.text, each.attention), [])
        if each.ref is not None:
            names.append(str(each.ref))
    return groups


def _listed(names: Sequence[str]) -> str:
    more = len(names) - _OBJECTS
    return f"{', '.join(names[:_OBJECTS])} and {more} more" if more > 0 else ", ".join(names)
