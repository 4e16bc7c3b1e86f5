"""What the REST API answers with."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, TypeAlias

from starlette.responses import HTMLResponse, JSONResponse, Response

Json: TypeAlias = Any
_ELSEWHERE = "<html><head><script>window.top.location='/Default.aspx'</script></head><body></body></html>"


def message(key: str, *, reason: str = "", description: str = "", resourced: str | None = None) -> dict[str, Json]:
    """A validation message, as an answer lists them."""
    return {
        "Reason": reason or f"{key}Reason",
        "Severity": 3,
        "MessageKey": key,
        "Description": description,
        "Location": -1,
        "ErroredValue": None,
        "Validator": "ArcherApi.Controllers, ArcherApi, Version=6.14.0.1, Culture=neutral, PublicKeyToken=null",
        "XmlData": None,
        "ResourcedMessage": resourced,
    }


NOT_FOUND = message(
    "WebApi:WebApiResourceNotFoundQuery",
    description="The resource cannot be found.",
    resourced="No resource found.",
)
LOGIN_NOT_VALID = message("ValidationMessageTemplates:LoginNotValid")


def required(name: str) -> dict[str, Json]:
    """The message for a required field that is empty."""
    return message("ValidationMessageTemplates:RequiredField", resourced=f"The {name} field is a required field.")


def too_long(name: str, limit: int) -> dict[str, Json]:
    """The message for a text that does not fit; its wording is assumed."""
    text = f"The {name} field has a maximum length of {limit} characters."
    return message("ValidationMessageTemplates:MaxLength", resourced=text)


def single(found: Json) -> Response:
    """One object."""
    return JSONResponse(_envelope(found))


def collection(found: Iterable[Json]) -> Response:
    """A bare array of envelopes; of nothing, one that failed."""
    listed = [_envelope(one) for one in found]
    return JSONResponse(listed or [_envelope({}, [NOT_FOUND])])


def failed(messages: Sequence[Json], status: int = 200) -> Response:
    """One object that there is not, or a write that was refused."""
    return JSONResponse(_envelope(None, messages), status)


def framework(status: int, text: str) -> Response:
    """An error of what is below the API: no envelope."""
    return JSONResponse({"Message": text}, status)


def denied() -> Response:
    """No session, or one that is over."""
    return framework(401, "Authorization has been denied for this request.")


def elsewhere() -> Response:
    """What any address answers that is none of the API's."""
    return HTMLResponse(_ELSEWHERE)


def _envelope(found: Json, messages: Sequence[Json] = ()) -> dict[str, Json]:
    return {
        "Links": [],
        "RequestedObject": found,
        "IsSuccessful": not messages,
        "ValidationMessages": list(messages),
    }
