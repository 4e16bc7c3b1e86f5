"""Where each request to the pages is received: who it is, whether the form is ours, and what goes back."""

from __future__ import annotations

import hmac
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import parse_qs, quote, unquote, urlsplit

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from connector.config.service import ServerSettings
from connector.logs import get_logger
from connector.model.errors import MlflowGrcError
from connector.server import refusals
from connector.server.addresses import OVERVIEW, SIGN_IN, is_local
from connector.server.people import Attempts, People
from connector.server.rendering import html
from connector.server.sessions import LASTS, Session, Sessions
from connector.server.visit import Answer, Handler, Moved, NotThere, Page, Site, Visit

log = get_logger(__name__)

_MOST_FIELDS = 2_000
_PORTS = {"http": 80, "https": 443}
_FORM = "application/x-www-form-urlencoded"
Form = Mapping[str, Sequence[str]]


@dataclass(frozen=True, slots=True)
class _Visitor:
    """Somebody with a session, which is ``fresh`` where the browser has none yet. ``proxied``: the proxy told the name,
    and there is nothing to sign out of.
    """

    name: str
    session: Session
    fresh: bool = False
    proxied: bool = False


class Desk:
    """One for the whole server."""

    def __init__(self, site: Site, settings: ServerSettings, people: People, sessions: Sessions) -> None:
        self.site = site
        self._settings, self._people, self._sessions = settings, people, sessions
        self._attempts = Attempts(settings.limits.sign_ins)
        self._secure = settings.tls is not None or (settings.origin or "").startswith("https://")

    async def read(self, request: Request, handler: Handler) -> Response:
        """Answer a request that only reads."""
        return await run_in_threadpool(self._read, request, handler)

    async def act(self, request: Request, handler: Handler) -> Response:
        """Answer a form of somebody who is signed in."""
        form = await _form(request)
        return await run_in_threadpool(self._act, request, form, handler)

    async def refuse(self, request: Request, page: Page) -> Response:
        """Answer with a page for what is refused before any handler sees it."""
        return await run_in_threadpool(lambda: self._page(request, self._visitor(request), page))

    async def sign_in_form(self, request: Request) -> Response:
        """The sign-in's own page."""
        return await run_in_threadpool(self._sign_in_form, request)

    async def sign_in(self, request: Request) -> Response:
        """Let somebody in whose token fits."""
        form = await _form(request)
        return await run_in_threadpool(self._sign_in, request, form)

    async def sign_out(self, request: Request) -> Response:
        """End a sign-in."""
        form = await _form(request)
        return await run_in_threadpool(self._sign_out, request, form)

    def _read(self, request: Request, handler: Handler) -> Response:
        visitor = self._visitor(request)
        if not self._is_ours(request):
            return self._page(request, visitor, refusals.another_host(request.headers.get("host", "")))
        if not visitor.name and not self._settings.open_to_read:
            if not self._people.can_sign_in:
                return self._page(request, visitor, self._at_the_proxy_or(refusals.nobody_may_read()))
            return RedirectResponse(f"{SIGN_IN}?next={_next(request)}", 303)
        return self._answered(request, visitor, handler, None)

    def _act(self, request: Request, form: Form, handler: Handler) -> Response:
        visitor = self._visitor(request)
        refusal = self._refused(request, visitor, form)
        if refusal is None and not visitor.name:
            refusal = self._not_signed_in()
        if refusal is not None:
            return self._page(request, visitor, refusal)
        return self._answered(request, visitor, handler, form)

    def _sign_in_form(self, request: Request) -> Response:
        visitor = self._visitor(request)
        if visitor.proxied:
            response = RedirectResponse(OVERVIEW, 303)
            return self._noted(response, request, f"You are signed in as {visitor.name}, by the proxy.")
        if not self._people.can_sign_in:
            return self._page(request, visitor, self._at_the_proxy_or(refusals.no_sign_in()))
        target = request.query_params.get("next", "")
        return self._page(request, visitor, _sign_in_page(target))

    def _sign_in(self, request: Request, form: Form) -> Response:
        visitor, address = self._visitor(request), _client(request)
        target = _last(form, "next")
        if (refusal := self._refused(request, visitor, form)) is not None:
            return self._page(request, visitor, refusal)
        if seconds := self._attempts.wait(address):
            log.warning("sign-in not tried: too many failed", client=address)
            return self._page(request, visitor, refusals.too_many(seconds))
        token = _last(form, "token").strip()
        name = self._people.by_token(token) if token else None
        if name is None:
            self._attempts.fail(address)
            log.warning("sign-in failed", client=address)
            return self._page(request, visitor, _sign_in_page(target, wrong=True))
        log.info("signed in", person=name, client=address)
        response = RedirectResponse(target if is_local(target) else OVERVIEW, 303)
        self._keep(response, request, self._sessions.new(self.site.clock(), name, token))
        return self._noted(response, request, f"You are signed in as {name}.")

    def _sign_out(self, request: Request, form: Form) -> Response:
        visitor = self._visitor(request)
        if (refusal := self._refused(request, visitor, form)) is not None:
            return self._page(request, visitor, refusal)
        response = RedirectResponse(OVERVIEW if self._settings.open_to_read else SIGN_IN, 303)
        self._keep(response, request, self._sessions.new(self.site.clock()))
        return self._noted(response, request, "You are signed out.")

    def _answered(self, request: Request, visitor: _Visitor, handler: Handler, form: Form | None) -> Response:
        try:
            answer: Answer = handler(Visit(self.site, visitor.name, form, self.site.clock()))
        except NotThere:
            answer = refusals.not_found()
        except Moved as moved:
            answer = refusals.moved(str(moved), request.url.path.rpartition("/")[0])
        except MlflowGrcError as error:
            log.error("page failed", path=request.url.path, error=str(error))  # noqa: TRY400 - the error tells enough
            answer = refusals.state_unavailable()
        if isinstance(answer, Page):
            return self._page(request, visitor, answer)
        return self._noted(RedirectResponse(answer.to, 303), request, answer.said)

    def _visitor(self, request: Request) -> _Visitor:
        now = self.site.clock()
        session = self._sessions.read(request.cookies.get(self._named(request, "session"), ""), now)
        if session is not None and session.name and not self._holds(session):
            session = None
        known, fresh = session or self._sessions.new(now), session is None
        proxied = self._people.by_proxy(_client(request), request.headers.getlist)
        return _Visitor(proxied or known.name, known, fresh=fresh, proxied=bool(proxied))

    def _holds(self, session: Session) -> bool:
        """Whether the token that somebody signed in with is still that person's."""
        token = self._people.token_of(session.name)
        return token is not None and hmac.compare_digest(self._sessions.proof(token), session.proof)

    def _refused(self, request: Request, visitor: _Visitor, form: Form) -> Page | None:
        """Why a form is not to be acted on, whoever sent it."""
        if not self._is_ours(request):
            return refusals.another_host(request.headers.get("host", ""))
        if not self._is_from_here(request):
            return refusals.from_elsewhere()
        if not self._sessions.is_own_form(visitor.session, visitor.name, _last(form, "csrf")):
            return refusals.not_our_form()
        return None

    def _not_signed_in(self) -> Page:
        if self._people.can_sign_in:
            return refusals.sign_in_ended()
        return self._at_the_proxy_or(refusals.no_sign_in(401), 401)

    def _at_the_proxy_or(self, otherwise: Page, status: int = 403) -> Page:
        """For somebody without a token, where nobody has one: where there is a proxy, people sign in there."""
        if self._settings.proxy is None:
            return otherwise
        return refusals.at_the_proxy(self._settings.origin or "", status)

    def _sign_in_link(self, request: Request) -> str:
        """Where a guest signs in, and comes back to this page; empty where that is not known."""
        here = _next(request) if request.method == "GET" else ""
        if self._people.can_sign_in:
            return f"{SIGN_IN}?next={here}" if here else SIGN_IN
        if self._settings.proxy is not None and self._settings.origin is not None:
            return self._settings.origin + (unquote(here) or OVERVIEW)
        return ""

    def _is_ours(self, request: Request) -> bool:
        """Whether the browser asked for this server by a name of its own. On loopback any page of the web could have
        its own name lead here; elsewhere the names are known to the network alone.
        """
        if not self._settings.on_loopback:
            return True
        host = urlsplit(f"//{request.headers.get('host', '')}").hostname
        own = urlsplit(self._settings.origin or "").hostname
        return host in {"localhost", "127.0.0.1", "::1", self._settings.host, own} - {None}

    def _is_from_here(self, request: Request) -> bool:
        """Whether a form was sent from a page of ours, as the browser tells."""
        sent = request.headers.get("origin")
        if sent is None:
            return request.headers.get("sec-fetch-site") == "same-origin"
        own = self._settings.origin or f"{request.url.scheme}://{request.headers.get('host', '')}"
        return sent.lower() == own.lower()

    def _page(self, request: Request, visitor: _Visitor, page: Page) -> Response:
        note = self._sessions.read_note(request.cookies.get(self._named(request, "note"), ""))
        frame = {
            "person": visitor.name,
            "proxied": visitor.proxied,
            "sign_in": "" if visitor.name else self._sign_in_link(request),
            "csrf": self._sessions.csrf(visitor.session, visitor.name),
            "note": note,
            "path": request.url.path,
            "readable": bool(visitor.name) or self._settings.open_to_read,
        }
        response = HTMLResponse(html(page, frame), page.status, dict(page.headers))
        if visitor.fresh:
            self._keep(response, request, visitor.session)
        if note:
            response.delete_cookie(self._named(request, "note"), path="/", httponly=True, samesite="strict")
        return response

    def _keep(self, response: Response, request: Request, session: Session) -> None:
        self._cookie(response, request, "session", self._sessions.written(session))

    def _noted(self, response: Response, request: Request, text: str) -> Response:
        self._cookie(response, request, "note", self._sessions.note(text))
        return response

    def _named(self, request: Request, name: str) -> str:
        """A cookie's name, with the port in it that browsers see: they send cookies to every port of a host."""
        origin = urlsplit(self._settings.origin or "")
        seen = origin.port or _PORTS.get(origin.scheme) or request.scope["server"][1]
        return f"mlflow-grc-{name}-{seen}"

    def _cookie(self, response: Response, request: Request, name: str, value: str) -> None:
        response.set_cookie(
            self._named(request, name),
            value,
            max_age=int(LASTS.total_seconds()),
            path="/",
            secure=self._secure,
            httponly=True,
            samesite="strict",
        )


def _client(request: Request) -> str:
    return request.client.host if request.client is not None else ""


def _last(form: Form, name: str) -> str:
    values = form.get(name, ())
    return values[-1] if values else ""


def _next(request: Request) -> str:
    return quote(request.url.path + (f"?{request.url.query}" if request.url.query else ""), safe="")


def _sign_in_page(target: str, *, wrong: bool = False) -> Page:
    errors = {"token": "This is nobody's token."} if wrong else {}
    values = {"next": target if is_local(target) else "", "errors": errors}
    return Page("sign_in.html", "Sign in", values, 403 if wrong else 200, wrong=wrong)


async def _form(request: Request) -> Form:
    """What a form sent. A body that is no form's is an empty form."""
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != _FORM:
        return {}
    try:
        return parse_qs((await request.body()).decode(), keep_blank_values=True, max_num_fields=_MOST_FIELDS)
    except ValueError:
        return {}
