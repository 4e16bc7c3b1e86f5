"""Every request to Archer: the address found, the session shown, and taken back where the server ended it."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from xml.etree.ElementTree import Element

from adapters.archer import soap
from adapters.archer.envelope import Refusal, at, opened, opened_all
from adapters.archer.options import Options
from adapters.archer.session import Account, LoginRefused, Personal, Session, Ticket
from adapters.archer.site import Site
from adapters.base import AdapterSettings
from adapters.httpclient import AuthSettings, HttpClient, HttpSettings, Response, redact, register
from adapters.httpclient.secret import plain
from adapters.httpclient.settings import BasicAuth, BearerAuth
from connector.model.errors import AuthError, ConfigError, MlflowGrcError, OutcomeUnknown, Retriable, Unreachable
from connector.model.grc import Json

LOOK_UP = "nothing to do: the object is looked up before anything is sent again."
_OVERRIDE = {"X-Http-Method-Override": "GET"}
_TOLD = (400, 401, 403, 404)
"""Codes that Archer's REST uses beside 200; what they mean stands in the answer."""


class SearchFailed(Retriable):
    """The server failed on a page of a search: it may be too large."""


class Wire:
    """One Archer instance as one account sees it; all methods may be called from several threads.

    They raise AuthError, Unreachable and Retriable, writes OutcomeUnknown where the answer was lost.
    """

    def __init__(self, settings: AdapterSettings, options: Options, auth: AuthSettings, http: HttpSettings) -> None:
        self._options, self._auth = options, auth
        self.one_off = settings.one_off
        self._client = HttpClient(
            settings.url, http=http, stop=settings.stop, before_write=settings.before_write, traffic=settings.traffic
        )
        self.site = Site(self._client, options.prefix)
        self.session: Session | Personal = self._make_session()
        self._closing = threading.Lock()

    @property
    def requests_sent(self) -> int:
        """HTTP requests sent so far, retries and logins included."""
        return self._client.requests_sent

    @property
    def username(self) -> str | None:
        """Who logs in; None with a token, which does not tell."""
        return plain(self._auth.username) if isinstance(self._auth, BasicAuth) else None

    def one(self, path: str) -> Json | Refusal:
        """Read one object below the REST prefix."""
        return opened(self._get(f"{self.site.prefix()}/{path}"))

    def all(self, path: str) -> Sequence[Json] | Refusal:
        """Read a collection."""
        return opened_all(self._get(f"{self.site.prefix()}/{path}"))

    def write(self, method: str, path: str, body: Json) -> Json | Refusal:
        """Send a change once."""
        return self._send(method, f"{self.site.prefix()}/{path}", body)

    def workflow(self, method: str, path: str, body: Json = None) -> Json | Refusal:
        """A request about workflows, which stay below ``api`` whatever the prefix of the rest is."""
        address = f"{self.site.root()}/api/core/system/{path}"
        if method == "GET":
            return opened(self._get(address))
        return self._send(method, address, body)

    def search(self, search: soap.Search, page: int) -> Element:
        """One page of a search, from 1: the tree of its ``Records``. Raises SearchFailed."""
        address = f"{self.site.root()}/ws/search.asmx"

        def send(ticket: Ticket) -> Response:
            return self._client.request(
                "POST",
                address,
                content=soap.envelope(ticket.token, search, page),
                headers={"Content-Type": soap.CONTENT_TYPE, "SOAPAction": f'"{soap.ACTION}"', "Accept": "text/xml"},
                safe=True,
                expect="any",
                listing=True,
                accept=(400, 401, 403, 500),
            )

        return _records(self._in_session(send, _soap_lost_session))

    def close(self) -> None:
        """Log out, and let go of all connections. Nothing is raised: a session ends by itself."""
        with self._closing:
            ticket = self.session.surrender()
            if ticket is not None:
                self._log_out(ticket)
            self._client.close()

    def _log_out(self, ticket: Ticket) -> None:
        path = f"{self.site.prefix()}/core/security/logout"
        try:
            self._client.request(
                "POST",
                path,
                json={"Value": ticket.token},
                headers=ticket.headers,
                safe=True,
                expect="any",
                accept=_TOLD,
            )
        except MlflowGrcError:
            return

    def _make_session(self) -> Session | Personal:
        auth = self._auth
        match auth:
            case BasicAuth():
                return Session(
                    lambda: Account(plain(auth.username), plain(auth.password)), self._login, self._options.session
                )
            case BearerAuth():
                return Personal(lambda: plain(auth.token))
        raise ConfigError(
            f"Archer takes no auth of type {auth.type}.",
            key="auth",
            remedy="give {type: basic, username: .., password: {env: ..}} for an account, which is sent to Archer's "
            "login, or {type: bearer, token: {env: ..}} for a personal access token.",
        )

    def _login(self, account: Account) -> str:
        body = {
            "InstanceName": self._options.instance,
            "Username": account.username,
            "UserDomain": self._options.domain,
            "Password": account.password,
        }
        path = f"{self.site.prefix()}/core/security/login"
        try:
            # Not safe to repeat: each try with a wrong password counts towards locking the account.
            response = self._client.request("POST", path, json=body, safe=False, writes=False, accept=_TOLD)
        except OutcomeUnknown as error:
            raise Unreachable(
                f"The login was not answered: {error.message.removesuffix(' The write may have been done.')}",
                remedy="try again later; if it stays, see that url is the address of Archer itself, and that no "
                "sign-on page, proxy or maintenance notice stands before it.",
            ) from None
        answer = Refusal((response.describe_body(),)) if response.json_or_none() is None else opened(response)
        token = None if isinstance(answer, Refusal) else at(answer, "SessionToken")
        if isinstance(token, str) and token and token.isascii() and token.isprintable():
            register(token, passing=True)
            return token
        why = answer.text if isinstance(answer, Refusal) else "it was answered without a token"
        shown = redact(account.username)
        who = shown if shown == account.username else "the account that auth.username names"
        raise LoginRefused(
            f"The login of {who} at instance {self._options.instance} was refused: {why}.",
            remedy="check user name, password, instance and domain, and that the account is active and not locked. "
            "It was sent once and is not repeated, so as not to lock the account.",
        )

    def _get(self, address: str) -> Response:
        if self._options.reads == "override":
            return self._rest("POST", address, override=True)
        return self._rest("GET", address)

    def _send(self, method: str, address: str, body: Json) -> Json | Refusal:
        response = self._rest(method, address, body, safe=False)
        try:
            return opened(response)
        except Unreachable as error:
            raise OutcomeUnknown(f"{error.message} The write may have been done.", remedy=LOOK_UP) from None

    def _rest(
        self, method: str, address: str, body: Json = None, *, safe: bool = True, override: bool = False
    ) -> Response:
        kind = {"Content-Type": "application/json"} if body is not None or override else {}
        shown = {**kind, **(_OVERRIDE if override else {})}

        def send(ticket: Ticket) -> Response:
            headers = {**ticket.headers, **shown}
            return self._client.request(method, address, json=body, headers=headers, safe=safe, accept=_TOLD)

        return self._in_session(send, lambda response: response.status == 401 or _rest_lost_session(response))

    def _in_session(self, send: Callable[[Ticket], Response], is_lost: Callable[[Response], bool]) -> Response:
        """Send with the session; where the server has ended it nothing was processed, and it is sent once more."""
        ticket = self.session.current()
        response = send(ticket)
        if is_lost(response):
            response = send(self.session.renew(ticket))
            if is_lost(response):
                raise self.session.lost_again()
        self.session.used()
        return response


def _rest_lost_session(response: Response) -> bool:
    """A refusal in words that speak of the session; the contents of a record are no refusal."""
    if not soap.tells_lost_session(response.text):
        return False
    data = response.json_or_none()
    return at(data, "IsSuccessful") is False or (response.status >= 400)


def _soap_lost_session(response: Response) -> bool:
    """The fault of a lost session, seen with 500 and with 200; the contents of records are no fault."""
    if response.status == 401:
        return True
    if not soap.tells_lost_session(response.text):
        return False
    try:
        root = soap.parsed(response.text)
    except soap.NotXml:
        return True
    if soap.fault_of(root) is not None:
        return True
    result = soap.first(root, "ExecuteSearchResult")
    return result is None or not (result.text or "").lstrip().startswith("<")


def _records(response: Response) -> Element:
    where = f"{response.where} (ExecuteSearch)"
    if response.status == 403:
        raise AuthError(
            f"{where} was refused: {redact(response.describe_body())}.",
            remedy="let the account use the Web Services API and search these applications.",
        )
    try:
        root = soap.parsed(response.text)
    except soap.NotXml as error:
        raise SearchFailed(
            f"{where} was answered {response.status} with {error}: {response.describe_body()}.",
            remedy="try again later.",
        ) from None
    fault = soap.fault_of(root)
    if fault is not None or response.status >= 400:
        why = redact(fault or response.describe_body())[:300].rstrip(".")
        raise SearchFailed(f"{where} failed with {response.status}: {why}.", remedy="lower search.page_size.")
    result = soap.first(root, "ExecuteSearchResult")
    try:
        records = soap.parsed(result.text or "") if result is not None else None
    except soap.NotXml as error:
        raise SearchFailed(f"{where} holds {error} as its result.", remedy="try again later.") from None
    if records is None or soap.local(records) != "Records":
        raise Unreachable(
            f"{where} was answered with something that is no result of a search.",
            remedy="check that url is the address of Archer itself.",
        )
    return records
