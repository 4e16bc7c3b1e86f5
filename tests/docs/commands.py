"""Whether a command line that a document names is one that ``mlflow-grc`` takes."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator, Sequence

import click

from connector.cli.app import App
from connector.cli.group import COMMANDS, root
from tests.docs.pages import Page

_CALL = re.compile(r"(?:^|[\s/$(`\"'])mlflow-grc +([^\n`|&;>)]+)")
_ENDS_HERE = re.compile(r"\s+#.*$|\\\s*$")


def command_lines(page: Page) -> Iterator[str]:
    """What follows ``mlflow-grc`` in the code of a page, and spans such as ``plan --out`` that leave it out."""
    for code in (*page.blocks, *page.spans):
        joined = code.replace("\\\n", " ")
        for line in joined.splitlines():
            yield from (_ENDS_HERE.sub("", found).strip() for found in _CALL.findall(line))
    for span in page.spans:
        first, _, rest = span.partition(" ")
        if first in COMMANDS and rest:
            yield span


def complaint(line: str) -> str | None:
    """What is wrong with a command line, None where nothing is. Values in capitals stand for anything."""
    words = shlex.split(line, comments=True)
    context = click.Context(root, info_name="mlflow-grc", obj=App())
    command: click.Command = root
    known = list(root.params)
    places = 0
    while words:
        word = words.pop(0)
        if word.startswith("-") and word != "-":
            problem = _take_option(word, words, known)
            if problem is not None:
                return problem
        elif isinstance(command, click.Group):
            if word.isupper():
                return None  # any command
            found = command.get_command(context, word)
            if found is None:
                return f"there is no command {word!r}"
            command, known = found, [*known, *found.params]
            places = sum(1 for parameter in found.params if isinstance(parameter, click.Argument))
        elif places == 0:
            return f"{command.name} takes no argument {word!r} there"
        else:
            places -= 1
    return None


def _take_option(word: str, words: list[str], known: Sequence[click.Parameter]) -> str | None:
    name, equals, value = word.partition("=")
    if name in ("--help", "-h"):
        return None
    option = next((each for each in known if isinstance(each, click.Option) and name in each.opts), None)
    if option is None:
        return f"there is no option {name}"
    if option.is_flag:
        return f"{name} takes no value" if equals else None
    if not equals:
        if not words:
            return None  # only the option is spoken of
        value = words.pop(0)
    if isinstance(option.type, click.Choice) and not value.isupper() and value not in option.type.choices:
        return f"{name} does not take {value!r}"
    return None
