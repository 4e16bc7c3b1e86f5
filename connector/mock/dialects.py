"""The habits of real servers by name, for :class:`connector.mock.MockGrc` and ``mlflow-grc mock --dialect``.

Any of them can be combined, but for two that would set the same thing.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from connector.mock.dialect import Dialect
from connector.mock.doors import KeyDoor, OAuthDoor, PairDoor, SessionDoor, TokenDoor
from connector.mock.shapes import (
    ApprovalFlags,
    ChoiceCodes,
    CustomFields,
    KeysApart,
    ModelsByNumber,
    PeopleById,
    Rewriting,
    Shape,
    Stamps,
    epoch_microseconds,
    epoch_milliseconds,
    milliseconds,
    seconds,
)


@dataclass(frozen=True, slots=True)
class Habit:
    """One habit: what it is, the settings of :class:`Dialect` that it changes, and the shape that it puts on."""

    what: str
    settings: Mapping[str, Any] = field(default_factory=dict)
    shape: Shape | None = None


def _sets(what: str, **settings: object) -> Habit:
    return Habit(what, settings)


HABITS: Mapping[str, Habit] = {
    "token-header": _sets("the header is 'Authorization: Token T'", door=TokenDoor),
    "key-header": _sets("the header is 'X-GRC-Key: T'", door=KeyDoor),
    "key-pair": _sets("the header is 'Authorization: Bearer KEY.T'", door=PairDoor),
    "session": _sets("POST /api/v1/login gives a token for the header X-Session", door=SessionDoor),
    "oauth2": _sets("POST /oauth/token gives a token for client credentials", door=OAuthDoor),
    "refuses-400": _sets("who is not signed in gets 400", refuses_with=400),
    "refuses-403": _sets("who is not signed in gets 403", refuses_with=403),
    "refuses-406": _sets("who is not signed in gets 406", refuses_with=406),
    "guests": _sets("who is not signed in gets 200 and sees nothing", guests=True),
    "missing-204": _sets("a record that does not exist is 204", missing="204"),
    "missing-403": _sets("a record that does not exist is 403", missing="403"),
    "missing-empty": _sets("a record that does not exist is 200 and an empty list", missing="empty"),
    "patch-missing": _sets("changing a record that does not exist is 204", patch_missing=True),
    "bare": _sets("a listing is an array", envelope="bare"),
    "results": _sets("a listing's records are at results", envelope="results"),
    "data": _sets("a listing's records are at data", envelope="data"),
    "data-items": _sets("a listing's records are at data.items", envelope="data.items"),
    "wrapped": _sets('one record is {"model": {...}}, both ways', wraps=True),
    "created-200": _sets("creating answers 200", created="ok"),
    "created-location": _sets("creating answers nothing but a Location", created="location"),
    "created-id": _sets("creating answers the id as a JSON string", created="id"),
    "created-text": _sets("creating answers the id as plain text", created="text"),
    "updated-204": _sets("changing answers 204 and nothing", updated="nothing"),
    "put": _sets("a record is changed with PUT", verb="PUT"),
    "put-whole": _sets("a record is changed with PUT, which empties what is left out", verb="PUT whole"),
    "rewriting": Habit("descriptions are capitalised, and blanks in them collapse", shape=Rewriting()),
    "approval-flags": Habit("the state of an approval is a set of booleans", shape=ApprovalFlags()),
    "choice-codes": Habit("a choice is read as its label and written as its number", shape=ChoiceCodes()),
    "choice-objects": Habit("a choice is read as an object and written as its number", shape=ChoiceCodes(objects=True)),
    "people-by-id": Habit("a person is the id of a user, both ways", shape=PeopleById()),
    "people-objects": Habit("a person is read as an object and written as an id", shape=PeopleById(objects=True)),
    "models-by-number": Habit("versions and issues name their model by its number", shape=ModelsByNumber()),
    "custom-fields": Habit("most fields stand below custom", shape=CustomFields()),
    "custom-list": Habit("most fields stand in an array of names and values", shape=CustomFields(array=True)),
    "seconds": Habit("time stamps are in whole seconds", shape=Stamps(seconds)),
    "milliseconds": Habit("time stamps are in milliseconds", shape=Stamps(milliseconds)),
    "epoch-milliseconds": Habit("time stamps are milliseconds since 1970", shape=Stamps(epoch_milliseconds)),
    "epoch-microseconds": Habit("time stamps are microseconds since 1970", shape=Stamps(epoch_microseconds)),
    "late-stamps": Habit("the time of the last change is null before there is one", shape=Stamps(late=True)),
    "frozen-stamps": Habit("the time of the last change never moves", shape=Stamps(frozen=True)),
    "keys-apart": Habit("key and instance stand in /external-ids", {"keys_apart": True}, KeysApart()),
    "ignored-filters": _sets("filters of listings are ignored", ignores_filters=True),
    "ignored-paging": _sets("each page is everything, and there is always a next", ignores_paging=True),
    "capped": _sets("a page has 100 records at most, whatever was asked", cap=100),
    "tiny-pages": _sets("a page has 3 records at most, whatever was asked", cap=3),
    "single-pages": _sets("a page has 1 record, whatever was asked", cap=1),
    "null-total": _sets("a listing's total is null", tells_total=False),
    "pages": _sets("listings are paged by number", paging="page"),
    "cursors": _sets("listings are paged by cursor", paging="cursor"),
    "next-links": _sets("listings are paged by a link in the body", paging="next"),
    "link-header": _sets("listings are paged by a Link header", paging="link"),
    "path-links": _sets("a next link is a path", links_by_path=True),
    "hides-closed": _sets("closed issues are listed only with state=all", hides_closed=True),
    "slashes": _sets("a path without a slash at its end is redirected", needs_slash=True),
    "no-if-match": _sets("If-Match is ignored", heeds_if_match=False),
    "errors-detail": _sets('a refusal is {"detail": "..."}', errors="detail"),
    "errors-fields": _sets('a refusal is {"field": ["..."]}', errors="fields"),
    "errors-list": _sets('a refusal is {"errors": [{"message": "..."}]}', errors="errors"),
    "errors-text": _sets("a refusal is plain text", errors="text"),
    "errors-html": _sets("a refusal is an HTML page", errors="html"),
    "unknown-fields": _sets("a field that does not exist is taken and forgotten", forgets_unknown=True),
    "choice-500": _sets("a value that its field does not take is 500", bad_choice=500),
    "nested-issues": _sets("issues are at /models/{model}/issues alone", below_models=frozenset({"issues"})),
    "nested": _sets("versions and issues are below /models/{model}", below_models=frozenset({"versions", "issues"})),
    "listed-across": _sets("what is below models can be listed over all models too", lists_across=True),
    "issues-elsewhere": _sets("issues are on a server of their own", issues_elsewhere=True),
}


def dialect_of(names: str | Iterable[str]) -> Dialect:
    """The dialect that has all these habits, given by name (a text: separated by commas).

    Raises ValueError for a name that is unknown, and for two that contradict each other.
    """
    wanted = [part.strip() for part in names.split(",")] if isinstance(names, str) else list(names)
    unknown = next((name for name in wanted if name and name not in HABITS), None)
    if unknown is not None:
        raise ValueError(f"there is no dialect {unknown!r}")
    settings: dict[str, Any] = {}
    shapes: list[Shape] = []
    setters: dict[str, str] = {}
    # In the table's order, whatever order they were given in: a shape is put on over those before it.
    for name in (name for name in HABITS if name in wanted):
        habit = HABITS[name]
        taken = [*habit.settings, *([type(habit.shape).__name__] if habit.shape else [])]
        for setting in taken:
            if setting in setters:
                raise ValueError(f"{setters[setting]!r} and {name!r} contradict each other")
            setters[setting] = name
        settings |= habit.settings
        shapes += [habit.shape] if habit.shape else []
    return Dialect(**settings, shapes=tuple(shapes))
