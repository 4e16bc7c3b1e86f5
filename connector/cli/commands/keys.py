"""``mlflow-grc keys``: the keys that sign approvals, and the ones that are believed."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import click

from connector.attest.files import read_signer, read_trusted, write_signer, write_trusted
from connector.attest.signing import SHOWN, Signer, Trusted
from connector.cli.app import App
from connector.cli.files import whole_file
from connector.cli.options import FILE, json_option, pass_app
from connector.cli.words import counted, listed
from connector.engine.attesting import signed_by
from connector.model.errors import ConfigError, Rejected

_KEY, _TRUSTED = "attestation.key", "trusted-keys.pem"
_NEXT = ".next"
_SHOWN = 5

key_option = click.option(
    "--key", type=FILE, metavar="FILE", help=f"The private key.  [default: the configured file, or {_KEY}]"
)
trusted_option = click.option(
    "--trusted-keys",
    "trusted",
    type=FILE,
    metavar="FILE",
    help=f"The public keys that are believed.  [default: the configured file, or {_TRUSTED}]",
)


@click.group(no_args_is_help=True)
def command() -> None:
    """Make, replace and hand out the keys of signed approvals.

    A private key stays in its file, which its owner alone can read; no command shows one.
    """


@command.command()
@key_option
@trusted_option
@pass_app
def generate(app: App, *, key: Path | None, trusted: Path | None) -> None:
    """Make the first key: a private one, and the file of public ones that pipelines believe."""
    key, trusted = _files(app, key, trusted)
    if trusted.exists():
        remedy = "Replace a key with `mlflow-grc keys rotate`, or name other files."
        raise ConfigError("There are trusted keys already.", file=str(trusted), remedy=remedy)
    signer = Signer.generate()
    write_signer(key, signer)
    try:
        write_trusted(trusted, Trusted.of([signer.public]))
    except OSError:
        # A key without its public half would only be in the way of the next attempt.
        key.unlink()
        raise
    app.out.line(f"Made the key {signer.key_id[:SHOWN]} in {key}, for the connector alone.")
    app.out.line(f"Pipelines need {trusted}, which is no secret but must not be forged: hand it out as you do code.")
    app.out.line("In the configuration:")
    app.out.line(f"  attestation: {{key: {{file: {key.resolve()}}}, trusted_keys: {trusted.resolve()}}}")


@command.command()
@click.argument("step", type=click.Choice(["prepare", "activate", "finish"]))
@key_option
@trusted_option
@click.option("--force", is_flag=True, help="Finish although attestations of an older key stand, or nobody can tell.")
@pass_app
def rotate(app: App, *, step: str, key: Path | None, trusted: Path | None, force: bool) -> None:
    """Replace the key that signs, in three steps, so that no attestation is disbelieved in between.

    prepare: makes the next key and lets it be trusted; hand the trusted keys out to the pipelines then. activate: lets
    it sign, in the place of the present one, which is gone; let each connection run a cycle then. finish: trusts it
    alone, once no attestation of an older key stands; hand the trusted keys out again.
    """
    key, trusted = _files(app, key, trusted)
    if step == "prepare":
        _prepare(app, key, trusted)
    elif step == "activate":
        _activate(app, key, trusted)
    else:
        _finish(app, key, trusted, force=force)


def _prepare(app: App, key: Path, trusted: Path) -> None:
    read_signer(key)
    known = read_trusted(trusted)
    signer = _made_before(key, known)
    if signer is None:
        signer = Signer.generate()
        write_signer(_next(key), signer, in_place_of=key)
    write_trusted(trusted, known.with_(signer.public))
    app.out.line(f"Made the next key {signer.key_id[:SHOWN]} in {_next(key)}; it does not sign yet.")
    app.out.line(f"Hand {trusted} out to all pipelines, then: mlflow-grc keys rotate activate")


def _made_before(key: Path, known: Trusted) -> Signer | None:
    """The next key that was made by a preparation which did not come to its end: nobody trusts it yet. Raises
    ConfigError for one that came to it.
    """
    if not _next(key).exists():
        return None
    signer = read_signer(_next(key))
    if signer.key_id in known.keys:
        what = f"The next key, {signer.key_id[:SHOWN]}, is made and trusted already."
        raise ConfigError(what, file=str(_next(key)), remedy="Go on with `mlflow-grc keys rotate activate`.")
    return signer


def _activate(app: App, key: Path, trusted: Path) -> None:
    if not _next(key).exists():
        remedy = "Begin with `mlflow-grc keys rotate prepare`."
        raise ConfigError("There is no next key.", file=str(_next(key)), remedy=remedy)
    signer, known = read_signer(_next(key)), read_trusted(trusted)
    if signer.key_id not in known.keys:
        what = f"The key {signer.key_id[:SHOWN]} is not among the trusted ones: what it signs would be disbelieved."
        raise ConfigError(what, file=str(trusted), remedy="Begin with `mlflow-grc keys rotate prepare`.")
    _next(key).replace(key)
    app.out.line(f"The key {signer.key_id[:SHOWN]} signs from the next cycle on, and signs anew what stands.")
    app.out.line("When each connection has run a cycle: mlflow-grc keys rotate finish")


def _finish(app: App, key: Path, trusted: Path, *, force: bool) -> None:
    if _next(key).exists():
        # It is trusted already; taking that back would leave it where no step goes on from.
        remedy = "Go on with `mlflow-grc keys rotate activate`."
        raise ConfigError("The next key does not sign yet.", file=str(_next(key)), remedy=remedy)
    signer, known = read_signer(key), read_trusted(trusted)
    if signer.key_id not in known.keys:
        what = f"The key {signer.key_id[:SHOWN]} is not among the trusted ones."
        raise ConfigError(what, file=str(trusted), remedy="Name the files that belong together.")
    old = known.without(signer.key_id)
    left = [] if force else list(_still_signed(app, old))
    if left:
        what = f"An older key still signs for {counted(len(left), 'version')}: {listed(left[:_SHOWN])}"
        remedy = "Run a cycle of each connection, see why these are not signed anew, or use --force."
        raise Rejected(f"{what}{' and more' if len(left) > _SHOWN else ''}.", remedy=remedy)
    write_trusted(trusted, Trusted.of([signer.public]))
    app.out.line(f"{counted(len(old.keys), 'older key')} trusted no more. Hand {trusted} out to all pipelines.")


@command.command()
@trusted_option
@click.option("--output", type=FILE, metavar="FILE", help="File to write; standard output unless given.")
@json_option
@pass_app
def export(app: App, *, trusted: Path | None, output: Path | None, machine: bool) -> None:
    """Print the public keys that are believed: what `mlflow-grc gate --trusted-keys` reads."""
    _, trusted = _files(app, None, trusted)
    known = read_trusted(trusted)
    if machine:
        app.out.json({"keys": [{"id": name, "pem": Trusted({name: key}).pem()} for name, key in known.keys.items()]})
    elif output is None:
        app.out.stream.write(known.pem())
    else:
        with whole_file(output) as stream:
            stream.write(known.pem())
        app.out.line(f"Wrote {counted(len(known.keys), 'public key')} to {output}.")


def _files(app: App, key: Path | None, trusted: Path | None) -> tuple[Path, Path]:
    """Both files: those of the options, else of the configuration, else the usual names."""
    signed = app.config.settings.attestation if app.has_config else None
    if signed is not None:
        key = key or signed.key.file
        trusted = trusted or app.config.trusted_keys_path
    return key or Path(_KEY), trusted or Path(_TRUSTED)


def _next(key: Path) -> Path:
    return key.with_name(key.name + _NEXT)


def _still_signed(app: App, old: Trusted) -> Iterator[str]:
    """The versions whose attestation, as the state remembers it, an older key signed. Raises ConfigError where there is
    no state to tell.
    """
    if not old.keys:
        return
    if not app.has_config:
        remedy = "Name the configuration with --config, or use --force once you are certain."
        raise ConfigError("Without a configuration nobody can tell what the older keys still sign.", remedy=remedy)
    with app.store(there=True, reading=False) as store:
        for name in app.config.connection_names:
            yield from signed_by(app.config, name, store, old)
