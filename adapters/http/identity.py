"""Who the server takes us for.

Some servers serve a wrong or expired key as an anonymous guest, who sees little or nothing and is told so by no code.
So whoever is about to conclude that something is gone asks here first.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from adapters.http.options import WhoAmI
from adapters.http.outline import outline
from adapters.httpclient import ErrorRule, HttpClient
from adapters.httpclient.path import has_keys, search
from connector.model.errors import AuthError, Rejected
from connector.model.grc import Json, Problem


class Identity:
    """The account on one server; ``where`` names it in findings."""

    def __init__(
        self, client: HttpClient, whoami: WhoAmI | None, rules: Sequence[ErrorRule], *, where: str, has_auth: bool
    ) -> None:
        self._client, self._whoami, self._rules = client, whoami, tuple(rules)
        self._where, self._has_auth = where, has_auth

    @property
    def asks(self) -> bool:
        """Whether there is a request that tells who we are."""
        return self._whoami is not None

    def prove(self) -> None:
        """Raise AuthError where the server takes us for nobody, or for somebody else. Asks nothing undeclared."""
        for problem in self._problems():
            raise AuthError(f"{problem.what}.", remedy=problem.remedy)

    def check(self) -> Iterator[Problem]:
        """What is wrong with the account, or cannot be told."""
        if self._whoami is None and self._has_auth:
            yield Problem(
                self._where,
                "the mapping names no request that tells who is logged in: a server that serves a wrong key as a "
                "guest would not be noticed",
                "give whoami in the mapping's http section.",
                fatal=False,
            )
        yield from self._problems()

    def _problems(self) -> Iterator[Problem]:
        whoami = self._whoami
        if whoami is None:
            return
        data = self._answer(whoami)
        who = search(whoami.who, data)
        remedy = "check the credentials of the connection and how auth sends them, and whoami in the mapping."
        if who in (None, "", False, {}, []):
            nobody = f"{whoami.path} names nobody at {whoami.who!r}"
            if data is None or has_keys(whoami.who, data) is not False:
                yield Problem(self._where, f"{nobody}: logged in as a guest", remedy)
                return
            what = f"{nobody}: logged in as a guest, or that is the wrong place: {outline(data)}"
            remedy = "correct whoami.who in the mapping's http section; if it is right, " + remedy
            yield Problem(self._where, what, remedy)
        elif whoami.expect is not None and str(who) != whoami.expect:
            yield Problem(self._where, f"logged in as {who}, not as {whoami.expect}", remedy)

    def _answer(self, whoami: WhoAmI) -> Json:
        try:
            answer = self._client.request("GET", whoami.path, listing=True, error_rules=self._rules)
        except Rejected as error:
            error.remedy = "correct whoami.path in the mapping's http section."
            raise
        return answer.json() if answer.body else None
