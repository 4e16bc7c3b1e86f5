"""What stands in the log, in both forms, and that no secret ever does."""

from __future__ import annotations

import io
import json
import logging
import os
import stat
import subprocess
import sys
import warnings
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import structlog

from connector.logs import LogFormat, bound, carrying, configure, get_logger
from connector.model.errors import ConfigError, Unreachable

CANARY = 'c4n"ary-ü-s3cret\\x'


def redact(text: str) -> str:
    return text.replace(CANARY, "***").replace(repr(CANARY)[1:-1], "***")


@pytest.fixture(autouse=True)
def restored() -> Iterator[None]:
    """Leave logging as it was for the other tests."""
    root = logging.getLogger()
    handlers, level, environment = list(root.handlers), root.level, os.environ.get("MLFLOW_CONFIGURE_LOGGING")
    yield
    for handler in [handler for handler in root.handlers if handler not in handlers]:
        root.removeHandler(handler)
        handler.close()
    root.setLevel(level)
    for name in ("connector", "adapters"):
        logging.getLogger(name).setLevel(logging.NOTSET)
    logging.captureWarnings(capture=False)
    structlog.reset_defaults()
    if environment is None:
        os.environ.pop("MLFLOW_CONFIGURE_LOGGING", None)


@pytest.fixture(params=list(LogFormat))
def log(request: pytest.FixtureRequest) -> io.StringIO:
    stream = io.StringIO()
    configure(redact=redact, format=request.param, stream=stream, level="debug")
    return stream


def json_log(level: str = "INFO") -> io.StringIO:
    stream = io.StringIO()
    configure(redact=redact, format=LogFormat.JSON, stream=stream, level=level)
    return stream


def lines(stream: io.StringIO) -> list[dict[str, object]]:
    return [json.loads(line) for line in stream.getvalue().splitlines()]


def test_a_line_names_the_run_the_connection_and_what_was_logged():
    stream = json_log()
    with bound(run_id="r1", connection="bank"):
        get_logger("connector.apply").info("written", object="credit v3", field="tier")
    get_logger("connector.apply").info("outside")
    inside, outside = lines(stream)
    assert inside["event"] == "written"
    assert inside["level"] == "info"
    assert inside["logger"] == "connector.apply"
    assert (inside["run_id"], inside["connection"]) == ("r1", "bank")
    assert (inside["object"], inside["field"]) == ("credit v3", "tier")
    assert str(inside["timestamp"]).endswith("Z")
    assert "run_id" not in outside


def test_text_is_for_people():
    stream = io.StringIO()
    configure(redact=redact, stream=stream)
    with bound(run_id="r1"):
        get_logger("connector").info("written", object="credit")
    line = stream.getvalue()
    assert line.count("\n") == 1
    assert "written" in line
    assert "object=credit" in line
    assert "run_id=r1" in line
    assert "\x1b" not in line


def test_what_libraries_log_goes_the_same_way():
    stream = json_log()
    with bound(run_id="r1"):
        logging.getLogger("a_banks.adapter").warning("slow: %s seconds", 3)
        warnings.warn("old option", stacklevel=1)
    slow, warning = lines(stream)
    assert (slow["event"], slow["run_id"], slow["logger"]) == ("slow: 3 seconds", "r1", "a_banks.adapter")
    assert "old option" in str(warning["event"])


def test_libraries_are_heard_from_warning_on_unless_debugging():
    stream = json_log("INFO")
    logging.getLogger("urllib3").info("chatter")
    logging.getLogger("connector.x").info("ours")
    logging.getLogger("connector.x").debug("too fine")
    assert [line["event"] for line in lines(stream)] == ["ours"]
    stream = json_log("DEBUG")
    logging.getLogger("urllib3").debug("chatter")
    assert [line["event"] for line in lines(stream)] == ["chatter"]
    stream = json_log("ERROR")
    logging.getLogger("urllib3").warning("chatter")
    get_logger("connector.x").warning("ours")
    assert lines(stream) == []


def test_worker_threads_carry_what_is_bound():
    stream = json_log()

    def work(number: int) -> None:
        get_logger("connector.x").info("worked", number=number)

    with bound(run_id="r1"), ThreadPoolExecutor(4) as pool:
        list(pool.map(carrying(work), range(20)))
    assert {line["run_id"] for line in lines(stream)} == {"r1"}
    assert {line["number"] for line in lines(stream)} == set(range(20))


class Holder:
    def __repr__(self) -> str:
        return f"Holder({CANARY})"


def fail() -> None:
    password = CANARY
    raise Unreachable(f"refused {len(password)} {CANARY}", remedy=f"use {CANARY}")


def test_no_secret_in_any_place(log: io.StringIO):
    logger = get_logger("connector.x")
    logger.info(f"event {CANARY}", text=CANARY, nested={"a": [CANARY, (CANARY,)], CANARY: 1}, set={CANARY})
    logger.info("object", holder=Holder(), raw=CANARY.encode(), path=Path(f"/tmp/{CANARY}"))
    logger.info("positional %s", CANARY)
    logging.getLogger("lib").warning("message %s %r", CANARY, CANARY)
    logging.getLogger("lib").warning("object %s", Holder())
    for failing in (logger.exception, logging.getLogger("lib").exception):
        try:
            try:
                fail()
            except Unreachable as error:
                raise RuntimeError(f"chained {CANARY}") from error
        except RuntimeError:
            failing("it failed")
    with bound(run_id=CANARY):
        logger.info("bound")
    shown = log.getvalue()
    assert "s3cret" not in shown
    assert shown.count("***") >= 15
    assert "RuntimeError" in shown


def test_the_finished_line_is_masked_too():
    stream = io.StringIO()
    configure(redact=lambda text: text.replace("object=whole", "***"), stream=stream)
    get_logger("connector.x").info("pieces", object="whole")
    assert "***" in stream.getvalue()


def test_a_traceback_shows_no_local_variables(log: io.StringIO):
    def inner() -> None:
        account = "local-" + "value"
        raise ValueError(len(account))

    try:
        inner()
    except ValueError:
        get_logger("connector.x").exception("failed")
    assert "ValueError: 11" in log.getvalue()
    assert "local-value" not in log.getvalue()


def test_a_line_that_cannot_be_written_does_not_show_its_arguments(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
):
    stream = json_log()
    ours = [handler for handler in logging.getLogger().handlers if type(handler).__module__ == "connector.logs"]
    monkeypatch.setattr(logging.getLogger(), "handlers", ours)  # pytest's own would raise
    logging.getLogger("lib").warning("number %d", CANARY)
    assert stream.getvalue() == ""
    shown = capsys.readouterr().err
    assert "a log line of lib was lost (TypeError)" in shown
    assert "s3cret" not in shown


def test_no_value_forges_a_line(log: io.StringIO):
    forged = "x\n2026-01-01 [info] approved\r\x1b[31m\u2028"
    get_logger("connector.x").info(forged, name=forged)
    logging.getLogger("lib").warning(forged)
    shown = log.getvalue()
    assert len(shown.splitlines()) == 2
    assert "\x1b" not in shown


def test_a_file_is_its_owners_and_survives_rotation(tmp_path: Path):
    path = tmp_path / "log.txt"
    configure(redact=redact, format=LogFormat.JSON, file=path)
    get_logger("connector.x").info("first")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    path.rename(tmp_path / "log.1")
    get_logger("connector.x").info("second ü")
    assert json.loads(path.read_text())["event"] == "second ü"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert len((tmp_path / "log.1").read_text().splitlines()) == 1


def test_configured_again_it_replaces_the_first(log: io.StringIO):
    second = json_log()
    get_logger("connector.x").info("once")
    assert log.getvalue() == ""
    assert len(lines(second)) == 1


def test_a_wrong_level_or_file_names_the_remedy(tmp_path: Path):
    with pytest.raises(ConfigError, match=r"LOUD.*use DEBUG"):
        configure(redact=redact, level="LOUD")
    with pytest.raises(ConfigError, match=r"missing.*Remedy"):
        configure(redact=redact, file=tmp_path / "missing" / "log.txt")


def test_importing_it_is_cheap():
    code = "import sys, connector.logs; print('structlog' in sys.modules, 'rich' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["False", "False"]
