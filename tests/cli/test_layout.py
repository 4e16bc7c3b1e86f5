"""How tables fit a terminal: nothing is broken in the middle of a name, and no column is too narrow to read."""

from __future__ import annotations

import io
import re

import pytest
from rich.cells import cell_len

from connector.cli.diff import show_conflicts
from connector.cli.layout import fitted, folded
from connector.cli.output import Output
from connector.model.fields import Entity
from connector.model.state import ConflictCase
from connector.model.views import ObjectRef


class Terminal(io.StringIO):
    """A terminal; how wide it is says the variable COLUMNS."""

    encoding = "utf-8"

    def isatty(self) -> bool:
        return True


@pytest.fixture
def terminal(monkeypatch: pytest.MonkeyPatch) -> Terminal:
    """80 columns."""
    for name, value in (("COLUMNS", "80"), ("NO_COLOR", "1"), ("TERM", "xterm")):
        monkeypatch.setenv(name, value)
    return Terminal()


def plain(terminal: Terminal) -> list[str]:
    return re.sub(r"\x1b\[[0-9;]*m", "", terminal.getvalue()).splitlines()


@pytest.mark.parametrize(
    ("text", "width", "lines"),
    [
        ("short", 10, ["short"]),
        ("", 10, [""]),
        ("one two three", 8, ["one two", "  three"]),
        ("  identity.instance", 14, ["  identity.", "    instance"]),
        ("  production_aliases", 14, ["  production_", "    aliases"]),
        ("a well-kept_name here", 11, ["a well-", "  kept_name", "  here"]),
        ("x" * 25, 10, ["x" * 10, "  " + "x" * 8, "  " + "x" * 7]),
        ("\u6f22" * 6, 6, ["\u6f22" * 3, "  " + "\u6f22" * 2, "  " + "\u6f22"]),
    ],
)
def test_a_text_folds_between_words_then_in_names(text: str, width: int, lines: list[str]) -> None:
    assert folded(text, width, hang=2) == lines
    assert max(map(cell_len, lines)) <= width


def test_what_fits_stands_as_it_is() -> None:
    assert fitted(("object", "value"), [[("credit", ""), ("v" * 60, "")]], 80) == [6, 60]


def test_wide_columns_share_what_the_narrow_ones_leave() -> None:
    row = [("credit", ""), ("word " * 30, ""), ("other " * 30, ""), ("applied", "")]
    widths = fitted(("object", "old", "new", "state"), [row], 80)
    assert widths == [6, 31, 30, 7]


def test_no_column_is_narrower_than_its_words_or_its_header() -> None:
    """Ten columns of text do not fit 80: then there is no table."""
    assert fitted([f"column{index}" for index in range(10)], [[("some words here", "")] * 10], 80) is None


def test_a_field_of_a_record_is_never_broken(terminal: Terminal) -> None:
    columns = ("object and field", "to", "old", "new", "why")
    name = "  identity.instance_id"
    long = "a long text that says what the model is for " * 3
    Output(terminal).table(columns, [("credit", "-> GRC", "", "new record", ""), (name, "-> GRC", "-", long, long)])
    lines = plain(terminal)
    assert lines[0].split() == ["object", "and", "field", "to", "old", "new", "why"]
    assert any(line.startswith(name + " ") for line in lines)
    assert max(map(len, lines)) <= 80


def test_a_conflict_stands_in_a_block_with_both_values_whole(terminal: Terminal) -> None:
    case = ConflictCase(
        ObjectRef(Entity.MODEL, "mlflow:x/retail-credit-scoring@1", "retail-credit-scoring"),
        "business_owner",
        "head.of.cards@bank.example",
        "head.of.retail@bank.example",
        "head.of.lending@bank.example",
        "head.of.lending@bank.example",
        "both sides changed it",
    )
    show_conflicts(Output(terminal), [case])
    lines = [" ".join(line.split()) for line in plain(terminal)]
    assert lines[:5] == [
        "retail-credit-scoring business_owner",
        "MLflow head.of.cards@bank.example",
        "GRC head.of.retail@bank.example",
        "last agreed head.of.lending@bank.example",
        "why both sides changed it",
    ]


def test_rows_that_fit_a_line_stay_in_it(terminal: Terminal) -> None:
    columns = ("object and field", "record", "MLflow", "GRC", "status", "note")
    good = ("credit", "MDL0001001", "", "", "agree", "28 of 28 fields agree")
    bad = ("  purpose", "", "a long text of MLflow " * 3, "another of the GRC " * 3, "differ", "")
    Output(terminal).table(columns, [good, good, ("retail-credit-scoring v1", *good[1:]), bad], brief=True)
    lines = plain(terminal)
    assert lines[:2] == ["credit  MDL0001001  agree  28 of 28 fields agree"] * 2
    assert lines[3:5] == ["", "  purpose"]
    assert lines[5].split()[0] == "MLflow"


def test_an_audit_entry_is_a_block_on_a_narrow_terminal_and_a_row_on_a_wide_one(
    terminal: Terminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    columns = ("#", "when", "action", "side", "object", "field", "old", "new", "why", "who")
    row = (
        "7",
        "2026-03-01 08:00:05 UTC",
        "update_record",
        "GRC",
        "credit",
        "purpose",
        "old",
        "new",
        "owned by mlflow",
        "",
    )
    Output(terminal).table(columns, [row, row], title=3)
    lines = plain(terminal)
    assert lines[0] == "7  2026-03-01 08:00:05 UTC  update_record"
    assert lines[1].split() == ["side", "GRC"]
    assert not any("who" in line for line in lines)
    monkeypatch.setenv("COLUMNS", "120")
    wide = Terminal()
    Output(wide).table(columns, [row], title=3)
    assert len(plain(wide)) == 3


def test_a_long_table_is_one_table(terminal: Terminal) -> None:
    """It is printed a part at a time: one header, and no column moves."""
    rows = [(f"model-{number:04d}", "x" * (number % 7)) for number in range(1_203)]
    Output(terminal).table(("object", "what"), rows)
    lines = [line for line in plain(terminal) if line.strip()]
    assert sum("object" in line for line in lines) == 1
    assert [line.split()[0] for line in lines if "model-" in line] == [name for name, _ in rows]
    assert len({line.index("x") for line in lines if "x" in line}) == 1
