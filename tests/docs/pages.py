"""The documents, taken apart: links, headings, code."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.cli.reference import BEGIN, END

ROOT = Path(__file__).parents[2]
PAGES = tuple(
    sorted(
        page
        for pattern in ("*.md", "docs/**/*.md", "examples/**/*.md", "benchmarks/**/*.md", "tests/**/*.md")
        for page in ROOT.glob(pattern)
    )
)
_FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_SPAN = re.compile(r"`([^`]+)`")
_LINK = re.compile(r"!?\[[^\]]*\]\(([^)\s]+)\)")
_HEADING = re.compile(r"^#+ +(.+?) *$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Page:
    """One Markdown document. ``text`` is without the part that is generated from the command line itself."""

    path: Path
    text: str

    @property
    def blocks(self) -> Iterator[str]:
        """Fenced code."""
        return (match[2] for match in _FENCE.finditer(self.text))

    @property
    def spans(self) -> Iterator[str]:
        """Code within sentences, on one line."""
        return (" ".join(span.split()) for span in _SPAN.findall(_FENCE.sub("", self.text)))

    @property
    def links(self) -> Iterator[str]:
        return iter(_LINK.findall(_FENCE.sub("", self.text)))

    @property
    def anchors(self) -> frozenset[str]:
        """The names under which headings are linked to, as GitHub makes them."""
        seen: Counter[str] = Counter()
        found = set()
        for heading in _HEADING.findall(_FENCE.sub("", self.path.read_text(encoding="utf-8"))):
            name = re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")
            found.add(f"{name}-{seen[name]}" if seen[name] else name)
            seen[name] += 1
        return frozenset(found)


def page(path: Path) -> Page:
    """Read a document."""
    text = path.read_text(encoding="utf-8")
    if BEGIN in text:
        text = text[: text.index(BEGIN)] + text[text.index(END) :]
    return Page(path, text)
