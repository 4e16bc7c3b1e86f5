"""The events part of the configuration: who may tell that something changed, and how fast it is looked at."""

from __future__ import annotations

from typing import Annotated, Literal, Self, TypeAlias

import jmespath
from jmespath.exceptions import JMESPathError
from pydantic import AfterValidator, Field, PositiveInt, model_validator

from adapters.httpclient.secret import Secret
from connector.config.addresses import http_address
from connector.config.durations import Duration
from connector.mapping.validation import Strict
from connector.model.errors import ConfigError

SHORTEST = 24
"""Characters of a webhook's secret: a shorter one could be guessed, and its guesses tried elsewhere than here."""
_HEADER = r"^[A-Za-z0-9][A-Za-z0-9-]*$"


def _expression(value: str) -> str:
    try:
        jmespath.compile(value)
    except JMESPathError as error:
        first = str(error).splitlines()[0]
        raise ValueError(f"this is no JMESPath ({first}) Remedy: Write it as in record.sys_id.") from error
    return value


class GuessableSecret(ConfigError):
    """A secret is short enough to be guessed."""


def proving(secret: Secret) -> str:
    """What proves a delivery. Raises ConfigError where it is missing, GuessableSecret where it is shorter than
    :data:`SHORTEST`.
    """
    value = secret.resolve().get_secret_value()
    if len(value) < SHORTEST:
        what = f"The secret of a webhook is shorter than {SHORTEST} characters."
        raise GuessableSecret(what, remedy="Make one with `openssl rand -hex 24`, here and where it is sent from.")
    return value


Expression: TypeAlias = Annotated[str, Field(min_length=1), AfterValidator(_expression)]
"""A JMESPath expression."""


class MlflowEvents(Strict):
    """Webhooks of one MLflow; `mlflow-grc webhooks register` sets them up there."""

    secret: Secret = Field(description="Key that MLflow signs its deliveries with: at least 24 random characters.")
    former_secret: Secret | None = Field(
        default=None, description="The key before, still accepted while MLflow may sign with it."
    )


class GrcEvents(Strict):
    """Webhooks of one connection's GRC, each for one kind of record: `POST /events/grc/CONNECTION/KIND`."""

    secret: Secret = Field(description="What the GRC proves itself by: at least 24 random characters.")
    former_secret: Secret | None = Field(
        default=None, description="The secret before, still accepted while the GRC may send it."
    )
    proof: Literal["shared", "hmac"] = Field(
        default="shared",
        description="shared: the secret itself stands in the header; hmac: the HMAC-SHA256 of the body, keyed with it.",
    )
    header: str = Field(default="X-Webhook-Secret", pattern=_HEADER, description="Header that holds the proof.")
    prefix: str = Field(default="", description="What stands before the proof in the header, as in `sha256=`.")
    encoding: Literal["hex", "base64"] = Field(default="hex", description="How an HMAC is written.")
    timestamp_header: str | None = Field(
        default=None,
        pattern=_HEADER,
        description="Header with the Unix time of sending; the HMAC is over `TIME.BODY` then, and an old one refused.",
    )
    model: Expression | None = Field(default=None, description="Where a body about a model's record tells its id.")
    version: Expression | None = Field(default=None, description="The same of a version's record.")
    issue: Expression | None = Field(default=None, description="The same of an issue.")

    @model_validator(mode="after")
    def _tells_of_something(self) -> Self:
        if not (self.model or self.version or self.issue):
            raise ValueError("no kind of record is told of Remedy: Set model, version or issue to a JMESPath.")
        if self.timestamp_header is not None and self.proof != "hmac":
            raise ValueError("a time without a signature proves nothing Remedy: Set proof: hmac, or leave it out.")
        return self


class EventSettings(Strict):
    """What events lead to. An event says where to look, never what is true; cycles on schedule look at everything."""

    url: Annotated[str, *http_address("https://mlflow-grc.bank.example")] | None = Field(
        default=None,
        description="Address at which MLflow reaches the receiver, for `webhooks register`; it has to be https there.",
    )
    mlflow: dict[str, MlflowEvents] = Field(
        default_factory=dict, description="Registries whose webhooks are received, by name."
    )
    grc: dict[str, GrcEvents] = Field(
        default_factory=dict, description="Connections whose GRC's webhooks are received, by name."
    )
    quiet: Duration = Field(
        default=0.15, description="So long nothing more has to come of an object before it is looked at."
    )
    at_most: Duration = Field(
        default=0.5, description="An object is looked at so long after its first event, come what may."
    )
    most_objects: PositiveInt = Field(
        default=200, description="With events of more objects waiting than these, a full cycle looks at everything."
    )
    full_cycle_every: Duration = Field(
        default=60.0,
        description="Events bring full cycles forward (for what only they do), but not more often than this.",
    )
    workers: PositiveInt = Field(
        default=4, description="How many registered models of a connection are looked at at once."
    )
    replay_window: Duration = Field(
        default=300.0, description="A signed delivery older, or newer, than this is refused."
    )
    body_limit: PositiveInt = Field(default=262_144, description="Bytes of a body; a longer one is refused.")

    @model_validator(mode="after")
    def _quiet_can_be_waited_for(self) -> Self:
        if self.quiet > self.at_most:
            raise ValueError(
                f"the time quiet ({self.quiet:g} s) is longer than at_most ({self.at_most:g} s), which ends every wait "
                "Remedy: Make at_most at least as long as quiet."
            )
        return self
