"""Text areas keep HTML: what is written is read as markup, and comes back in paragraphs with no-break spaces."""

from __future__ import annotations

import html
import re
from html.parser import HTMLParser

_KEPT = frozenset({"p", "b", "i", "u", "em", "strong", "ul", "ol", "li", "div", "span", "table", "tr", "td", "a"})
_VOID = frozenset({"br"})
_SILENT = frozenset({"script", "style", "iframe"})
_BLOCKS = frozenset({"p", "div", "li", "tr"})
NBSP = "\u00a0"


class _Cleaner(HTMLParser):
    """Keeps harmless elements without their attributes, drops other tags, and scripts with all that is in them."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.parts: list[str] = []
        self.blocks = False
        self._silent = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in _SILENT:
            self._silent += 1
        elif tag in _KEPT or tag in _VOID:
            self.blocks = self.blocks or tag in _BLOCKS
            self.parts.append(f"<{tag}>")

    def handle_endtag(self, tag: str) -> None:
        if tag in _SILENT:
            self._silent = max(0, self._silent - 1)
        elif tag in _KEPT:
            self.parts.append(f"</{tag}>")

    def handle_data(self, data: str) -> None:
        if not self._silent:
            self.parts.append(html.escape(data, quote=False).replace("  ", f" {NBSP}"))


class _Reader(HTMLParser):
    """The text that a person sees: paragraphs and breaks as lines, white space within them as in a browser."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in _VOID or (tag in _BLOCKS and self.text):
            self.text += "\n"

    def handle_data(self, data: str) -> None:
        self.text += re.sub(r"[ \t\r\n]+", " ", data).replace(NBSP, " ")


def kept(written: str) -> str | None:
    """What a text area keeps of a text that was written; None for one that shows nothing."""
    cleaner = _Cleaner()
    cleaner.feed(written)
    cleaner.close()
    markup = "".join(cleaner.parts)
    if not seen(markup).strip():
        return None
    return markup if cleaner.blocks else f"<p>{markup}</p>"


def seen(markup: str) -> str:
    """The text that a person sees of it."""
    reader = _Reader()
    reader.feed(markup)
    reader.close()
    # An editor keeps an empty line as a paragraph with one no-break space.
    return "\n".join("" if line == " " else line for line in reader.text.split("\n"))


def typed(text: str) -> str:
    """The markup of a text as a person types it into the editor: a paragraph for each line."""
    lines = [html.escape(line, quote=False).replace("  ", f" {NBSP}") for line in text.split("\n")]
    return "".join(f"<p>{line or NBSP}</p>" for line in lines)
