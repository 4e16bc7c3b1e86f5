"""What SIGTERM means to a cycle: reading is given up at once, writing after the operation in hand, or a while."""

from __future__ import annotations

import os
import signal
import sys
import threading
import time

import pytest

from connector.interruption import Interruption, on_signals


@pytest.mark.parametrize("step", [None, "recover", "observe"])
def test_reading_is_given_up_at_once(step: str | None) -> None:
    found = Interruption()
    if step:
        found.step(step)
    found.request()
    assert (found.stop.is_set(), found.abort.is_set()) == (True, True)


def test_a_write_has_its_time() -> None:
    found = Interruption(grace=3600)
    found.step("write")
    found.request()
    assert (found.stop.is_set(), found.abort.is_set()) == (True, False)


def test_but_not_for_ever() -> None:
    found = Interruption(grace=0)
    found.step("write")
    found.request()
    assert found.abort.wait(10)


def test_reading_that_begins_later_is_given_up_too() -> None:
    found = Interruption(grace=3600)
    found.step("write")
    found.request()
    found.step("observe")
    assert found.abort.is_set()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_signals_are_heard_inside_the_block_only(number: signal.Signals) -> None:
    before = signal.getsignal(number)
    heard = threading.Event()
    with on_signals(heard.set):
        os.kill(os.getpid(), number)
        assert heard.wait(10)
    assert signal.getsignal(number) is before


@pytest.mark.timeout(60)
def test_a_signal_that_another_thread_is_given_is_heard_by_a_main_thread_that_waits() -> None:
    heard = threading.Event()

    main = threading.main_thread().ident

    def given() -> None:
        while main is None or sys._current_frames()[main].f_code.co_name != "wait":
            time.sleep(0.001)
        signal.pthread_kill(threading.get_ident(), signal.SIGTERM)

    with on_signals(heard.set):
        thread = threading.Thread(target=given)
        thread.start()
        assert heard.wait(10)
        thread.join()


def test_what_was_there_for_signals_is_there_again() -> None:
    before = signal.set_wakeup_fd(-1)
    with on_signals(lambda: None):
        assert "signals" in {each.name for each in threading.enumerate()}
    assert signal.set_wakeup_fd(before) == -1
    assert "signals" not in {each.name for each in threading.enumerate()}


def test_outside_the_main_thread_signals_are_left_alone() -> None:
    before = signal.getsignal(signal.SIGTERM)
    during = []

    def block() -> None:
        with on_signals(lambda: None):
            during.append(signal.getsignal(signal.SIGTERM))

    thread = threading.Thread(target=block)
    thread.start()
    thread.join()
    assert during == [before]
