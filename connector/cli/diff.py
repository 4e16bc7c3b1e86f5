"""Operations as a diff, grouped by object: field, old, new, direction, why."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence

from connector.cli.output import BOLD, DIM, GOOD, WARN, Cell, Output
from connector.cli.words import SIDES, clean, headline, listed, sentence, short
from connector.model.fields import Value
from connector.model.operations import FieldChange, Operation, OperationKind
from connector.model.state import ConflictCase, LinkState, QuarantineCase
from connector.model.views import ObjectRef
from connector.plan.context import ASSIGNED, EXISTENCE

_WHOLE = {"": "(whole object)", "grc:": "(every change in the GRC)", "registry:": "(every change in MLflow)"}
_IDENTITY = "identity."
_ISSUES = (OperationKind.OPEN_ISSUE, OperationKind.CLOSE_ISSUE, OperationKind.REOPEN_ISSUE)
_DECIDED = 600
"""Characters of a value in conflict that are shown."""
_TOGETHER = 3
"""Names that are told of many objects that share a reason; the reconciliation report has them all."""
DIGEST_SHOWN = 8
"""Characters of a digest that are enough to name an operation."""
COLUMNS = ("object and field", "to", "old", "new", "why")


def show_operations(out: Output, operations: Sequence[Operation]) -> None:
    """Print the operations as one table, the fields of an object below its name."""
    out.table(COLUMNS, [row for group in _by_object(operations) for row in _rows(out, group)])


def show_withheld(out: Output, operations: Sequence[Operation], released: Mapping[str, str]) -> None:
    """Print operations with the digest that approves each; ``released`` tells, by digest, of those approved."""
    rows: list[tuple[Cell, ...]] = []
    for group in _by_object(operations):
        for number, operation in enumerate(group):
            name, *rest, why = _head(out, operation, named=number == 0)
            state = (released[operation.digest], GOOD) if operation.digest in released else why
            rows.append((name, (operation.digest[:DIGEST_SHOWN], BOLD), *rest, state))
            rows += [(field, "", *values) for field, *values in _details(out, operation)]
    out.table((COLUMNS[0], "digest", *COLUMNS[1:]), rows)


def _by_object(operations: Iterable[Operation]) -> list[list[Operation]]:
    found: dict[str, list[Operation]] = defaultdict(list)
    for operation in operations:
        found[operation.ref.key].append(operation)
    return list(found.values())


def show_conflicts(out: Output, cases: Sequence[ConflictCase]) -> None:
    """Print parked fields and how to resolve one."""
    columns = ("object", "field", "MLflow", "GRC", "last agreed", "why")
    rows = [
        (label(case.ref), case.field, _whole(case.registry), _whole(case.grc), _agreed(case), case.reason)
        for case in cases
    ]
    out.table(columns, rows, title=2)
    example = cases[0]
    target = f"{example.ref.name}@{example.ref.version}" if example.ref.version else example.ref.name
    field = example.field
    choice = (
        "--take mlflow retires the record, --take grc keeps it"
        if field == EXISTENCE
        else "--take mlflow|grc or --value TEXT"
    )
    out.line(f"Resolve, e.g.: mlflow-grc conflicts resolve {quoted(target)} {field} --take grc   ({choice})", DIM)


def show_quarantines(out: Output, cases: Sequence[QuarantineCase]) -> None:
    """Print what is left alone, with reason and remedy; many objects with one reason are told together."""
    groups: dict[tuple[str, str, str], list[str]] = defaultdict(list)
    for case in cases:
        field = _WHOLE.get(case.field, case.field)
        groups[field, case.reason, sentence(case.remedy)].append(label(case.ref))
    rows = [(together(names), *words) for words, names in groups.items()]
    out.table(("object", "field", "reason", "remedy"), rows, title=2)


def together(names: Sequence[str]) -> str:
    """A few names of many objects that share a reason, and how many more there are."""
    if len(names) <= _TOGETHER:
        return ", ".join(names)
    return f"{', '.join(names[:_TOGETHER])} and {len(names) - _TOGETHER:,} more"


def label(ref: ObjectRef) -> str:
    """An object's name for a table."""
    return clean(str(ref))


def quoted(text: str) -> str:
    """A word as a shell takes it."""
    import shlex  # noqa: PLC0415 - keeps `--help` fast

    return shlex.quote(text)


def _rows(out: Output, operations: Iterable[Operation]) -> Iterator[tuple[Cell, ...]]:
    for number, operation in enumerate(operations):
        yield _head(out, operation, named=number == 0)
        yield from _details(out, operation)


def _head(out: Output, operation: Operation, *, named: bool) -> tuple[Cell, ...]:
    name = label(operation.ref) if named else ""
    return (name, BOLD), (_target(out, operation), BOLD), "", headline(operation), (operation.why, DIM)


def _details(out: Output, operation: Operation) -> Iterator[tuple[Cell, ...]]:
    target = _target(out, operation)
    if operation.kind is OperationKind.POST_COMMENT:
        yield "  comment", target, short(None), short(operation.text), ""
    elif operation.kind in _ISSUES and all(change.new != operation.text for change in operation.changes):
        yield "  text", target, short(None), short(operation.text), ""
    ties = [change for change in operation.changes if _is_tie(operation, change)]
    if ties:
        names = listed(change.field.removeprefix(_IDENTITY) for change in ties)
        yield "  identity", target, short(None), names, ("links the two", DIM)
    for change in operation.changes:
        if change not in ties:
            yield _change(change, target)


def _is_tie(operation: Operation, change: FieldChange) -> bool:
    """Whether a change of a new record only says which record and which object belong together: one line tells all
    of them, and ``--json`` each.
    """
    if operation.kind in (OperationKind.CREATE_RECORD, OperationKind.OPEN_ISSUE):
        return change.field.startswith(_IDENTITY)
    return change.is_tag and change.new is not None and ASSIGNED in change.new


def _target(out: Output, operation: Operation) -> str:
    return f"{out.arrow} {SIDES[operation.side]}"


def _change(change: FieldChange, target: str) -> tuple[Cell, ...]:
    field = f"  tag {change.field}" if change.is_tag else f"  {change.field}"
    why = f"{change.rule} (cut to fit)" if change.cut else change.rule
    return field, target, short(change.old), short(change.new), (why, WARN if change.drift else DIM)


def _agreed(case: ConflictCase) -> str:
    first, second = case.base_registry, case.base_grc
    return _whole(first) if first == second else f"{_whole(first)} (MLflow), {_whole(second)} (GRC)"


def _whole(value: Value) -> str:
    """A value that a person decides on: two long texts may differ at their ends only."""
    return short(value, _DECIDED)


LINK_WORDS = {
    LinkState.LIVE: "linked to",
    LinkState.RETIRED: "retired:",
    LinkState.RECORD_GONE: "lost its record",
    LinkState.TOMBSTONE: "forgotten, with",
}
"""What becomes of a link, followed by the record's id."""
