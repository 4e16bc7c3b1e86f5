"""What people read and machines parse."""

from __future__ import annotations

import io
import json
import re

import pytest
from rich.console import Console

from connector.demo.events import Began, Change, Checked, Ended, Kept, Ready, Reported, Synced
from connector.demo.machine import JsonNarrator
from connector.demo.narrator import TextNarrator
from connector.demo.story import play

EVENTS = (
    Began("All on this machine."),
    Ready("MLflow", "http://127.0.0.1:5000", "a real server"),
    Reported("1 finding", ("control", "object"), (("C01", "card-fraud-detection v4"),), "/tmp/report.txt"),
    Ended(True, 41.6, (), (("report", "/tmp/report.txt"),)),
    Kept(
        (("MLflow", "http://127.0.0.1:5000", ""),),
        "mlflow-grc status",
        (("rita.okafor", "t0ken", "model risk officer"),),
    ),
)


def told(narrator, make_stage, *wrong):
    narrator.tell(EVENTS[0])
    narrator.tell(EVENTS[1])
    play(make_stage(*wrong, narrator=narrator))
    for event in EVENTS[2:]:
        narrator.tell(event)


@pytest.fixture
def text(make_stage):
    stream = io.StringIO()
    told(TextNarrator(stream), make_stage)
    return stream.getvalue()


def test_text_is_plain_and_fits_when_it_goes_to_no_terminal(text):
    assert "\x1b" not in text
    assert max(len(line) for line in text.splitlines()) <= 100


def test_text_says_what_happened(text):
    assert "Act 1 of 8  The first sync creates the inventory" in text
    assert re.search(r"mlflow-grc sync  50 records created in the GRC, \d+ fields written to MLflow", text)
    assert "Rita Okafor (model risk officer) decides on 12 versions." in text
    assert re.search(r"grc_approval_status +approved +rejected", text)
    assert re.search(r"FND-1003 +medium +\d{4}-\d\d-\d\d overdue +mortgage-lgd", text)
    assert "1 comment posted on issues, 1 field written to the GRC, 1 field written to MLflow" in text
    assert "nothing to write, both sides agree" in text
    assert "The story ended as written, in 42 seconds." in text
    assert "for this demo only" in text


def test_an_issue_tag_reads_as_a_person_would_say_it(text):
    assert "medium, due 2026-03-10" in text
    assert '"severity"' not in text


def test_a_failed_check_shows_what_was_found_and_the_end_repeats_it():
    stream = io.StringIO()
    narrator = TextNarrator(stream)
    narrator.tell(Checked("all is well", False, "'[red]', expected 'approved'"))
    narrator.tell(Ended(False, 3.0, ("all is well: found '[red]'",)))
    text = stream.getvalue()
    assert "found '[red]', expected 'approved'" in text
    assert "did not end as written" in text
    assert "all is well: found '[red]'" in text


def test_marks_are_letters_where_the_output_has_no_unicode():
    stream = io.TextIOWrapper(io.BytesIO(), encoding="ascii")
    TextNarrator(console=Console(file=stream, width=100)).tell(Checked("all is well", True))
    stream.flush()
    assert stream.buffer.getvalue().decode("ascii").strip() == "ok all is well"


def test_a_terminal_gets_colours_but_not_where_no_color_is_set(monkeypatch):
    monkeypatch.setenv("TERM", "xterm-256color")

    def rendered():
        stream = io.StringIO()
        TextNarrator(console=Console(file=stream, force_terminal=True, width=100)).tell(Checked("all is well", True))
        return stream.getvalue()

    monkeypatch.delenv("NO_COLOR", raising=False)
    assert "\x1b[32m" in rendered()
    monkeypatch.setenv("NO_COLOR", "1")
    assert "\x1b[32m" not in rendered()


def test_a_long_sync_shows_what_is_worth_reading_and_counts_the_rest():
    stream = io.StringIO()
    changes = tuple(Change("MLflow", f"m{n}", "grc_approval_status", "", "approved", "owned by GRC") for n in range(5))
    TextNarrator(stream).tell(Synced(0.4, 0, 0, 0, 5, changes, shown=2))
    text = stream.getvalue()
    assert "m1" in text
    assert "m2" not in text
    assert "... and 3 more fields on 3 objects" in text


def test_json_is_one_document_with_every_act_and_check(make_stage):
    narrator = JsonNarrator()
    told(narrator, make_stage, "put_back")
    document = json.loads(narrator.document())
    assert document["ok"] is True
    assert document["seconds"] == 41.6
    assert document["files"] == {"report": "/tmp/report.txt"}
    assert [act["number"] for act in document["acts"]] == list(range(1, 9))
    assert document["acts"][3]["ok"] is False
    failed = [event for event in document["acts"][3]["events"] if event["event"] == "checked" and not event["ok"]]
    assert failed
    assert document["report"]["rows"] == [["C01", "card-fraud-detection v4"]]
    assert document["kept"]["logins"] == [["rita.okafor", "t0ken", "model risk officer"]]
