"""Who is signed in, in a signed cookie; and the token that proves that a form came from our own page."""

from __future__ import annotations

import hmac
import secrets
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta

from itsdangerous import BadData, URLSafeSerializer

LASTS = timedelta(hours=8)
"""How long a sign-in is good for."""


@dataclass(frozen=True, slots=True)
class Session:
    """One browser's session. ``name`` is empty before the sign-in; ``proof`` follows from the token that was shown, so
    that a sign-in ends with its token. ``until`` is an ISO time, ``nonce`` what the tokens of its forms follow from.
    """

    name: str
    proof: str
    nonce: str
    until: str


class Sessions:
    """Writes and reads what the cookies hold. ``key``: the same for all replicas that share sign-ins."""

    def __init__(self, key: bytes) -> None:
        self._key = key
        self._session = URLSafeSerializer(key, salt="mlflow-grc session")
        self._note = URLSafeSerializer(key, salt="mlflow-grc note")

    def new(self, now: datetime, name: str = "", token: str = "") -> Session:
        """A fresh session; without a name that of a browser before the sign-in."""
        proof = self.proof(token) if name else ""
        return Session(name, proof, secrets.token_urlsafe(16), (now + LASTS).isoformat())

    def written(self, session: Session) -> str:
        """The cookie's value."""
        return str(self._session.dumps(asdict(session)))

    def read(self, value: str, now: datetime) -> Session | None:
        """The session in a cookie; None for one that is over or not ours."""
        try:
            session = Session(**self._session.loads(value))
            over = datetime.fromisoformat(session.until) <= now
        except (BadData, TypeError, ValueError):
            return None
        return None if over else session

    def proof(self, token: str) -> str:
        """What stands for a token in a session: it tells nothing of it."""
        return self._mac(f"token {token}")

    def csrf(self, session: Session, name: str) -> str:
        """The token that every form carries which the session shows to this person."""
        return self._mac(f"form {session.nonce} {name}")

    def is_own_form(self, session: Session, name: str, token: str) -> bool:
        """Whether a form with this token came from a page of the session."""
        return hmac.compare_digest(self.csrf(session, name).encode(), token.encode())

    def note(self, text: str) -> str:
        """The cookie that carries a message over a redirect."""
        return str(self._note.dumps(text))

    def read_note(self, value: str) -> str:
        """The message in a cookie; empty for one that is not ours."""
        try:
            return str(self._note.loads(value))
        except BadData:
            return ""

    def _mac(self, text: str) -> str:
        return hmac.new(self._key, text.encode(), "sha256").hexdigest()
