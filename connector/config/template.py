"""The configuration that ``mlflow-grc init`` writes: short, commented, and valid as it stands."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from uuid import UUID, uuid4

_TEMPLATE = """\
# Configuration of mlflow-grc. Every setting: docs/configuration.md.
# Check it with `mlflow-grc check`, then look at `mlflow-grc plan` before the first `mlflow-grc sync`.

# Names this installation in GRC records. Never change it.
instance: {instance}

registries:
  {registry}:
    uri: {registry_uri}
    # Names this registry in correlation keys, whatever its address. Never change it.
    id: {registry_id}
    # How to sign in to MLflow. Secrets stand in the environment or in a file, never here.
    # auth: {{type: basic, username: {{env: MLFLOW_USER}}, password: {{env: MLFLOW_PASSWORD}}}}
    auth: {registry_auth}
    # Where MLflow runs with workspaces: some by name, or "*" for all. Models are called workspace/name then.
    # workspaces: [risk, retail]
    scope:
      include: ["*"]
      # exclude: ["scratch-*"]
      # tags: {{governed: "true"}}
    production_aliases: [production, champion]

connections:
  {connection}:
    registry: {registry}
    adapter: {adapter}
    url: {url}
    # Others: none, basic, api_key, oauth2_client_credentials, session.
    auth: {auth}
{more}    # A mapping that ships, or the path of your own: `mlflow-grc init --mapping-out FILE` copies one.
    mapping: {mapping}
    # http: {{timeout_seconds: 30, rate_limit: {{requests: 10, per_seconds: 1}}}}
    # owners: {{compliance_review: mlflow}}

state:
  path: {state}

schedule:
  interval: 5m
  jitter: 10s

policy:
  drift: undo          # or report: an edit on the side that does not own the field
  grc_only: report     # or placeholder: a model that only the GRC knows
  retire: true         # a model deleted in MLflow retires its record; nothing is ever deleted
  # fuse: {{retire: {{percent: 10, floor: 5}}}}
  # findings_to_grc: {{severity: critical}}    # findings open issues in the GRC: docs/controls.md#findings-to-the-grc

# reports: {{profile: sr-26-2, waivers: waivers.yaml}}    # which controls run: docs/controls.md

# attestation: {{key: {{file: attestation.key}}, trusted_keys: trusted-keys.pem}}    # signed approvals: docs/gate.md
# server: {{listen: 127.0.0.1:8080}}    # probes, metrics and a status page of the daemon: docs/monitoring.md

logging:
  format: text
  level: info
"""


def render(
    adapter: str = "http",
    registry_uri: str = "http://127.0.0.1:5000",
    *,
    url: str = "https://grc.example.com",
    mapping: str = "mock",
    registry: str = "main",
    connection: str = "grc",
    auth: Mapping[str, object] | None = None,
    one_off_auth: Mapping[str, object] | None = None,
    variables: Mapping[str, str] | None = None,
    registry_auth: dict[str, object] | None = None,
    state: str = "mlflow-grc.db",
    instance: UUID | None = None,
    registry_id: UUID | None = None,
) -> str:
    """The text of a ``mlflow-grc.yaml`` with ids of its own.

    ``auth``, ``one_off_auth`` and ``variables`` are the connection's; without the first the GRC asks for none.
    """
    more = {"one_off_auth": one_off_auth, "variables": variables}
    return _TEMPLATE.format(
        instance=instance or uuid4(),
        registry=registry,
        registry_uri=_quoted(registry_uri),
        registry_id=registry_id or uuid4(),
        registry_auth=_quoted(registry_auth or {"type": "none"}),
        connection=connection,
        adapter=_quoted(adapter),
        url=_quoted(url),
        auth=_quoted(dict(auth or {"type": "none"})),
        more="".join(f"    {name}: {_quoted(dict(value))}\n" for name, value in more.items() if value),
        mapping=_quoted(mapping),
        state=_quoted(state),
    )


_WORD = re.compile(r"[A-Za-z][A-Za-z0-9_./-]*")
_NOT_PLAIN = frozenset({"true", "false", "yes", "no", "on", "off", "null", "y", "n"})
"""Words that YAML takes for something else."""


def _quoted(value: object) -> str:
    """A value in YAML's flow form, in quotes where it needs them."""
    if isinstance(value, list):
        return "[" + ", ".join(map(_quoted, value)) + "]"
    if isinstance(value, dict):
        return "{" + ", ".join(f"{_quoted(key)}: {_quoted(inner)}" for key, inner in value.items()) + "}"
    if isinstance(value, str) and _WORD.fullmatch(value) and value.lower() not in _NOT_PLAIN:
        return value
    return json.dumps(value, ensure_ascii=False)
