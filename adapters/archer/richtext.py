"""Plain text to the HTML of a text area and back: one paragraph a line, nothing of the text taken for markup."""

from __future__ import annotations

import html
import re
from html.parser import HTMLParser

_BLOCKS = frozenset(
    {"p", "div", "li", "tr", "ul", "ol", "table", "h1", "h2", "h3", "h4", "h5", "h6", "blockquote", "pre"}
)
_UNSEEN = frozenset({"script", "style", "head", "title"})
_TAG = re.compile(r"<\s*/?\s*[a-zA-Z][^>]*>|&(?:#\d+|#x[0-9a-fA-F]+|[a-zA-Z]+);")
_NBSP = "\u00a0"


def to_html(text: str) -> str:
    """A paragraph for each line; an empty one keeps its height by a no-break space, as Archer's editor writes it."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    return "".join(f"<p>{html.escape(line, quote=False) or _NBSP}</p>" for line in lines)


def to_text(markup: str) -> str:
    """What people see of it, one line a paragraph, row or item. Text without any markup stays as it is."""
    if not looks_rich(markup):
        return markup.replace(_NBSP, " ")
    reader = _Reader()
    reader.feed(markup)
    reader.close()
    return "\n".join(reader.lines()).replace(_NBSP, " ")


def looks_rich(text: str) -> bool:
    """Whether there is a tag or an entity in it."""
    return _TAG.search(text) is not None


class _Reader(HTMLParser):
    """Collects lines: a block starts one, and so does a break within it."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self._lines: list[str] = []
        self._line: list[str] | None = None
        self._hidden = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        del attrs
        if tag in _UNSEEN:
            self._hidden += 1
        elif tag == "br":
            self._lines.append("".join(self._line or ()))
            self._line = []
        elif tag in _BLOCKS:
            self._end()

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "br":
            self.handle_starttag(tag, attrs)

    def handle_endtag(self, tag: str) -> None:
        if tag in _UNSEEN:
            self._hidden = max(self._hidden - 1, 0)
        elif tag in _BLOCKS:
            self._end()

    def handle_data(self, data: str) -> None:
        if self._hidden or (self._line is None and not data.strip(" \t\r\n")):
            return
        self._line = [*(self._line or ()), data]

    def lines(self) -> list[str]:
        """Every line; one of a single no-break space is the empty one it stands for."""
        self._end()
        return ["" if line == _NBSP else line for line in self._lines]

    def _end(self) -> None:
        if self._line is not None:
            self._lines.append("".join(self._line))
        self._line = None
