"""Users of the instance: ids in content, e-mail addresses (or user names) in the mapping."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

from adapters.archer.catalogue import Kept
from adapters.archer.envelope import Refusal, at
from adapters.archer.metadata import number, text
from adapters.archer.wire import Wire
from connector.model.errors import Rejected
from connector.model.fields import Entity
from connector.model.grc import Json, Record, Unreadable

_EMAIL = 7
"""Contact type of an e-mail address."""
_ACTIVE = 1
FIELDS = ("email", "name", "active")
"""What a record of a user has."""


@dataclass(frozen=True, slots=True)
class Person:
    """A user account; ``zone`` and ``locale`` are its own, where they are told."""

    id: int
    user_name: str
    name: str
    email: str
    active: bool
    zone: str = ""
    locale: str = ""


class People:
    """The users, read whole when one is needed and again when one is unknown. Raises Rejected where the account may
    not read them.
    """

    def __init__(self, wire: Wire, by: Literal["email", "user_name"], seconds: float) -> None:
        self._wire, self._by, self._kept = wire, by, Kept(seconds)
        self._unknown: set[object] = set()

    def expire(self) -> None:
        """A listing begins: those that were unknown may be there by now."""
        self._unknown.clear()

    def all(self) -> Mapping[int, Person]:
        """Every user by id."""
        return self._kept.get("users", self._read)

    def word_of(self, user_id: int) -> str | Unreadable:
        """What stands for a user in the mapping."""
        try:
            person = self.all().get(user_id)
            if person is None and self._read_again(user_id):
                person = self.all().get(user_id)
        except Rejected as error:
            return Unreadable(f"user {user_id}, and {error.message[:1].lower()}{error.message[1:].rstrip('.')}")
        if person is None:
            return Unreadable(f"no user of Archer has the id {user_id}")
        return self._word(person) or Unreadable(f"the user {person.user_name} has no e-mail address in Archer")

    def id_of(self, word: str, field: str) -> int:
        """The one active user that a word means. Raises Rejected for none and for several."""
        found = self._meant(word)
        if not found and self._read_again(word.strip().casefold()):
            found = self._meant(word)
        if len(found) != 1:
            how_many = f"{len(found)} active users have" if found else "No active user has"
            kind = "e-mail address" if self._by == "email" else "user name"
            raise Rejected(
                f"{how_many} the {kind} {word!r} in Archer.",
                remedy="correct the account in Archer, or the value in MLflow.",
                field=field,
            )
        return found[0].id

    def records(self) -> Iterator[Record]:
        """The users as records."""
        self._kept.forget("users")
        for person in self.all().values():
            values = {"email": person.email or None, "name": person.name or None, "active": person.active}
            yield Record(Entity.USER, str(person.id), values)

    def _meant(self, word: str) -> list[Person]:
        wanted = word.strip().casefold()
        return [one for one in self.all().values() if one.active and self._word(one).casefold() == wanted]

    def _word(self, person: Person) -> str:
        return person.email if self._by == "email" else person.user_name

    def _read_again(self, what: object) -> bool:
        """Whether the table was let go of, once for each that is unknown."""
        if what in self._unknown:
            return False
        self._unknown.add(what)
        self._kept.forget("users")
        return True

    def _read(self) -> Mapping[int, Person]:
        emails: dict[int, str] = {}
        for contact in self._collection("core/system/usercontact"):
            user_id, email = number(at(contact, "UserId")), _email(at(contact, "Contacts"))
            if user_id is not None and email:
                emails[user_id] = email
        people = (_person(raw, emails) for raw in self._collection("core/system/user"))
        return {person.id: person for person in people if person is not None}

    def _collection(self, path: str) -> list[Json]:
        answer = self._wire.all(path)
        if isinstance(answer, Refusal):
            raise Rejected(
                f"The users of Archer cannot be read ({path}: {answer.text}).",
                remedy="let the account's access role read users and their contacts.",
            )
        return list(answer)


def _email(contacts: Json) -> str:
    """The default e-mail address, or else the first."""
    found = [one for one in contacts or () if number(at(one, "ContactType")) == _EMAIL and text(at(one, "Value"))]
    found.sort(key=lambda one: at(one, "IsDefault") is not True)
    return text(at(found[0], "Value")) if found else ""


def _person(raw: Json, emails: Mapping[int, str]) -> Person | None:
    user_id = number(at(raw, "Id"))
    if user_id is None:
        return None
    names = [text(at(raw, key)) for key in ("FirstName", "LastName")]
    return Person(
        id=user_id,
        user_name=text(at(raw, "UserName")),
        name=" ".join(filter(None, names)) or text(at(raw, "DisplayName")),
        email=emails.get(user_id, ""),
        active=number(at(raw, "AccountStatus")) in (None, _ACTIVE),
        zone=text(at(raw, "TimeZoneId")),
        locale=text(at(raw, "Locale")),
    )
