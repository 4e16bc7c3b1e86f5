"""What a page owes to people who use a keyboard or a screen reader, as far as its HTML can tell."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

from tests.mock.web.html import Node

_INPUTS = ("input", "select", "textarea")
_NATIVE = {"a", "button", "input", "select", "textarea", "summary"}


def defects(page: Node) -> list[str]:
    """What is wrong with the structure of a page; empty when nothing is."""
    return [*_frame(page), *_headings(page), *_references(page), *_forms(page), *_tables(page), *_names(page)]


def _frame(page: Node) -> Iterator[str]:
    if page.one("html").attrs.get("lang") != "en":
        yield "no language"
    if not page.one("title").text:
        yield "no title"
    for tag in ("header", "main", "footer"):
        if len(page.all(tag)) != 1:
            yield f"not one {tag}"
    first = next(node for node in page.one("body") if node.tag in _NATIVE)
    if first.attrs.get("href") != "#content" or [node.tag for node in page.all(id="content")] != ["main"]:
        yield "the first stop is no skip link"
    if page.all("script"):
        yield "a script"
    navigations = [node.attrs.get("aria-label") for node in page.all("nav")]
    if None in navigations or len(set(navigations)) != len(navigations):
        yield f"navigations without names of their own: {navigations}"


def _headings(page: Node) -> Iterator[str]:
    levels = [int(node.tag[1]) for node in page if node.tag in ("h1", "h2", "h3", "h4")]
    if levels.count(1) != 1 or levels[0] != 1:
        yield f"headings {levels}: not one h1 at the start"
    yield from (f"h{b} after h{a}" for a, b in pairwise(levels) if b > a + 1)


def _references(page: Node) -> Iterator[str]:
    ids = [node.attrs["id"] for node in page if "id" in node.attrs]
    yield from (f"id {one} twice" for one in {one for one in ids if ids.count(one) > 1})
    for node in page:
        for name in ("aria-describedby", "aria-labelledby", "for"):
            missing = set(node.attrs.get(name, "").split()) - set(ids)
            if missing:
                yield f"{node.tag} {name} refers to {missing}"
        target = node.attrs.get("href", "")
        if target.startswith("#") and target[1:] not in ids:
            yield f"a link to {target}"


def _forms(page: Node) -> Iterator[str]:
    labelled = {node.attrs.get("for") for node in page.all("label")}
    for node in page:
        if node.tag in _INPUTS and node.attrs.get("type") != "hidden" and node.attrs.get("id") not in labelled:
            yield f"{node.tag} {node.attrs.get('name')} without a label"
        if node.tag == "fieldset" and not (node.all("legend") and node.one("legend").text):
            yield "a fieldset without a legend"
        if node.tag == "form" and node.attrs["method"] == "post" and not node.all("input", name="csrf"):
            yield f"form {node.attrs['action']} without its token"
        if node.attrs.get("aria-invalid") and "error-" not in node.attrs.get("aria-describedby", ""):
            inner = [one for one in page.all("fieldset") if node in one.all("input")]
            if not inner:
                yield f"{node.attrs.get('name')} is wrong and does not say how"


def _tables(page: Node) -> Iterator[str]:
    for table in page.all("table"):
        if not table.all("caption"):
            yield "a table without a caption"
        yield from (f"th {node.text} without a scope" for node in table.all("th") if "scope" not in node.attrs)
        yield from ("a row without a header" for row in table.one("tbody").all("tr") if not row.all("th"))


def _names(page: Node) -> Iterator[str]:
    for node in page.all("a", "button", "summary"):
        if not node.text:
            yield f"{node.tag} {node.attrs} without a text"
    for node in page:
        if node.attrs.get("tabindex", "-1") not in ("-1", "0"):
            yield f"{node.tag} with a tabindex"
