"""A form is carried out once. A second press of its button, or a page that is loaded again, gets the first answer."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Mapping
from hashlib import sha256
from json import dumps
from threading import Lock

from connector.mock.web.visit import Answer, Redirect

SENDING = "sending"
"""The input that tells one showing of a form from every other."""
_REMEMBERED = 1_000


class Once:
    """Remembers what came of the forms sent last. One is carried out at a time, so that of two equal ones that arrive
    together the second waits for the answer of the first.
    """

    def __init__(self) -> None:
        self._answers: OrderedDict[str, Redirect] = OrderedDict()
        self._lock = Lock()

    def answer(self, form: Mapping[str, str], *of: str, act: Callable[[], Answer]) -> Answer:
        """What ``act`` answers; of a form that was sent before as it is now and saved, what was answered then.
        ``of``: whose form it is, and where it was sent. One that does not say of which showing it is acts each time.
        """
        if not form.get(SENDING):
            return act()
        key = sha256(dumps([of, sorted(form.items())]).encode()).hexdigest()
        with self._lock:
            if key in self._answers:
                return self._answers[key]
            answer = act()
            if isinstance(answer, Redirect):
                self._answers[key] = answer
                while len(self._answers) > _REMEMBERED:
                    self._answers.popitem(last=False)
            return answer
