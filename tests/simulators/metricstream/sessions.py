"""The form login of the vendor's own test code: a redirect with two cookies, which later requests show with a header.

What happens to a session that ran out is not published: the simulator answers 401, or redirects to the login page as
form logins usually do (``expired``).
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from http.cookies import SimpleCookie
from urllib.parse import parse_qs

from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response

SESSION, CSRF, CSRF_HEADER = "JSESSION_ID", "Csrf-Token", "x-csrf-token"
LOGIN, HOME = "/metricstream/login", "/metricstream/home"
CONNECTOR = "mlflow.connector@bank.example"


class Sessions:
    """Who is signed in. ``password`` is the connector's."""

    def __init__(self) -> None:
        self.password = secrets.token_urlsafe(18)
        self.expired = "401"
        self.logins = 0
        self._tokens: dict[str, str] = {}

    async def login(self, request: Request) -> Response:
        """Take a form; a wrong password leads back to the login page, with a session that is nobody's."""
        form = {name: values[0] for name, values in parse_qs((await request.body()).decode()).items()}
        self.logins += 1
        session, token = secrets.token_urlsafe(24), secrets.token_urlsafe(24)
        known = (form.get("username"), form.get("password")) == (CONNECTOR, self.password)
        answer = RedirectResponse(HOME if known else f"{LOGIN}?failed=1", status_code=302)
        answer.set_cookie(SESSION, session, path="/metricstream", httponly=True, expires=3600)
        if known:
            self._tokens[session] = token
            answer.set_cookie(CSRF, token, path="/metricstream", expires=3600)
        return answer

    def end(self) -> None:
        """End every session, as a restart does."""
        self._tokens.clear()

    def refusal(self, headers: Mapping[str, str]) -> Response | None:
        """What a request is refused with that shows no session, or not the token against forged requests."""
        jar: SimpleCookie = SimpleCookie(headers.get("cookie", ""))
        cookies = {name: morsel.value for name, morsel in jar.items()}
        token = self._tokens.get(cookies.get(SESSION, ""))
        if token is None:
            if self.expired == "redirect":
                return RedirectResponse(LOGIN, status_code=302)
            return JSONResponse({"error": "no session"}, status_code=401)
        if cookies.get(CSRF) != token or headers.get(CSRF_HEADER) != token:
            return JSONResponse({"error": "forged request"}, status_code=403)
        return None
