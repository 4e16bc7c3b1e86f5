"""Between the text of a column and the mock GRC's value."""

from __future__ import annotations

import json as json_text
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

from tests.simulators.servicenow.store import Store
from tests.simulators.servicenow.tenant import USERS

Read: TypeAlias = Callable[[Store, str], Any]
Write: TypeAlias = Callable[[Store, Any], str]


@dataclass(frozen=True)
class Word:
    """A column, and how its text is read as the mock's value and written from it."""

    column: str
    read: Read
    write: Write
    empty: Callable[[], Any] | None = None


def _email(store: Store, text: str) -> str:
    row = store.row(USERS, text)
    return row["email"] if row else text


def user_id(store: Store, email: str) -> str:
    """The sys_id of the user with an e-mail; KeyError where there is none."""
    wanted = str(email).casefold()
    found = next((row["sys_id"] for row in store.rows(USERS) if row["email"].casefold() == wanted), None)
    if found is None:
        raise KeyError(f"{email} is not a user's e-mail")
    return found


def read(store: Store, word: Word, text: Any) -> Any:
    """The mock's value of a column's text; what does not parse stands for itself."""
    if text == "":
        return word.empty() if word.empty else None
    try:
        return word.read(store, str(text))
    except ValueError:
        return text


def text(column: str) -> Word:
    """A text, a date, or the id of a record."""
    return Word(column, lambda _, text: text, lambda _, value: str(value))


def integer(column: str) -> Word:
    """A whole number."""
    return Word(column, lambda _, text: int(text), lambda _, value: str(value))


def flag(column: str) -> Word:
    """True or false."""
    return Word(column, lambda _, text: text == "true", lambda _, value: str(bool(value)).lower())


def json(column: str, empty: Callable[[], Any]) -> Word:
    """A list or an object, which the column holds as JSON."""
    return Word(
        column,
        lambda _, text: json_text.loads(text),
        lambda _, value: json_text.dumps(value, ensure_ascii=False) if value else "",
        empty,
    )


def choice(column: str, labels: Mapping[str, str]) -> Word:
    """``labels``: the column's value to the mock's; of several with one label the first is written. A value that is
    not named stands for itself.
    """
    values = {label: value for value, label in reversed(list(labels.items()))}
    return Word(column, lambda _, text: labels.get(text, text), lambda _, value: values.get(value, str(value)))


def user(column: str) -> Word:
    """A user's e-mail."""
    return Word(column, _email, user_id)


def time(column: str) -> Word:
    """A time: ISO 8601 in UTC."""
    return Word(
        column, lambda _, text: f"{text.replace(' ', 'T')}Z", lambda _, value: str(value)[:19].replace("T", " ")
    )


def day(column: str) -> Word:
    """A date that the platform keeps as a time."""
    return Word(column, lambda _, text: text[:10], lambda _, value: f"{value} 00:00:00")
