"""Who is signed in, in a signed cookie; and the token that proves that a form came from our own page."""

from __future__ import annotations

import hmac
import secrets
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta

from itsdangerous import BadData, URLSafeSerializer

from connector.mock.directory import Directory

LASTS = timedelta(hours=8)
"""How long a sign-in is good for."""


@dataclass(frozen=True, slots=True)
class Session:
    """One browser's session. ``email`` is empty before the sign-in, ``until`` an ISO time, ``nonce`` what its forms'
    tokens follow from.
    """

    email: str
    nonce: str
    until: str


class Sessions:
    """Writes and reads what the cookies hold."""

    def __init__(self, directory: Directory) -> None:
        self._csrf_key = directory.secret("csrf")
        self._session = URLSafeSerializer(directory.secret("session"), salt="session")
        self._note = URLSafeSerializer(directory.secret("session"), salt="note")

    def new(self, email: str, now: str) -> Session:
        """A fresh session; with an empty e-mail that of a browser before the sign-in."""
        until = datetime.fromisoformat(now) + LASTS
        return Session(email, secrets.token_urlsafe(16), until.isoformat())

    def written(self, session: Session) -> str:
        """The cookie's value."""
        return str(self._session.dumps(asdict(session)))

    def read(self, value: str, now: str) -> Session | None:
        """The session in a cookie; None for one that is over or not ours."""
        try:
            session = Session(**self._session.loads(value))
            over = datetime.fromisoformat(session.until) <= datetime.fromisoformat(now)
        except (BadData, TypeError, ValueError):
            return None
        return None if over else session

    def csrf(self, session: Session) -> str:
        """The token that every form of the session carries."""
        return hmac.new(self._csrf_key, session.nonce.encode(), "sha256").hexdigest()

    def is_own_form(self, session: Session, token: str) -> bool:
        """Whether a form with this token came from a page of the session."""
        return hmac.compare_digest(self.csrf(session).encode(), token.encode())

    def note(self, text: str) -> str:
        """The cookie that carries a message over a redirect."""
        return str(self._note.dumps(text))

    def read_note(self, value: str) -> str:
        """The message in a cookie; empty for one that is not ours."""
        try:
            return str(self._note.loads(value))
        except BadData:
            return ""
