"""What an answer of an instance means. A success is 2xx, not 202, JSON that parses, and no ``error`` in it."""

from __future__ import annotations

import re
from typing import NamedTuple

from adapters.httpclient import Again, NotFound, Response, redact, retry_after
from connector.model.errors import (
    AccessDenied,
    Conflict,
    MlflowGrcError,
    OutcomeUnknown,
    Rejected,
    Retriable,
    Unreachable,
)

LOOK_UP = "nothing to do: the record is looked up before anything is sent again."
_LENGTH = 300
_QUOTA = ("maximum execution time", "transaction cancelled", "transaction canceled")
_RULE = re.compile(r"aborted by Business Rule '(?P<name>[^'^]*)", re.IGNORECASE)
_MANDATORY = re.compile(r"fields? (?:are|is) mandatory:\s*(?P<labels>.+)", re.IGNORECASE | re.DOTALL)


class OutOfTime(Retriable):
    """The instance gave up on a request that took too long, or its answer was cut: ask for less at a time."""


class Collision(Rejected):
    """A unique column, or the sys_id itself, is taken by another record."""


class NoTable(Rejected):
    """The instance has no such table."""


class ClosedTable(AccessDenied):
    """The account may not use the table at all."""


class Words(NamedTuple):
    """The two texts of an error."""

    message: str
    detail: str

    @property
    def shown(self) -> str:
        """Both, as people are told them: the internal ids that follow names are left out."""
        both = f"{self.message}: {self.detail}" if self.detail and self.detail != self.message else self.message
        return redact(re.sub(r"\^[0-9a-f]{32}", "", both))[:_LENGTH]

    def has(self, *parts: str) -> bool:
        """Whether one of these is among the words, in any case."""
        text = f"{self.message} {self.detail}".casefold()
        return any(part.casefold() in text for part in parts)


def examine(response: Response, safe: bool) -> Exception | None:  # noqa: FBT001 - the client's protocol
    """What is wrong with an answer; None where it is a success, or something that every server may say. ``safe``:
    its request may be sent twice.
    """
    if response.status in (301, 302, 303, 307, 308, 401):
        return None
    words = words_of(response)
    if words is not None and words.has(*_QUOTA):
        return _out_of_time(response, words.shown, safe)
    if response.status == 429:
        return _too_many(response)
    if response.status >= 500:
        return None
    if response.status >= 400:
        return refused(response, words or Words(response.describe_body(), ""))
    return _success_or(response, words, safe)


def words_of(response: Response) -> Words | None:
    """The words of the ``error`` in an answer; None where it holds none."""
    data = response.json_or_none()
    error = data.get("error") if isinstance(data, dict) else None
    if not error:
        return None
    if not isinstance(error, dict):
        return Words(str(error), str(data.get("error_description") or ""))
    return Words(str(error.get("message") or "no message"), str(error.get("detail") or ""))


def _success_or(response: Response, words: Words | None, safe: bool) -> Exception | None:  # noqa: FBT001
    if response.status == 202:
        what = f"{response.where} was answered 202: the instance queued it and threw it away."
        remedy = "see that no proxy adds a session cookie to the connector's requests, and lower http.max_concurrency."
        return Again(Retriable(what, remedy=remedy)) if safe else OutcomeUnknown(what, remedy=LOOK_UP)
    if words is not None:
        what = f"{response.where} was answered {response.status} with an error: {words.shown}"
        if safe:
            return Again(Retriable(what, remedy="try again later; if it stays, see the instance's system log."))
        return OutcomeUnknown(f"{what}. The write may have been done.", remedy=LOOK_UP)
    if response.status == 204:
        return None
    if response.is_html:
        what = f"{response.where} was answered {response.status} with {response.describe_body()}."
        remedy = (
            "wake the instance if it hibernates, wait where it is under maintenance, and see that url is the instance "
            "itself, not its sign-on page."
        )
        return Unreachable(what, remedy=remedy) if safe else OutcomeUnknown(what, remedy=LOOK_UP)
    if response.body and response.json_or_none() is None and response.body.lstrip()[:1] in (b"{", b"["):
        return _out_of_time(response, f"the answer is {response.describe_body()}", safe)
    return None


def _out_of_time(response: Response, what: str, safe: bool) -> MlflowGrcError:  # noqa: FBT001
    what = f"{response.where} was answered {response.status}: {what}"
    if safe:
        return OutOfTime(what, remedy="lower page_size in the mapping's servicenow section; less is asked for now.")
    return OutcomeUnknown(f"{what}. The write may have been done.", remedy=LOOK_UP)


def _too_many(response: Response) -> Again:
    rule = response.headers.get("x-ratelimit-rule", "")
    wait = retry_after(response)
    if wait is None and not rule:
        what = f"{response.where} was answered 429: all of the instance's API semaphores were taken."
        remedy = "lower http.max_concurrency of the connection, or have the semaphore set for REST enlarged."
    else:
        named = f" by its rate limit rule {redact(rule)[:80]!r}" if rule else " by a rate limit rule"
        what = f"{response.where} was answered 429{named}."
        remedy = "lower http.rate_limit of the connection below the rule, or have the rule raised for its account."
    return Again(Retriable(what, remedy=remedy, retry_after=wait), wait=wait, everyone=True)


def refused(response: Response, words: Words) -> MlflowGrcError:
    """The error for an answer of the 4xx class."""
    what = f"{response.where} was answered {response.status}: {words.shown}"
    match response.status:
        case 403:
            return _forbidden(what, words)
        case 404 | 410:
            remedy = "nothing to do where it was deleted; else let the account's roles read it."
            return NotFound(what, remedy=remedy)
        case 409 | 412:
            return Conflict(what, remedy="it is read again and merged in the next run.")
        case 408:
            return OutcomeUnknown(what, remedy=LOOK_UP)
        case 414:
            return Rejected(what, remedy="the question was too long: take names out of the filter of the table.")
        case 400 if words.has("invalid table"):
            remedy = (
                "correct the table's name in the mapping's servicenow section, or install the plugin that brings it."
            )
            return NoTable(what, remedy=remedy)
        case _:
            return Rejected(what, remedy="correct the value, or the mapping of its field.")


def _forbidden(what: str, words: Words) -> MlflowGrcError:
    """The eight things that a 403 says."""
    rule = _RULE.search(words.detail) or _RULE.search(words.message)
    mandatory = _MANDATORY.search(words.message) or _MANDATORY.search(words.detail)
    if rule:
        remedy = f"the business rule {rule['name']!r} of the instance forbids it: see its condition and its message."
        return Rejected(what, remedy=remedy)
    if words.has("data policy") or mandatory:
        labels = " ".join(mandatory["labels"].split())[:100] if mandatory else "what it names"
        remedy = f"map {labels} (the label that people see), or relax the data policy for the connector's account."
        return Rejected(what, remedy=remedy)
    if words.has("error during insert", "error during update", "unique key violation", "duplicate entry"):
        return Collision(what, remedy="a unique column holds the value in another record: find it and clear one.")
    if words.has("api level acl"):
        remedy = 'tick "Allow access to this table via web services", and give the account a role that reads the table.'
        return ClosedTable(what, remedy=remedy)
    if words.has("do not have permission to be read", "insufficient rights to query"):
        remedy = (
            "let the account read sys_id, sys_updated_on and the key's column of the table, and query their ranges "
            "(the query_range ACL); `mlflow-grc check` says which. Without ranges set `paging: offset`."
        )
        return ClosedTable(what, remedy=remedy)
    if words.has("acl exception", "security constraints"):
        remedy = "give the account's role the create and write ACLs of the table and of the fields that are mapped."
        return AccessDenied(what, remedy=remedy)
    remedy = "give the connector's account the role for it, or take the table out of the mapping."
    return AccessDenied(what, remedy=remedy)
