"""How the approvals of a configured connection are signed, and whose signatures are believed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta

from connector.attest import Attestations, Signer, Trusted
from connector.attest.envelope import NotAttested
from connector.attest.files import is_open_to_others, read_trusted
from connector.attest.reading import proved
from connector.config.config import Config
from connector.model.errors import ConfigError
from connector.model.grc import Problem
from connector.model.tags import Tags
from connector.state.base import StateReader


def attestations_of(config: Config) -> Callable[[], Attestations] | None:
    """What tells, each time it is asked, how approvals are signed: files are read anew, for a key may be replaced while
    the daemon runs. None where nothing is signed. It raises ConfigError.
    """
    return (lambda: _attestations(config)) if config.settings.attestation is not None else None


def attestation_problems(config: Config) -> Iterator[Problem]:
    """Yield what is wrong with the keys."""
    signed = config.settings.attestation
    if signed is None:
        return
    try:
        _attestations(config)
    except ConfigError as error:
        place = f"{config.document.file}:{config.document.line(('attestation',))}: attestation"
        what = f"{error.file}: {error.message}" if error.file else error.message
        yield Problem(place, what, error.remedy)
        return
    if signed.key.file is not None and is_open_to_others(signed.key.file):
        what = f"everybody on this machine may read the private key {signed.key.file}"
        yield Problem(
            "attestation.key", what, f"Make it the connector's alone: chmod 600 {signed.key.file}", fatal=False
        )


def _attestations(config: Config) -> Attestations:
    signed, path = config.settings.attestation, config.trusted_keys_path
    assert signed is not None
    assert path is not None
    trusted = read_trusted(path)
    signer = Signer.from_pem(signed.key.resolve().get_secret_value(), where="attestation.key")
    if signer.key_id not in trusted.keys:
        what = (
            f"The key that signs, {signer.key_id[:12]}, is not among attestation.trusted_keys: nobody would believe it."
        )
        remedy = "Let it be trusted before it signs: `mlflow-grc keys rotate` does both in their order."
        raise ConfigError(what, file=str(path), remedy=remedy)
    return Attestations(signer, trusted, timedelta(seconds=signed.fresh_for), signed.statuses)


def signed_by(config: Config, name: str, store: StateReader, keys: Trusted) -> Iterator[str]:
    """Yield the versions of a connection whose attestation, as the state remembers it, one of these keys signed."""
    tags = Tags(config.connection(name).tag_prefix)
    for bases in store.bases(name).values():
        carried = {tag: base.registry for tag, base in bases.items() if base.registry and tags.is_attestation(tag)}
        try:
            made = proved(tags, carried, keys)
        except NotAttested:
            continue
        if made is not None:
            yield f"{made.claim.bearer.model} v{made.claim.bearer.version}"
