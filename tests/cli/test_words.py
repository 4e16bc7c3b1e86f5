"""How things are told: values, errors, tables."""

from __future__ import annotations

import io
import re

import click
import pytest

from connector.cli.app import worst
from connector.cli.failures import exit_code_of, tell
from connector.cli.output import Output
from connector.cli.words import clean, counted, listed, moment, short
from connector.model.errors import ConfigError, Rejected, StateCorrupt, Unreachable


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (None, "-"),
        ("", "-"),
        ("plain", "plain"),
        ("two\nlines\tand \x1b[31m", "two\\nlines\\tand \\x1b[31m"),
        ("x" * 60, "x" * 60),
        ("x" * 61, "x" * 41 + "... (61 characters)"),
    ],
)
def test_short(value: str | None, shown: str) -> None:
    assert short(value) == shown


def test_small_words() -> None:
    assert (counted(1, "conflict"), counted(1200, "conflict")) == ("1 conflict", "1,200 conflicts")
    assert (listed([]), listed(["a"]), listed(["a", "b", "c"])) == ("", "a", "a, b and c")
    assert moment("2026-03-01T08:00:05.123Z") == "2026-03-01 08:00:05 UTC"
    assert clean("a\u2028b") == "a\\u2028b"


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (ConfigError("wrong"), 2),
        (click.UsageError("wrong"), 2),
        (Unreachable("wrong"), 1),
        (StateCorrupt("wrong"), 1),
        (Rejected("wrong"), 1),
        (OSError(28, "No space left on device"), 1),
        (ValueError("wrong"), 1),
        (ModuleNotFoundError("No module named 'x'"), 1),
        (KeyboardInterrupt(), 130),
    ],
)
def test_each_error_has_its_exit_code(error: BaseException, code: int) -> None:
    out = io.StringIO()
    assert tell(error, stream=out) == exit_code_of(error) == code
    assert "Error: " in out.getvalue()
    assert "Traceback" not in out.getvalue()


@pytest.mark.parametrize(("codes", "expected"), [([], 0), ([0, 0], 0), ([0, 3], 3), ([3, 1, 0], 1), ([1, 2, 3], 2)])
def test_one_exit_code_for_several_connections(codes: list[int], expected: int) -> None:
    assert worst(codes) == expected


def test_an_error_says_where_and_what_helps() -> None:
    out = io.StringIO()
    tell(ConfigError("This is wrong.", file="a.yaml", line=3, key="b.c", remedy="correct it."), stream=out)
    assert out.getvalue() == "Error: a.yaml:3: b.c: This is wrong.\nRemedy: Correct it.\n"


class Terminal(io.StringIO):
    """A terminal of 60 columns."""

    encoding = "utf-8"

    def isatty(self) -> bool:
        return True


ROWS = [("credit", ("a long value " * 10, "bold")), ("fraud", "short")]


@pytest.mark.parametrize("columns", [2, 5, 9])
def test_a_table_fits_a_narrow_terminal_and_loses_nothing(monkeypatch: pytest.MonkeyPatch, columns: int) -> None:
    monkeypatch.setenv("COLUMNS", "60")
    monkeypatch.setenv("NO_COLOR", "1")
    monkeypatch.setenv("TERM", "xterm")
    stream = Terminal()
    words = [f"word{index}" for index in range(columns - 1)]
    Output(stream).table(["object", *words], [("credit", *(("wordy " * 3, "bold") for _ in words))] * 2)
    text = re.sub(r"\x1b\[[0-9;]*m", "", stream.getvalue())
    assert max(map(len, text.splitlines())) <= 60
    assert text.count("wordy") == 2 * 3 * len(words)
    assert all(word in text for word in words)


def test_a_file_gets_neither_colour_nor_folding() -> None:
    stream = io.StringIO()
    Output(stream).table(("object", "value"), ROWS)
    lines = stream.getvalue().splitlines()
    assert len(lines) == 3
    assert "\x1b" not in stream.getvalue()
    assert all(line == line.rstrip() for line in lines)


def test_an_ascii_terminal_gets_an_arrow_too() -> None:
    stream = io.TextIOWrapper(io.BytesIO(), encoding="ascii")
    assert Output(stream).arrow == "->"
