"""Secrets by reference: a configuration file names where a secret is, never the secret itself."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Self

from pydantic import BaseModel, ConfigDict, SecretStr, model_validator

from adapters.httpclient.redaction import MASK, register
from connector.model.errors import ConfigError
from connector.model.grc import Json


class _Hidden:
    """Stands for a literal secret."""

    def __repr__(self) -> str:
        return MASK


class Secret(BaseModel):
    """Where a secret is: ``{env: NAME}``, an environment variable, or ``{file: PATH}``, a file that holds nothing else.

    A literal is refused. The value is read when it is needed, so that a mounted file may be renewed while we run.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    env: str | None = None
    file: Path | None = None

    @model_validator(mode="before")
    @classmethod
    def _refuse_literal(cls, value: Json) -> Json:
        if isinstance(value, _Hidden):
            raise ValueError(  # noqa: TRY004 - the only kind that pydantic reports with its place
                "a secret is never written into a configuration file "
                "Remedy: Name an environment variable, {env: NAME}, or a file, {file: PATH}."
            )
        return value

    @model_validator(mode="before")
    @classmethod
    def _hide_literal(cls, value: Json) -> Json:
        """Runs first. Pydantic's errors show their input, so what they get to see is a stand-in."""
        if isinstance(value, str | int | float):
            register(str(value))
            return _Hidden()
        return value

    @model_validator(mode="after")
    def _exactly_one(self) -> Self:
        if bool(self.env) == bool(self.file):
            raise ValueError("this names no place, or two Remedy: Write either {env: NAME} or {file: PATH}.")
        return self

    def resolve(self) -> SecretStr:
        """Read the secret and have it redacted from now on. Raises ConfigError naming the variable or file."""
        text = self._from_env(self.env) if self.env else self._from_file(self.file or Path())
        register(text, place=str(self.file or ""))
        return SecretStr(text)

    @staticmethod
    def _from_env(name: str) -> str:
        text = os.environ.get(name, "")
        if not text:
            raise ConfigError(
                f"The environment variable {name}, which should hold a secret, is not set or empty.",
                remedy=f"set {name} in the environment of mlflow-grc.",
            )
        return text

    @staticmethod
    def _from_file(path: Path) -> str:
        remedy = f"write the secret, and nothing else, into {path}, readable by the account that runs mlflow-grc."
        try:
            text = path.read_text(encoding="utf-8").strip()
        except OSError as error:
            raise ConfigError(f"The secret file {path} cannot be read: {error.strerror}.", remedy=remedy) from None
        except UnicodeDecodeError:
            raise ConfigError(f"The secret file {path} is not UTF-8 text.", remedy=remedy) from None
        if not text:
            raise ConfigError(f"The secret file {path} is empty.", remedy=remedy)
        return text


def plain(value: str | Secret) -> str:
    """The text of a value that may be given as it is or by reference (a user name, a proxy)."""
    return value.resolve().get_secret_value() if isinstance(value, Secret) else value
