"""Comments on issues, each of ours posted once: in a text field one after the other, or as entries of a sub-form.

Archer takes no token with a comment, so it stands in the text, where a person can see it.
"""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from urllib.parse import quote, unquote

from adapters.archer import times
from adapters.archer.catalogue import Catalogue
from adapters.archer.codec import Codec, content_ids
from adapters.archer.envelope import Refusal, at
from adapters.archer.layout import Layout, Mapped, Missing, find_field
from adapters.archer.metadata import Definition, FieldDefinition, Kind, Level, number
from adapters.archer.options import CommentOptions, FieldOptions
from adapters.archer.people import People
from adapters.archer.reading import Reader
from adapters.archer.wire import Wire
from adapters.archer.writing import refused
from connector.model.errors import AccessDenied, ConfigError, OutcomeUnknown
from connector.model.fields import Entity
from connector.model.grc import Comment, Json, Unreadable

_MARK = re.compile(r"\[mlflow-grc:([^\]\s]+)\]\s?")
_BLOCK = re.compile(
    r"^--- mlflow-grc (?P<at>\S+) (?P<token>\S+)\n(?P<text>.*?)\n--- end (?P=token)$", re.MULTILINE | re.DOTALL
)
_FENCE = re.compile(r"^(\\*)---", re.MULTILINE)
_ESCAPED = re.compile(r"^\\(\\*---)", re.MULTILINE)
_SAFE = ":"


class Commenter(ABC):
    """The comments of issues, wherever they stand."""

    def __init__(self, wire: Wire, reader: Reader) -> None:
        self._wire, self._reader = wire, reader

    @abstractmethod
    def list(self, issue_id: str) -> Sequence[Comment]:
        """All comments, oldest first."""

    @abstractmethod
    def _add(self, issue_id: str, text: str, token: str) -> None:
        """Send a comment once."""

    def post(self, issue_id: str, text: str, token: str) -> Comment:
        """Post unless a comment carries the token already; the comment as Archer shows it."""
        found = self._with_token(issue_id, token)
        if found is not None:
            return found
        self._add(issue_id, text, token)
        found = self._with_token(issue_id, token)
        if found is None:
            raise OutcomeUnknown(
                f"A comment on issue {issue_id} was accepted, but is not among its comments.",
                remedy="check that the account may change the field that holds comments; it is looked for again.",
            )
        return found

    def _with_token(self, issue_id: str, token: str) -> Comment | None:
        return next((one for one in self.list(issue_id) if one.token == token), None)

    def _layout(self) -> Layout:
        return self._reader.layouts.of(Entity.ISSUE)

    def _content(self, layout: Layout, issue_id: str) -> Json:
        content = self._reader.content(layout, issue_id)
        if content is None:
            raise AccessDenied(
                f"The issue {issue_id} does not exist any more.", remedy="it is looked at in the next run."
            )
        return content

    def _put(self, layout: Layout, issue_id: str, entry: dict[str, Json]) -> None:
        content = {"Id": number(issue_id), "LevelId": layout.level.id, "FieldContents": {str(entry["FieldId"]): entry}}
        answer = self._wire.write("PUT", "core/content", {"Content": content})
        if isinstance(answer, Refusal):
            raise refused(layout, f"{layout.entity} {issue_id}", answer)


class TextComments(Commenter):
    """Blocks in a plain text field, with what people write between them. An edit that a person makes in the moment
    between our read and our write is lost: a sub-form is better.
    """

    def __init__(
        self, wire: Wire, reader: Reader, codec: Codec, field: str, clock: Callable[[], datetime] | None = None
    ) -> None:
        super().__init__(wire, reader)
        self._codec, self._field = codec, field
        self._clock = clock or (lambda: datetime.now(UTC))

    def list(self, issue_id: str) -> Sequence[Comment]:
        return list(_parts(self._text(issue_id)[2]))

    def _add(self, issue_id: str, text: str, token: str) -> None:
        layout, mapped, before = self._text(issue_id)
        mark = quote(token, safe=_SAFE)
        body = _FENCE.sub(lambda found: f"\\{found[0]}", text)
        block = f"--- mlflow-grc {times.iso(self._clock().replace(microsecond=0))} {mark}\n{body}\n--- end {mark}"
        whole = f"{before.rstrip()}\n{block}" if before.strip() else block
        self._put(layout, issue_id, self._codec.body(mapped, whole))

    def _text(self, issue_id: str) -> tuple[Layout, Mapped, str]:
        layout = self._layout()
        mapped = Mapped("comments", _found(self._field, layout.level, "text"))
        fields = at(self._content(layout, issue_id), "FieldContents") or {}
        text = self._codec.of_content(mapped, fields.get(str(mapped.definition.id)))
        return layout, mapped, (text or "").replace("\r\n", "\n")


@dataclass(frozen=True, slots=True)
class _Entries:
    """The sub-form field of an issue, and the level and text field of its entries."""

    field: FieldDefinition
    level: Level
    said: Mapped


class SubFormComments(Commenter):
    """Entries of a sub-form. One that was made and could not be tied to its issue stays behind unseen, and is made
    again.
    """

    def __init__(
        self, wire: Wire, reader: Reader, codec: Codec, catalogue: Catalogue, people: People, options: CommentOptions
    ) -> None:
        super().__init__(wire, reader)
        self._codec, self._catalogue, self._people, self._options = codec, catalogue, people, options

    def list(self, issue_id: str) -> Sequence[Comment]:
        layout = self._layout()
        entries = self._entries(layout)
        return [self._entry(entries, one) for one in self._ids(layout, entries, issue_id)]

    def _add(self, issue_id: str, text: str, token: str) -> None:
        layout = self._layout()
        entries = self._entries(layout)
        said = self._codec.body(entries.said, f"[mlflow-grc:{quote(token, safe=_SAFE)}] {text}")
        body = {"LevelId": entries.level.id, "FieldContents": {str(entries.said.definition.id): said}}
        answer = self._wire.write("POST", "core/content", {"Content": body})
        if isinstance(answer, Refusal):
            raise refused(layout, f"{layout.entity} {issue_id} (an entry of its comments)", answer)
        made = number(at(answer, "Id"))
        if made is None:
            raise OutcomeUnknown(
                f"A comment on issue {issue_id} was accepted without an id.", remedy="it is looked for."
            )
        ids = [*self._ids(layout, entries, issue_id), made]
        self._put(layout, issue_id, {"Type": int(Kind.SUB_FORM), "Value": ids, "FieldId": entries.field.id})

    def _ids(self, layout: Layout, entries: _Entries, issue_id: str) -> Sequence[int]:
        fields = at(self._content(layout, issue_id), "FieldContents") or {}
        return content_ids(at(fields.get(str(entries.field.id)), "Value"))

    def _entry(self, entries: _Entries, entry_id: int) -> Comment:
        content = self._wire.one(f"core/content/{entry_id}")
        if isinstance(content, Refusal):
            raise AccessDenied(
                f"The comment {entry_id} cannot be read: {content.text}.",
                remedy="let the account read the sub-form that holds the comments.",
            )
        fields = at(content, "FieldContents") or {}
        text = self._codec.of_content(entries.said, fields.get(str(entries.said.definition.id))) or ""
        made = at(content, "UpdateInformation")
        author = number(at(made, "CreateLogin"))
        word = self._people.word_of(author) if author is not None else None
        found = _MARK.search(text)
        return Comment(
            id=str(entry_id),
            text=_MARK.sub("", text, count=1) if found else text,
            author=None if isinstance(word, Unreadable) else word,
            at=times.told(at(made, "CreateDate")),
            token=unquote(found[1]) if found else None,
        )

    def _entries(self, layout: Layout) -> _Entries:
        options = self._options
        assert options.sub_form is not None
        assert options.level_id is not None
        assert options.entry is not None
        field = _found(options.sub_form, layout.level, "sub_form")
        if field.kind != Kind.SUB_FORM:
            raise ConfigError(
                f"'{field.name}' is a field of {field.type_name}, not a sub-form.",
                key=_key("sub_form"),
                remedy="correct it.",
            )
        name = f"the sub-form of {field.name}"
        level = Level(
            Definition(0, "", "", name), options.level_id, name, self._catalogue.entry_fields(options.level_id)
        )
        said = Mapped("comment", _found(options.entry, level, "entry"), FieldOptions(rich=options.rich))
        return _Entries(field, level, said)


def _parts(text: str) -> Iterator[Comment]:
    """The comments in a text, in its order: our blocks, and what people wrote around them."""
    place = number_of = 0
    for found in _BLOCK.finditer(text):
        between = text[place : found.start()].strip()
        if between:
            number_of += 1
            yield Comment(f"text-{number_of}", between)
        mark = unquote(found["token"])
        yield Comment(mark, _ESCAPED.sub(r"\1", found["text"]), at=found["at"], token=mark)
        place = found.end()
    rest = text[place:].strip()
    if rest:
        yield Comment(f"text-{number_of + 1}", rest)


def _key(part: str) -> str:
    return f"archer.levels.issue.comments.{part}"


def _found(wanted: str, level: Level, part: str) -> FieldDefinition:
    found = find_field(wanted, level.fields)
    if isinstance(found, Missing):
        raise ConfigError(f"For comments, {found.what} in {level.name}.", key=_key(part), remedy=found.remedy)
    return found
