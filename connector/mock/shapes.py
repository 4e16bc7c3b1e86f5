"""How fields look to clients, where that differs from how the GRC keeps them; each shape works both ways."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Protocol

from connector.mock.catalog import APPROVAL_STATES, KINDS, NOT_SUBMITTED
from connector.mock.errors import Invalid
from connector.mock.schema import USERS, Json, Type
from connector.mock.service import Grc
from connector.mock.store import Row

Record = dict[str, Any]
_OWN = frozenset({"id", "revision", "created_at", "created_by", "updated_at", "updated_by", "url", "number"})
_TIED = frozenset({"external_key", "connector_instance", "registry", "registry_name", "registry_created", "version"})


class Shape(Protocol):
    """One habit. ``taken`` gets the record that a write changes, None where it makes one; it raises Invalid."""

    def shown(self, kind: str, record: Record, grc: Grc) -> Record: ...
    def taken(self, kind: str, values: Record, grc: Grc, row: Row | None) -> Record: ...


class _AsKept:
    def shown(self, kind: str, record: Record, grc: Grc) -> Record:  # noqa: ARG002 - as the GRC keeps it
        return record

    def taken(self, kind: str, values: Record, grc: Grc, row: Row | None) -> Record:  # noqa: ARG002
        return values


@dataclass(frozen=True, slots=True)
class ChoiceCodes(_AsKept):
    """A choice is read as its label, or as an object of both, and written as its number, from 1 up."""

    objects: bool = False

    def shown(self, kind: str, record: Record, grc: Grc) -> Record:  # noqa: ARG002
        if not self.objects:
            return record
        numbers = {name: {label: at for at, label in enumerate(choices, 1)} for name, choices in _choices(kind)}
        return {
            name: {"id": numbers[name][value], "label": value} if name in numbers and value is not None else value
            for name, value in record.items()
        }

    def taken(self, kind: str, values: Record, grc: Grc, row: Row | None) -> Record:  # noqa: ARG002
        taken, errors = dict(values), {}
        for name, choices in _choices(kind):
            code = values.get(name)
            if code is None:
                continue
            if isinstance(code, bool) or not isinstance(code, int) or not 1 <= code <= len(choices):
                errors[name] = f"must be a number from 1 to {len(choices)}"
            else:
                taken[name] = choices[code - 1]
        if errors:
            raise Invalid(errors)
        return taken


@dataclass(frozen=True, slots=True)
class PeopleById(_AsKept):
    """A person is written as the id of a user, and read as that id or as an object with the e-mail."""

    objects: bool = False

    def shown(self, kind: str, record: Record, grc: Grc) -> Record:
        ids = {row["email"]: row["id"] for row in grc.store.rows(USERS)}
        shown = dict(record)
        for name in _of_type(kind, Type.USER):
            email = record.get(name)
            if email is not None:
                shown[name] = {"id": ids.get(email), "email": email} if self.objects else ids.get(email)
        return shown

    def taken(self, kind: str, values: Record, grc: Grc, row: Row | None) -> Record:  # noqa: ARG002
        emails = {row["id"]: row["email"] for row in grc.store.rows(USERS)}
        return {
            name: emails.get(value, value and f"no user {value}") if name in _of_type(kind, Type.USER) else value
            for name, value in values.items()
        }


class ModelsByNumber(_AsKept):
    """A model has a ``number`` of its own, ``M-`` and the digits of its id, and others refer to it by that."""

    def shown(self, kind: str, record: Record, grc: Grc) -> Record:  # noqa: ARG002
        shown = {**record, "number": _number(record["id"])} if kind == "models" else dict(record)
        for name in _of_type(kind, Type.REFERENCE):
            if KINDS[kind].fields[name].refers_to == "models":
                shown[name] = _number(record[name]) if record.get(name) else None
        return shown

    def taken(self, kind: str, values: Record, grc: Grc, row: Row | None) -> Record:  # noqa: ARG002
        ids = {_number(row["id"]): row["id"] for row in grc.store.rows("models")}
        taken = dict(values)
        for name in _of_type(kind, Type.REFERENCE):
            if KINDS[kind].fields[name].refers_to == "models" and values.get(name) is not None:
                taken[name] = ids.get(values[name], f"no number {values[name]}")
        return taken


class ApprovalFlags(_AsKept):
    """The state of an approval is a set of booleans, ``is_approved`` and so on; none is set before it is submitted."""

    def shown(self, kind: str, record: Record, grc: Grc) -> Record:  # noqa: ARG002
        if "approval_status" not in record:
            return record
        shown = dict(record)
        state = shown.pop("approval_status")
        return {**shown, **{flag: state == label for flag, label in FLAGS.items()}}

    def taken(self, kind: str, values: Record, grc: Grc, row: Row | None) -> Record:  # noqa: ARG002
        given = {flag: values[flag] for flag in FLAGS if flag in values}
        taken = {name: value for name, value in values.items() if name not in FLAGS}
        if not given or "approval_status" not in KINDS[kind].fields:
            return values
        before = {flag: row is not None and row["approval_status"] == label for flag, label in FLAGS.items()}
        labels = [FLAGS[flag] for flag, value in {**before, **given}.items() if value]
        if len(labels) > 1:
            raise Invalid(dict.fromkeys(given, "contradicts another flag"))
        return {**taken, "approval_status": labels[0] if labels else NOT_SUBMITTED}


@dataclass(frozen=True, slots=True)
class CustomFields(_AsKept):
    """All but the fields that a platform has by nature stand below ``custom``: an object, or an array of ``name`` and
    ``value``.
    """

    array: bool = False

    def shown(self, kind: str, record: Record, grc: Grc) -> Record:  # noqa: ARG002
        if kind not in ("models", "versions"):
            return record
        custom = {name: value for name, value in record.items() if name in _custom(kind)}
        plain = {name: value for name, value in record.items() if name not in custom}
        listed = [{"name": name, "value": value} for name, value in custom.items()]
        return {**plain, "custom": listed if self.array else custom}

    def taken(self, kind: str, values: Record, grc: Grc, row: Row | None) -> Record:  # noqa: ARG002
        if kind not in ("models", "versions"):
            return values
        taken = dict(values)
        custom = taken.pop("custom", [] if self.array else {})
        misplaced = {name: "is no field of its own: it belongs below custom" for name in taken if name in _custom(kind)}
        if misplaced or not isinstance(custom, list if self.array else dict):
            raise Invalid(misplaced or {"custom": f"must be an {'array' if self.array else 'object'}"})
        below: Record = {one["name"]: one.get("value") for one in custom} if self.array else dict(custom)
        return {**taken, **below}


@dataclass(frozen=True, slots=True)
class Stamps(_AsKept):
    """How the times of creation and of the last change are told. ``late``: the latter is null until there was a
    change; ``frozen``: it never moves.
    """

    write: Callable[[datetime], Json] = datetime.isoformat
    late: bool = False
    frozen: bool = False

    def shown(self, kind: str, record: Record, grc: Grc) -> Record:  # noqa: ARG002
        stamps = {name: self.write(datetime.fromisoformat(record[name])) for name in ("created_at", "updated_at")}
        if self.late and record["revision"] == 1:
            stamps["updated_at"] = None
        if self.frozen:
            stamps["updated_at"] = stamps["created_at"]
        return {**record, **stamps}


class Rewriting(_AsKept):
    """Descriptions are trimmed and capitalised, and blanks within collapse."""

    def taken(self, kind: str, values: Record, grc: Grc, row: Row | None) -> Record:  # noqa: ARG002
        text = values.get("description")
        return {**values, "description": " ".join(text.split()).title()} if isinstance(text, str) else values


class KeysApart(_AsKept):
    """The fields that tie a record to the registry are not part of it."""

    def shown(self, kind: str, record: Record, grc: Grc) -> Record:  # noqa: ARG002
        return {name: value for name, value in record.items() if name not in KEY_FIELDS}

    def taken(self, kind: str, values: Record, grc: Grc, row: Row | None) -> Record:  # noqa: ARG002
        misplaced = {name: "is not a field" for name in values if name in KEY_FIELDS}
        if misplaced:
            raise Invalid(misplaced)
        return values


KEY_FIELDS = ("external_key", "connector_instance")
FLAGS: Mapping[str, str] = {
    "is_submitted": "Pending Approval",
    **{
        f"is_{label.split()[-1].lower()}": label
        for label in APPROVAL_STATES
        if label not in (NOT_SUBMITTED, "Pending Approval")
    },
}
"""Flag by label: is_submitted, is_approved, is_conditions, is_use, is_rejected, is_expired, is_withdrawn."""


def seconds(moment: datetime) -> str:
    """ISO 8601 in whole seconds."""
    return moment.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


def milliseconds(moment: datetime) -> str:
    """ISO 8601 in milliseconds, with a numeric zone."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds")


def epoch_milliseconds(moment: datetime) -> int:
    """A number since 1970."""
    return int(moment.timestamp() * 1_000)


def epoch_microseconds(moment: datetime) -> int:
    """A number since 1970."""
    return int(moment.timestamp()) * 1_000_000 + moment.microsecond


def _choices(kind: str) -> list[tuple[str, tuple[str, ...]]]:
    return [(name, spec.choices) for name, spec in KINDS[kind].fields.items() if spec.type is Type.CHOICE]


def _of_type(kind: str, wanted: Type) -> list[str]:
    return [name for name, spec in KINDS[kind].fields.items() if spec.type is wanted]


def _custom(kind: str) -> set[str]:
    specs = KINDS[kind].fields
    tied = {name for name, spec in specs.items() if spec.type is Type.REFERENCE}
    return set(specs) - _OWN - _TIED - tied - {"approval_chain"}


def _number(record_id: str) -> str:
    return f"M-{record_id.lstrip('MDL').lstrip('0')}"
