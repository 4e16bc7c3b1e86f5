"""What a run has to say: once for all objects that it is said of, and never endlessly."""

from __future__ import annotations

from structlog.testing import capture_logs

from connector.engine.remarking import log_remarks, message_of
from connector.model.fields import Entity
from connector.model.operations import Remark
from connector.model.state import RunStatus
from connector.model.views import ObjectRef


def remark(name: str, text: str = "look at it", *, attention: bool = True) -> Remark:
    return Remark(ObjectRef(Entity.MODEL, name, name), "drift", text, attention)


def logged(*remarks: Remark) -> list[tuple[str, str, str]]:
    with capture_logs() as logs:
        log_remarks(remarks)
    return [(each["log_level"], each.get("object", ""), each.get("remark", each["event"])) for each in logs]


def test_what_is_said_of_many_objects_is_one_line() -> None:
    many = [remark(f"m{number}") for number in range(1000)]
    assert logged(*many) == [("warning", "m0, m1, m2, m3, m4 and 995 more", "look at it")]
    assert message_of(RunStatus.ATTENTION, many) == "m0, m1, m2, m3, m4 and 995 more: look at it"


def test_what_needs_a_person_comes_first_and_the_rest_is_counted() -> None:
    many = [remark("m", f"note {number}", attention=False) for number in range(1000)]
    lines = logged(*many, remark("m", "a person is needed"))
    assert (lines[0], len(lines)) == (("warning", "m", "a person is needed"), 21)
    assert lines[-1][0] == "info"
    assert "plan" in lines[-1][2]


def test_a_run_ends_with_what_needs_a_person_and_only_then() -> None:
    said = [remark("a", "two\nlines"), Remark(None, "mapping", "of no object", attention=True), remark("b", "x" * 900)]
    message = message_of(RunStatus.ATTENTION, said)
    assert message.startswith("a: two lines; of no object; b: xxx")
    assert (len(message), message[-3:]) == (400, "...")
    assert message_of(RunStatus.ATTENTION, [remark("a", attention=False)]) == ""
    assert message_of(RunStatus.FAILED, said) == ""
