"""The settings as Markdown tables, for docs/configuration.md: generated, so that the document cannot fall behind.

``python -m connector.config.reference docs/configuration.md`` brings the document up to date.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from connector.config.attestation import AttestationSettings
from connector.config.enforcement import EnforcementSettings
from connector.config.events import EventSettings, GrcEvents, MlflowEvents
from connector.config.findings import FindingsSettings
from connector.config.gates import (
    AutomatedSettings,
    FairnessSettings,
    GateSettings,
    MetricSettings,
    PromoteSettings,
)
from connector.config.policy import (
    AliasFuse,
    FuseSettings,
    IssueFuse,
    PolicySettings,
    RemovalFuse,
    UpdateFuse,
)
from connector.config.reports import ReportSettings, ScheduledReport
from connector.config.service import (
    HealthSettings,
    LimitSettings,
    ProxySettings,
    ServerSettings,
    TlsSettings,
    TracingSettings,
)
from connector.config.settings import (
    ConnectionSettings,
    LoggingSettings,
    RegistrySettings,
    ScheduleSettings,
    ScopeSettings,
    Settings,
    StateSettings,
    WorkerSettings,
)

BEGIN, END = "<!-- settings: generated -->", "<!-- settings: end -->"

SECTIONS: tuple[tuple[str, str, type[BaseModel]], ...] = (
    ("Top level", "", Settings),
    ("A registry", "registries.NAME.", RegistrySettings),
    ("A registry's scope", "registries.NAME.scope.", ScopeSettings),
    ("A connection", "connections.NAME.", ConnectionSettings),
    ("State", "state.", StateSettings),
    ("Workers", "workers.", WorkerSettings),
    ("Schedule", "schedule.", ScheduleSettings),
    ("Policy", "policy.", PolicySettings),
    ("Fuse", "policy.fuse.", FuseSettings),
    ("Fuse limits for `retire`, `tag_removal` and `emptying`", "policy.fuse.retire.", RemovalFuse),
    ("Fuse limits for `update`", "policy.fuse.update.", UpdateFuse),
    ("Fuse limits for `promote` and `take_off`", "policy.fuse.promote.", AliasFuse),
    ("Fuse limits for `open_issue`", "policy.fuse.open_issue.", IssueFuse),
    ("Enforcement", "policy.enforcement.", EnforcementSettings),
    ("Findings to the GRC", "policy.findings_to_grc.", FindingsSettings),
    ("Gates", "policy.gates.", GateSettings),
    ("Automated gates of a tier", "policy.gates.automated.TIER.", AutomatedSettings),
    ("A bound on a metric", "policy.gates.automated.TIER.metrics[].", MetricSettings),
    ("A bound on a fairness metric", "policy.gates.automated.TIER.fairness[].", FairnessSettings),
    ("Promotion", "policy.gates.promote.", PromoteSettings),
    ("Signed approvals", "attestation.", AttestationSettings),
    ("Reports", "reports.", ReportSettings),
    ("A scheduled report", "reports.schedule[].", ScheduledReport),
    ("Events", "events.", EventSettings),
    ("Events of an MLflow", "events.mlflow.REGISTRY.", MlflowEvents),
    ("Events of a GRC", "events.grc.CONNECTION.", GrcEvents),
    ("Logging", "logging.", LoggingSettings),
    ("Health", "health.", HealthSettings),
    ("Server", "server.", ServerSettings),
    ("Certificate of the server", "server.tls.", TlsSettings),
    ("Reverse proxy of the server", "server.proxy.", ProxySettings),
    ("Limits of the server", "server.limits.", LimitSettings),
    ("Traces", "tracing.", TracingSettings),
)
_BY_REFERENCE = {
    "auth": "see Signing in",
    "one_off_auth": "see Signing in",
    "http": "see Requests",
    "attestation.key": "`{env: NAME}` or `{file: PATH}`",
    "reports.controls": "see [Controls](controls.md)",
}


def reference() -> str:
    """All tables, one per section, with key, type, default and meaning of each setting."""
    return "\n\n".join(table(title, prefix, model) for title, prefix, model in SECTIONS)


def insert(text: str) -> str:
    """A document with its generated part made anew, between :data:`BEGIN` and :data:`END`."""
    before, after = text.partition(BEGIN)[0], text.partition(END)[2]
    return f"{before}{BEGIN}\n\n{reference()}\n\n{END}{after}"


def table(title: str, prefix: str, model: type[BaseModel]) -> str:
    """One section: a heading and a table of the model's keys."""
    schema = model.model_json_schema(mode="validation")
    rows = [f"### {title}", "", "| key | type | default | meaning |", "|---|---|---|---|"]
    for name, info in model.model_fields.items():
        kind = (
            _BY_REFERENCE.get(name)
            or _BY_REFERENCE.get(f"{prefix}{name}")
            or _type(schema["properties"][name], schema.get("$defs", {}))
        )
        rows.append(f"| `{prefix}{name}` | {kind} | {_default(info)} | {_escaped(info.description or '')} |")
    return "\n".join(rows)


def _default(info: FieldInfo) -> str:
    if info.is_required():
        return "required"
    value = info.get_default(call_default_factory=True, validated_data={})
    if isinstance(value, BaseModel):
        return "its defaults"
    if value is None or value in ((), {}):
        return "none"
    text = list(value) if isinstance(value, tuple) else value
    return f"`{json.dumps(text, default=str)}`".replace('`"', "`").replace('"`', "`")


def _type(schema: dict[str, Any], definitions: dict[str, Any]) -> str:
    kinds = list(dict.fromkeys(_kinds(schema, definitions)))
    return _escaped(" or ".join(kind for kind in kinds if kind != "null"))


def _kinds(schema: dict[str, Any], definitions: dict[str, Any]) -> Iterator[str]:
    if "$ref" in schema:
        yield from _kinds(definitions[schema["$ref"].rpartition("/")[2]], definitions)
    elif "anyOf" in schema:
        for one in schema["anyOf"]:
            yield from _kinds(one, definitions)
    elif "oneOf" in schema:
        yield "section"
    elif "enum" in schema:
        yield ", ".join(map(str, schema["enum"]))
    elif "const" in schema:
        yield json.dumps(schema["const"]).strip('"')
    elif schema.get("type") == "array":
        yield f"list of {_type(schema['items'], definitions)}"
    elif schema.get("type") == "object":
        inner = next(iter(schema.get("patternProperties", {}).values()), schema.get("additionalProperties"))
        yield f"map of {_type(inner, definitions)}" if isinstance(inner, dict) else "section"
    else:
        yield {"uuid": "UUID", "path": "path"}.get(schema.get("format", ""), str(schema.get("type", "")))


def _escaped(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")


if __name__ == "__main__":
    for document in map(Path, sys.argv[1:]):
        document.write_text(insert(document.read_text(encoding="utf-8")), encoding="utf-8")
