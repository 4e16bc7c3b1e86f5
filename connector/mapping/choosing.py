"""The value map of a choice for what a platform offers: kept where it holds, guessed where it does not."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from connector.mapping.inventory import PlainField
from connector.mapping.likeness import Guess, Offered, guesses
from connector.mapping.platform import MappedField, Scalar, text_of
from connector.model.fields import FieldType
from connector.model.grc import SchemaField


@dataclass(frozen=True, slots=True)
class Choice:
    """A canonical value with the platform's; ``native`` is None where none is like it."""

    value: str
    native: Scalar | None
    label: str = ""
    guessed: bool = False


def kept_choices(mapped: MappedField) -> tuple[Choice, ...]:
    """The value map as it is."""
    return tuple(Choice(value, native) for value, native in (mapped.values or {}).items())


def choices_of(
    declared: PlainField, mapped: MappedField | None, seen: SchemaField
) -> tuple[tuple[Choice, ...], tuple[Offered, ...]]:
    """The value map for a platform's field, and the choices that it leaves out; no map where both sides use the same
    words, and none where the platform tells no choices. ``mapped`` is what the mapping in use says of this very field.
    """
    apart = mapped is not None and (mapped.read_values is not None or mapped.write_values is not None)
    if declared.type is not FieldType.CHOICE or not seen.choices or apart:
        return (kept_choices(mapped) if mapped is not None else ()), ()
    words = (mapped.values or {}) if mapped is not None else {}
    offered = offered_by(seen)
    kept = _kept(declared, words, offered)
    left = [one for one in offered if one not in kept.values()]
    guessed = guesses([value for value in declared.values if value not in kept], left)
    used = [*kept.values(), *(guess.offered for guess in guessed.values())]
    spare = tuple(one for one in offered if one not in used)
    made = tuple(
        Choice(value, words[value], kept[value].label) if value in kept else _choice(value, guessed.get(value))
        for value in declared.values
    )
    return (() if all(one.native == one.value for one in made) else made), spare


def offered_by(seen: SchemaField) -> tuple[Offered, ...]:
    """The choices of a platform's field with their labels."""
    labels = seen.choice_labels if len(seen.choice_labels) == len(seen.choices) else ("",) * len(seen.choices)
    return tuple(Offered(value, label) for value, label in zip(seen.choices, labels, strict=True))


def _kept(declared: PlainField, words: dict[str, Scalar], offered: Sequence[Offered]) -> dict[str, Offered]:
    """What the mapping in use says and the platform has."""
    by_value = {one.value.casefold(): one for one in offered}
    return {
        value: by_value[text_of(words[value]).casefold()]
        for value in declared.values
        if value in words and text_of(words[value]).casefold() in by_value
    }


def _choice(value: str, guess: Guess | None) -> Choice:
    if guess is None:
        return Choice(value, None)
    return Choice(value, guess.offered.value, guess.offered.label, guessed=not guess.sure)
