"""Decides what an answer, or the lack of one, means for the caller.

Two questions settle everything: may the server have processed the request, and is it safe to send it again? A *safe*
request may be repeated freely. Any other one is repeated only where it is certain that nothing was processed;
otherwise the outcome is unknown, and the caller has to look it up.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Literal, TypeAlias
from urllib.parse import urljoin

from adapters.httpclient.errors import NotFound
from adapters.httpclient.failure import Failure
from adapters.httpclient.redaction import redact
from adapters.httpclient.response import BODILESS, Response
from adapters.httpclient.rules import ErrorRule, find_rule, server_words
from adapters.httpclient.transport import Exchange
from connector.model.errors import (
    AccessDenied,
    AuthError,
    Conflict,
    MlflowGrcError,
    OutcomeUnknown,
    Rejected,
    Retriable,
    Unreachable,
)

Expect: TypeAlias = Literal["json", "any"]
Examine: TypeAlias = Callable[[Response, bool], Exception | None]
"""Sees each whole answer, and whether its request may be sent twice: what is wrong with it, in the words of whoever
knows the server (:class:`Again` for what may be sent again), or None to leave it to the client's own judgement.
"""
CREDENTIALS_REMEDY = (
    "check the credentials of the connection: they were refused. If they are right, check how auth sends them: the "
    "header, and the word before the token."
)
VALUE_REMEDY = "correct the value, or the mapping of its field."
LOOK_UP = "nothing to do: the object is looked up before anything is sent again."


@dataclass(frozen=True, slots=True)
class Call:
    """A request with what its sender knows about it. ``listing``: a 403 concerns the account, not one object;
    ``accept``: codes whose answers are returned as they are, ``examine`` sees all others first; ``writes``: it changes
    something of the object's.
    """

    exchange: Exchange
    safe: bool
    expect: Expect = "json"
    listing: bool = False
    rules: tuple[ErrorRule, ...] = ()
    accept: tuple[int, ...] = ()
    writes: bool = False
    examine: Examine | None = None


class Again(Exception):
    """The same request may be sent again; ``error`` is what the caller gets if that is of no avail.

    ``wait`` in seconds as the server asked; ``everyone``: all threads have to hold back.
    """

    def __init__(self, error: MlflowGrcError, *, wait: float | None = None, everyone: bool = False) -> None:
        super().__init__(error.message)
        self.error, self.wait, self.everyone = error, wait, everyone


def judge(call: Call, result: Response | Failure) -> Response:
    """The response if it is one to work with; otherwise raises Again or the caller's error."""
    if isinstance(result, Failure):
        raise _failed(call, result)
    if result.status in call.accept:
        return result
    found = call.examine(result, call.safe) if call.examine else None
    if found is not None:
        raise found
    rule = find_rule(result, call.rules)
    if rule is not None:
        raise _refused(call, result, rule)
    if 300 <= result.status < 400 and result.status != 304:
        raise redirected(call, result)
    if result.has_lost_body:
        raise _lost(call, f"{result.where} was answered {result.status} with a reply that was cut off.")
    if result.status not in BODILESS and (call.expect == "json" or _is_garbled(result)):
        _must_be_json(call, result)
    return result


def may_have_made(call: Call, result: Response | Failure) -> bool:
    """Whether the answer to a POST, taken for that of a server to which nobody is signed in, may as well follow what
    the server did: a redirect or a page, where a refusal would have an error status, or say so in JSON. Sent again, it
    could make a second object.
    """
    if not isinstance(result, Response) or call.safe or call.exchange.method != "POST" or result.status >= 400:
        return False
    return result.status >= 300 or result.json_or_none() is None


def _is_garbled(response: Response) -> bool:
    """Whether the body is none of what an API sends: a page for people, or JSON without its end."""
    return response.is_html or (response.body.lstrip()[:1] in (b"{", b"[") and response.json_or_none() is None)


def redirected(call: Call, response: Response) -> MlflowGrcError:
    """The error for a redirect that is not followed."""
    target = redact(urljoin(response.url, response.headers.get("location", "")).partition("?")[0])
    what = f"{response.where} was answered {response.status}, a redirect to {target}, which is not followed"
    if not call.safe and response.status in (302, 303):
        return OutcomeUnknown(f"{what}: the write may have been done.", remedy=LOOK_UP)
    return Unreachable(
        f"{what} because it is a write." if not call.safe else f"{what}.",
        remedy="correct url or the path (scheme, host, trailing slash); a redirect to a login page means that the "
        "credentials are not accepted.",
    )


def _failed(call: Call, failure: Failure) -> Exception:
    what = f"{call.exchange.where} failed: {failure.what}."
    if failure.processed:
        return _lost(call, what, failure.remedy)
    error = Unreachable(what, remedy=failure.remedy)
    return error if failure.permanent else Again(error)


def _lost(call: Call, what: str, remedy: str = "try again later.", wait: float | None = None) -> Exception:
    if call.safe:
        return Again(Retriable(what, remedy=remedy, retry_after=wait), wait=wait)
    return OutcomeUnknown(f"{what} The write may have been done.", remedy=LOOK_UP, retry_after=wait)


def _must_be_json(call: Call, response: Response) -> None:
    try:
        response.json()
    except Unreachable as error:
        if not call.safe:
            raise _lost(call, error.message) from None
        raise (error if response.is_html else Again(error)) from None


def _refused(call: Call, response: Response, rule: ErrorRule) -> Exception:
    words, field = server_words(response, rule)
    what = f"{response.where} was answered {response.status}: {words}"
    match rule.action:
        case "refresh_token" if may_have_made(call, response):
            return _lost(call, f"{what}.")
        case "refresh_token":
            return AuthError(f"{what}{_asked_scheme(response)}", remedy=CREDENTIALS_REMEDY)
        case "not_found":
            return NotFound(what, remedy="check that it still exists and that the path is right.", field=field)
        case "conflict":
            return Conflict(what, remedy="it is read again and merged in the next run.")
        case "rate_limited":
            wait = retry_after(response)
            error = Retriable(what, remedy="lower http.rate_limit below what the server allows.", retry_after=wait)
            return Again(error, wait=wait, everyone=True)
        case "retry":
            return _lost(call, what, wait=retry_after(response))
        case "fail" if response.status == 405 and not call.safe:
            taken = f" (it takes {redact(allow)[:80]})" if (allow := response.headers.get("allow")) else ""
            return Rejected(f"{what}{taken}", remedy="correct the method or the path of the write in the mapping.")
        case "fail":
            return _final(call, f"{what}{_asked_scheme(response)}", field, permission=rule.kind == "permission")


def _asked_scheme(response: Response) -> str:
    scheme = response.headers.get("www-authenticate", "").partition(" ")[0].strip(",")
    return f" (the server asks for {redact(scheme)[:40]})" if scheme else ""


def _final(call: Call, what: str, field: str | None, *, permission: bool) -> MlflowGrcError:
    if not permission:
        return Rejected(what, remedy=VALUE_REMEDY, field=field)
    remedy = "give the connection's account the permission, or take the entity out of the mapping."
    if call.listing:
        remedy += " If the server answers so to who is not signed in, check how auth sends the credentials."
    return AuthError(what, remedy=remedy) if call.listing else AccessDenied(what, remedy=remedy, field=field)


def retry_after(response: Response) -> float | None:
    """Seconds to wait as the Retry-After header says, in seconds or as a date (by the server's own clock)."""
    value = response.headers.get("retry-after", "").strip()
    try:
        return max(float(value), 0.0) if value else None
    except ValueError:
        pass
    date, now = _http_date(value), _http_date(response.headers.get("date", ""))
    return max((date - (now or datetime.now(UTC))).total_seconds(), 0.0) if date else None


def _http_date(value: str) -> datetime | None:
    try:
        date = parsedate_to_datetime(value)
    except ValueError:
        return None
    return date if date.tzinfo else date.replace(tzinfo=UTC)
