"""What an admin declares about authentication and HTTP behaviour. Unknown keys are refused, values never echoed."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal, Self, TypeAlias
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, PositiveFloat, PositiveInt, field_validator, model_validator

from adapters.httpclient.secret import Secret


class Strict(BaseModel):
    """A frozen model that refuses unknown keys and does not repeat what it was given in its errors."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True, use_attribute_docstrings=True)


class NoAuth(Strict):
    """No credentials."""

    type: Literal["none"] = "none"


class BasicAuth(Strict):
    """HTTP Basic: a user name and a password."""

    type: Literal["basic"]
    username: str | Secret
    password: Secret


class BearerAuth(Strict):
    """``Authorization: Bearer TOKEN`` with a token that somebody issued by hand."""

    type: Literal["bearer"]
    token: Secret


class ApiKeyAuth(Strict):
    """A key in a header of its own; ``template`` is the header's value, ``{key}`` in it the key, and ``{token}`` the
    second secret of servers that hand out pairs: ``Bearer {key}.{token}``.
    """

    type: Literal["api_key"]
    header: str = "X-API-Key"
    template: str = "{key}"
    key: Secret
    token: Secret | None = None

    @field_validator("template")
    @classmethod
    def _has_key(cls, value: str) -> str:
        return _must_contain(value, "{key}")

    @model_validator(mode="after")
    def _token_where_it_stands(self) -> Self:
        if ("{token}" in self.template) != (self.token is not None):
            raise ValueError("token and {token} in the template go together: give both or neither")
        return self


class OAuth2ClientCredentials(Strict):
    """OAuth2 client credentials: one token for all threads, renewed before it expires.

    ``send`` says how the client proves itself at ``token_url`` (absolute, or a path of the connection's URL): in the
    form's fields, by HTTP Basic beside the form, or by HTTP Basic alone, without any form (``header``).
    ``extra`` are further form fields, e.g. ``audience``. ``default_lifetime_seconds`` holds where the answer has no
    ``expires_in``.
    """

    type: Literal["oauth2_client_credentials"]
    token_url: str
    client_id: str | Secret
    client_secret: Secret
    scope: str | None = None
    send: Literal["body", "basic", "header"] = "body"
    extra: dict[str, str] = Field(default_factory=dict)
    renew_before_seconds: float = Field(default=60, ge=0)
    default_lifetime_seconds: PositiveFloat = 1800

    @model_validator(mode="after")
    def _form_where_it_is_sent(self) -> Self:
        if self.send == "header" and (self.scope or self.extra):
            raise ValueError("send: header sends no form, so scope and extra have no effect; leave them out")
        return self


class SessionAuth(Strict):
    """A login request whose answer holds a token, at the JMESPath ``token``, or sets ``cookies``, for the requests that
    follow. The names in ``body`` are dotted paths: ``credentials.user``.

    The token goes into ``header`` by ``template`` (``{token}``), or into the cookie named ``cookie``. ``cookies`` names
    those that the answer has to set, be it a redirect: they alone are sent back, and ``cookie_headers`` repeats some
    in headers, such as the one against forged requests (``X-Csrf-Token: Csrf-Token``). All of it is renewed after
    ``lifetime_seconds``, or as the answer's number of seconds at the JMESPath ``expires_in`` says, and whenever the
    server calls it expired.
    """

    type: Literal["session"]
    login_path: str
    method: Literal["POST", "PUT", "GET"] = "POST"
    encoding: Literal["json", "form"] = "json"
    body: dict[str, str | Secret] = Field(default_factory=dict)
    token: str | None = None
    header: str = "Authorization"
    template: str = "Bearer {token}"
    cookie: str | None = None
    cookies: tuple[str, ...] = ()
    cookie_headers: dict[str, str] = Field(default_factory=dict)
    expires_in: str | None = None
    lifetime_seconds: PositiveFloat | None = None
    renew_before_seconds: float = Field(default=30, ge=0)

    @field_validator("template")
    @classmethod
    def _has_token(cls, value: str) -> str:
        return _must_contain(value, "{token}")

    @model_validator(mode="after")
    def _token_or_cookies(self) -> Self:
        if (self.token is None) == (not self.cookies):
            raise ValueError("say where the answer has the token, as token, or which cookies it sets, as cookies")
        if self.cookies and self.method == "GET":
            raise ValueError("a login by GET whose answer sets cookies is not supported; give method: POST")
        unset = sorted(set(self.cookie_headers.values()) - set(self.cookies))
        if unset:
            raise ValueError(f"cookie_headers repeats {', '.join(unset)}, which is not among cookies")
        return self


AuthSettings: TypeAlias = Annotated[
    NoAuth | BasicAuth | BearerAuth | ApiKeyAuth | OAuth2ClientCredentials | SessionAuth, Field(discriminator="type")
]
"""How requests prove who sends them; ``type`` tells the kinds apart."""


class RateLimit(Strict):
    """At most ``requests`` in any ``per_seconds``."""

    requests: PositiveInt
    per_seconds: PositiveFloat = 1


class Retry(Strict):
    """How often, and how patiently, a request is repeated. ``max_wait_seconds`` caps every single wait, a server's
    Retry-After included: zero switches all waiting off, which is what tests do.
    """

    max_attempts: PositiveInt = 5
    wait_seconds: float = Field(default=0.5, ge=0)
    max_wait_seconds: float = Field(default=60, ge=0)


class HttpSettings(Strict):
    """How requests are sent.

    ``timeout_seconds`` holds for connecting and for each wait for an answer. ``ca_bundle`` is a PEM file with the
    authorities to trust; without it REQUESTS_CA_BUNDLE, then the usual authorities. ``proxies`` (by scheme) replaces
    HTTP_PROXY, HTTPS_PROXY and NO_PROXY of the environment. ``headers`` go with every request.
    """

    timeout_seconds: PositiveFloat = 30
    ca_bundle: Path | None = None
    client_cert: Path | None = None
    client_key: Path | None = None
    proxies: dict[Literal["http", "https"], str | Secret] | None = None
    verify: bool = True
    rate_limit: RateLimit | None = None
    max_concurrency: PositiveInt = 8
    retry: Retry = Field(default_factory=Retry)
    headers: dict[str, str] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if self.client_key and not self.client_cert:
            raise ValueError("client_key needs client_cert beside it")
        if self.ca_bundle and not self.verify:
            raise ValueError("ca_bundle has no effect with verify: false; leave one of them out")
        for proxy in (self.proxies or {}).values():
            if isinstance(proxy, str) and urlsplit(proxy).password:
                raise ValueError("a proxy URL with a password is a secret: give it as {env: NAME} or {file: PATH}")
        return self


def _must_contain(template: str, placeholder: str) -> str:
    if placeholder not in template:
        raise ValueError(f"the template must contain {placeholder}, which stands for the secret: 'Token {placeholder}'")
    return template
