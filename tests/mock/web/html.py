"""Reads the pages as a browser without scripts would: elements, texts, forms."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser

INLINE = {"a", "span", "bdi", "strong", "time", "code", "button", "label", "td", "th"}
VOID = {"meta", "link", "input", "br", "img", "hr"}


@dataclass
class Node:
    """An element. ``parts`` are its texts and elements in their order."""

    tag: str
    attrs: dict[str, str] = field(default_factory=dict)
    parts: list[Node | str] = field(default_factory=list)

    def __iter__(self) -> Iterator[Node]:
        """Every element below this one, in the order of the page."""
        for part in self.parts:
            if isinstance(part, Node):
                yield part
                yield from part

    @property
    def text(self) -> str:
        return " ".join(self._whole.split())

    @property
    def _whole(self) -> str:
        whole = "".join(part if isinstance(part, str) else part._whole for part in self.parts)
        return whole if self.tag in INLINE else f" {whole} "

    def all(self, *tags: str, **attrs: str) -> list[Node]:
        wanted = {name.rstrip("_").replace("_", "-"): value for name, value in attrs.items()}
        return [
            node
            for node in self
            if (not tags or node.tag in tags) and all(node.attrs.get(name) == value for name, value in wanted.items())
        ]

    def one(self, *tags: str, **attrs: str) -> Node:
        found = self.all(*tags, **attrs)
        assert len(found) == 1, f"{len(found)} of {tags} {attrs}"
        return found[0]

    def links(self) -> dict[str, str]:
        return {node.text: node.attrs["href"] for node in self.all("a")}

    def rows(self) -> list[list[str]]:
        """The texts of a table's body."""
        body = self.one("tbody")
        return [[cell.text for cell in row.all("td", "th")] for row in body.all("tr")]

    def errors(self) -> dict[str, str]:
        """What stands beside each input that is wrong, as its description names it."""
        found = {}
        for node in self:
            if node.attrs.get("aria-invalid") == "true":
                name = node.attrs.get("name") or node.all("input")[0].attrs["name"]
                ids = [one for one in node.attrs["aria-describedby"].split() if one.startswith("error-")]
                found[name] = self.one(id=ids[0]).text.removeprefix("Error: ")
        return found

    def facts(self) -> dict[str, str]:
        """What each ``dt`` says of its ``dd``."""
        return {
            div.one("dt").text: div.one("dd").text
            for div in self.all("div")
            if [part.tag for part in div.parts if isinstance(part, Node)] == ["dt", "dd"] and not div.all("dl")
        }


@dataclass
class Form:
    """A form and what it holds."""

    node: Node
    values: dict[str, str]

    @property
    def action(self) -> str:
        return self.node.attrs["action"]


def form_of(node: Node) -> Form:
    values: dict[str, str] = {}
    for one in node:
        name, kind = one.attrs.get("name"), one.attrs.get("type", "")
        if not name:
            continue
        if one.tag == "select":
            options = one.all("option")
            chosen = next((option for option in options if "selected" in option.attrs), options[0])
            values[name] = chosen.attrs.get("value", chosen.text)
        elif one.tag == "textarea":
            values[name] = "".join(part for part in one.parts if isinstance(part, str)).removeprefix("\n")
        elif kind not in ("radio", "checkbox") or "checked" in one.attrs:
            values[name] = one.attrs.get("value", "")
    return Form(node, values)


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.root = Node("")
        self._open = [self.root]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert len({name for name, _ in attrs}) == len(attrs), f"an attribute twice in <{tag}>"
        node = Node(tag, {name: value or "" for name, value in attrs})
        self._open[-1].parts.append(node)
        if tag not in VOID:
            self._open.append(node)

    def handle_endtag(self, tag: str) -> None:
        assert self._open[-1].tag == tag, f"</{tag}> closes <{self._open[-1].tag}>"
        self._open.pop()

    def handle_data(self, data: str) -> None:
        self._open[-1].parts.append(data)


def parse(text: str) -> Node:
    """The page; fails for elements that are not closed, or not in their order."""
    assert text.startswith("<!doctype html>"), text[:200]
    reader = _Reader()
    reader.feed(text)
    reader.close()
    assert len(reader._open) == 1, [node.tag for node in reader._open]
    return reader.root
