"""Faults of the daemon's own server, and of what it says of the connector's health."""

from __future__ import annotations

from tests.mutation.mutant import Mutant

DESK, PEOPLE, SESSIONS = "connector/server/desk.py", "connector/server/people.py", "connector/server/sessions.py"
GUARD, PATIENCE = "connector/server/guard.py", "connector/server/patience.py"
CONFLICTS, WITHHELD = "connector/server/pages/conflicts.py", "connector/server/pages/withheld.py"
JUDGING, STANDING = "connector/health/judging.py", "connector/health/standing.py"
_ACTING = ("tests/server/test_acting.py",)
_BOUNDS = ("tests/server/test_bounds.py",)
_HEALTH = ("tests/health",)
_METRICS = ("tests/metrics",)
_PAGES = ("tests/server/test_pages.py",)

SERVING = (
    Mutant(
        "a form from another site is acted on",
        DESK,
        "        if not self._is_from_here(request):\n",
        "        if False:\n",
        _ACTING,
    ),
    Mutant(
        "a form without the session's token is acted on",
        DESK,
        '        if not self._sessions.is_own_form(visitor.session, visitor.name, _last(form, "csrf")):\n',
        "        if False:\n",
        _ACTING,
    ),
    Mutant(
        "a stranger decides",
        DESK,
        "        if refusal is None and not visitor.name:\n",
        "        if False:\n",
        _ACTING,
    ),
    Mutant(
        "another host's name leads here",
        DESK,
        '        return host in {"localhost", "127.0.0.1", "::1", self._settings.host, own} - {None}\n',
        "        return True\n",
        _ACTING,
    ),
    Mutant(
        "a sign-in outlives its token",
        DESK,
        "        return token is not None and hmac.compare_digest(self._sessions.proof(token), session.proof)\n",
        "        return token is not None\n",
        _ACTING,
    ),
    Mutant(
        "tokens can be guessed without end",
        DESK,
        "            self._attempts.fail(address)\n",
        "",
        _ACTING,
    ),
    Mutant(
        "anybody poses as the proxy",
        PEOPLE,
        "        if not any(address in network for network in self._networks):\n",
        "        if False:\n",
        _ACTING,
    ),
    Mutant(
        "one person's form is another's",
        SESSIONS,
        '        return self._mac(f"form {session.nonce} {name}")\n',
        '        return self._mac("form")\n',
        _ACTING,
    ),
    Mutant(
        "a sign-in never ends",
        SESSIONS,
        "        return None if over else session\n",
        "        return session\n",
        _ACTING,
    ),
    Mutant(
        "an answer is for values that nobody saw",
        CONFLICTS,
        "case.ref.key, case.field, case.registry, case.grc]\n",
        "case.ref.key, case.field]\n",
        _ACTING,
    ),
    Mutant(
        "an approval of all is for what nobody saw",
        WITHHELD,
        "waiting if whole and whole == _together(waiting) else",
        "waiting if whole else",
        _ACTING,
    ),
    Mutant(
        "a body without a length is read without end",
        GUARD,
        "        if len(body) > most:\n",
        "        if False:\n",
        _BOUNDS,
    ),
    Mutant(
        "a slow body is waited for",
        GUARD,
        "            async with asyncio.timeout(self._limits.body_seconds):\n",
        "            async with asyncio.timeout(None):\n",
        _BOUNDS,
    ),
    Mutant(
        "a slow head is waited for",
        PATIENCE,
        "            self._head = self.loop.call_later(self.limits.header_seconds, self._give_up)\n",
        "            pass\n",
        _BOUNDS,
    ),
    Mutant(
        "an approved fuse counts as tripped",
        STANDING,
        "        return [one for one in self.withheld if one.digest not in approved]\n",
        "        return list(self.withheld)\n",
        _HEALTH,
    ),
    Mutant(
        "an incomplete cycle counts as complete",
        STANDING,
        ' and not run.counts.get("gaps", 0) and not run.counts.get("left_out", 0)',
        ' and not run.counts.get("left_out", 0)',
        _HEALTH,
    ),
    Mutant(
        "the last complete cycle is never too old",
        JUDGING,
        "    if limit is not None and now > limit:\n",
        "    if False:\n",
        _HEALTH,
    ),
    Mutant(
        "sums of another state go on",
        "connector/metrics/totals.py",
        "            self._last, self.runs, self.operations = None, Counter(), Counter()\n",
        "            pass\n",
        _METRICS,
    ),
    Mutant(
        "a flood of questions reads the state each time",
        "connector/metrics/readings.py",
        "        return last.exception() is None and time.monotonic() - last.result()[1] < self._fresh\n",
        "        return False\n",
        _METRICS,
    ),
    Mutant(
        "a probe waits for a database that is gone",
        "connector/metrics/readings.py",
        "            return last.result(self._patience)[0]\n",
        "            return last.result()[0]\n",
        _METRICS,
    ),
    Mutant(
        "a database that is gone takes all metrics with it",
        "connector/metrics/collector.py",
        "        if whole.connections:\n            yield from self._hints()\n",
        "        for name in self._queued() if self._queued else ():\n            yield _gauge(name, name)\n",
        _METRICS,
    ),
    Mutant(
        "a state that cannot be read is one in which nothing waits",
        "connector/server/visit.py",
        "        if whole.audit_entries is None:\n",
        "        if False:\n",
        _PAGES,
    ),
    Mutant(
        "a sign-in holds on one replica alone",
        DESK,
        '        seen = origin.port or _PORTS.get(origin.scheme) or request.scope["server"][1]\n',
        '        seen = request.scope["server"][1]\n',
        _ACTING,
    ),
)
