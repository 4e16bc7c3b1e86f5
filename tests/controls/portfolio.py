"""A generated portfolio: models in order, and faults put into it of which each control must find exactly its own."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from random import Random

from adapters.http import Options
from connector.controls import Inventory, Rules
from connector.controls.facts import Approved, Edit, Pause, Running
from connector.mapping.connection import ConnectionMapping
from connector.mapping.keys import Keys
from connector.mapping.load import load_mapping
from connector.mapping.profile import load_profile
from connector.mapping.sources import RegistrySettings
from connector.model.fields import Entity, Side, Value
from connector.model.state import Base, Link, QuarantineCase
from connector.model.views import ObjectRef
from connector.report.joined import Question, join
from connector.report.material import Material, Seen
from connector.report.past import Appearance, Past

INSTANCE = "1a2b3c4d-0000-4000-8000-00000000000a"
KEYS = Keys("6f1f1f5e-0000-4000-8000-000000000001")
TODAY = "2026-03-02"
LONG_AGO, YESTERDAY = "2025-06-01T08:00:00.000Z", "2026-03-01T08:00:00.000Z"
DEV = "dev@bank.example"

Found = tuple[str, str, Value]
"""Control, model, version."""


@dataclass
class Drawer:
    """One model with its champion and its challenger, as both sides hold them. ``champion`` and ``challenger`` are the
    numbers 1 and 2.
    """

    name: str
    registry: dict[str, Value]
    grc: dict[str, Value] | None
    versions: dict[str, dict[str, Value]]
    records: dict[str, dict[str, Value]]
    issues: dict[str, dict[str, Value]] = field(default_factory=dict)
    extra: dict[str, dict[str, Value]] = field(default_factory=dict)
    bases: dict[str, dict[str, Base]] = field(default_factory=dict)
    quarantines: list[QuarantineCase] = field(default_factory=list)
    approved: dict[str, Approved] = field(default_factory=dict)
    measured: dict[str, str] = field(default_factory=dict)
    edits: dict[str, tuple[Edit, ...]] = field(default_factory=dict)
    former: list[tuple[str, Appearance]] = field(default_factory=list)
    created: int = 1
    registered: bool = True

    @property
    def key(self) -> str:
        return KEYS.model(self.name, self.created)

    def version_key(self, number: str) -> str:
        return KEYS.version(self.name, self.created, number)

    @property
    def ref(self) -> ObjectRef:
        return ObjectRef(Entity.MODEL, self.key, self.name)

    def issue(self, **fields: str) -> str:
        """Add an issue; returns its number."""
        number = f"{self.name}-{len(self.issues) + 1}"
        self.issues[number] = {"number": number, "title": "A finding", "severity": "low", "state": "open", **fields}
        return number


def in_order(number: int) -> Drawer:
    """A model of which no control finds anything."""
    name = f"model-{number:05}"
    shared: dict[str, Value] = {"purpose": "Scores.", "risk_classification": "high", "limitations": '["none"]'}
    made: dict[str, Value] = {
        "technique": "ml",
        "data_sources": '["loans"]',
        "framework": "sklearn",
        "validation_status": "passed",
    }
    owned: dict[str, Value] = {"model_owner": "owner@bank.example", "developer": DEV, "last_validated": "2026-02-01"}
    record: dict[str, Value] = {**made, "validator": "val@bank.example", "approved_by": "cro@bank.example"}
    return Drawer(
        name,
        {**shared, "developer_proposed": DEV},
        {**shared, **owned, "developer_proposed": DEV},
        {"1": {**made, "production_aliases": '["production"]'}, "2": dict(made)},
        {"1": {**record, "approval_status": "approved"}, "2": {**record, "approval_status": "not_submitted"}},
    )


Fault = Callable[[Drawer], list[tuple[str, Value]]]
"""Puts one fault into a model; returns what must be found: control and version."""


def _c01(drawer: Drawer) -> list[tuple[str, Value]]:
    drawer.records["1"]["approval_status"] = "pending"
    return [("C01", "1")]


def _c02(drawer: Drawer) -> list[tuple[str, Value]]:
    drawer.versions["1"]["identity.source"] = "s3://swapped"
    drawer.approved[drawer.version_key("1")] = Approved(LONG_AGO, "s3://approved")
    return [("C02", "1")]


def _c03(drawer: Drawer) -> list[tuple[str, Value]]:
    drawer.issue(severity="critical")
    return [("C03", "1")]


def _c04(drawer: Drawer) -> list[tuple[str, Value]]:
    _grc(drawer)["lifecycle_status"] = "suspended"
    return [("C04", "1")]


def _c05(drawer: Drawer) -> list[tuple[str, Value]]:
    drawer.grc, drawer.records = None, {}
    del drawer.versions["1"]["production_aliases"]
    return [("C05", None)]


def _c06(drawer: Drawer) -> list[tuple[str, Value]]:
    drawer.registered = False
    return [("C06", None)]


def _c07(drawer: Drawer) -> list[tuple[str, Value]]:
    drawer.records["1"]["approval_expiry"] = "2026-03-01"
    return [("C07", "1")]


def _c08(drawer: Drawer) -> list[tuple[str, Value]]:
    _grc(drawer)["next_review_due"] = "2026-03-01"
    return [("C08", None)]


def _c09(drawer: Drawer) -> list[tuple[str, Value]]:
    drawer.issue(due="2026-03-01")
    return [("C09", None)]


def _c10(drawer: Drawer) -> list[tuple[str, Value]]:
    drawer.versions["2"]["approval_status"] = "approved"
    drawer.bases[drawer.version_key("2")] = {"approval_status": Base("not_submitted", "not_submitted")}
    return [("C10", "2")]


def _c11(drawer: Drawer) -> list[tuple[str, Value]]:
    edit = Edit("framework", Side.GRC, "torch", "sklearn", YESTERDAY)
    drawer.edits[drawer.version_key("2")] = (edit,)
    return [("C11", "2")]


def _c12(drawer: Drawer) -> list[tuple[str, Value]]:
    drawer.records["1"]["validator"] = DEV
    return [("C12", "1")]


def _c13(drawer: Drawer) -> list[tuple[str, Value]]:
    del drawer.registry["purpose"], _grc(drawer)["purpose"]
    del drawer.versions["1"]["technique"], drawer.records["1"]["technique"]
    return [("C13", None), ("C13", "1")]


def _c14(drawer: Drawer) -> list[tuple[str, Value]]:
    _grc(drawer).update(materiality="low", complexity="low")
    return [("C14", None)]


def _c15(drawer: Drawer) -> list[tuple[str, Value]]:
    drawer.bases[drawer.key] = {"risk_classification": Base("high", "high", provisional_since="2026-01-01")}
    return [("C15", None)]


def _c16(drawer: Drawer) -> list[tuple[str, Value]]:
    drawer.records["2"]["conditions"] = "Not for mortgages."
    return [("C16", "2")]


def _c17(drawer: Drawer) -> list[tuple[str, Value]]:
    drawer.extra[f"{drawer.name}-double"] = {"identity.key": drawer.key, "identity.instance": INSTANCE}
    return [("C17", None)]


def _c18(drawer: Drawer) -> list[tuple[str, Value]]:
    key = KEYS.model(drawer.name, 0)
    drawer.former.append((key, Appearance(drawer.name, "0", LONG_AGO, None)))
    return [("C18", None)]


def _c19(drawer: Drawer) -> list[tuple[str, Value]]:
    drawer.versions["1"]["identity.created"] = "1771000000000"
    return [("C19", "1")]


def _c20(drawer: Drawer) -> list[tuple[str, Value]]:
    drawer.versions["1"]["monitoring_evidence"] = drawer.records["1"]["monitoring_evidence"] = '{"psi":"0.1"}'
    drawer.measured[drawer.version_key("1")] = LONG_AGO
    return [("C20", "1")]


def _c21(drawer: Drawer) -> list[tuple[str, Value]]:
    drawer.extra[f"{drawer.name}-bureau"] = {
        **dict.fromkeys(("purpose", "limitations", "model_owner"), "x"),
        "risk_classification": "low",
        "lifecycle_status": "proposed",
    }
    _grc(drawer)["dependencies"] = json.dumps([f"{drawer.name}-bureau"])
    return [("C21", None)]


def _c22(drawer: Drawer) -> list[tuple[str, Value]]:
    _grc(drawer)["exceptions"] = '["late validation until 2026-03-01"]'
    return [("C22", None)]


def _c23(drawer: Drawer) -> list[tuple[str, Value]]:
    del _grc(drawer)["model_owner"]
    return [("C23", None)]


def _c24(drawer: Drawer) -> list[tuple[str, Value]]:
    _grc(drawer)["regulatory_scope"] = '["eu-ai-act"]'
    return [("C24", None), ("C24", "1")]


def _c25(drawer: Drawer) -> list[tuple[str, Value]]:
    number = drawer.issue(state="closed")
    drawer.registry[f"tag:grc_issue_{number.replace('-', '_')}"] = '{"state":"open"}'
    return [("C25", None)]


def _c26(drawer: Drawer) -> list[tuple[str, Value]]:
    drawer.quarantines.append(QuarantineCase(drawer.ref, "complexity", "the GRC: 'Odd' is no value of complexity"))
    return [("C26", None)]


FAULTS: Mapping[str, Fault] = {
    "C01": _c01, "C02": _c02, "C03": _c03, "C04": _c04, "C05": _c05, "C06": _c06, "C07": _c07, "C08": _c08,
    "C09": _c09, "C10": _c10, "C11": _c11, "C12": _c12, "C13": _c13, "C14": _c14, "C15": _c15, "C16": _c16,
    "C17": _c17, "C18": _c18, "C19": _c19, "C20": _c20, "C21": _c21, "C22": _c22, "C23": _c23, "C24": _c24,
    "C25": _c25, "C26": _c26,
}  # fmt: skip
ALONE = frozenset({"C05", "C06"})
"""Faults that leave no room for another."""
EXCLUDED = (
    frozenset({"C03", "C09", "C20", "C25"}),  # an open issue answers for monitoring
    frozenset({"C01", "C02"}),  # nothing was approved that could have changed
)
"""Faults of which one model has one at most."""


def _grc(drawer: Drawer) -> dict[str, Value]:
    assert drawer.grc is not None
    return drawer.grc


@cache
def mapping() -> ConnectionMapping:
    return load_mapping("mock", adapter_options_model=Options)


@dataclass
class Portfolio:
    """Both sides with faults in them, and what must be found."""

    inventory: Inventory
    wanted: list[Found]


def portfolio(size: int, seed: int, *, connection_faults: bool = False) -> Portfolio:
    """``size`` models, each with up to three faults, chosen by ``seed``."""
    chosen = Random(seed)
    drawers, wanted = [], []
    for number in range(size):
        drawer = in_order(number)
        for control in _faults(chosen):
            wanted += [(found, drawer.name, version) for found, version in FAULTS[control](drawer)]
        drawers.append(drawer)
    made = inventory_of(drawers)
    if connection_faults:
        made = replace(made, gaps=("issues of the GRC",), running=Running(pauses=(Pause(LONG_AGO, None, 9),)))
        wanted += [("C27", "", None), ("C28", "", None)]
    return Portfolio(made, wanted)


def _faults(chosen: Random) -> list[str]:
    found: list[str] = []
    for control in chosen.sample(list(FAULTS), chosen.randrange(4)):
        if control in ALONE:
            return [control]
        if not any({control} < group and group.intersection(found) for group in EXCLUDED):
            found.append(control)
    return found


def inventory_of(drawers: list[Drawer]) -> Inventory:
    registry: dict[Entity, dict[str, Seen]] = {Entity.MODEL: {}, Entity.VERSION: {}}
    grc: dict[Entity, dict[str, Seen]] = {Entity.MODEL: {}, Entity.VERSION: {}, Entity.ISSUE: {}}
    links: dict[str, Link] = {}
    for drawer in drawers:
        _put_registry(drawer, registry)
        _put_grc(drawer, grc, links)
    material = Material(
        "bank",
        f"{TODAY}T08:00:00.000Z",
        (),
        registry,
        grc,
        links,
        {key: pairs for drawer in drawers for key, pairs in drawer.bases.items()},
        quarantines=[case for drawer in drawers for case in drawer.quarantines],
    )
    question = Question(
        load_profile("baseline"), TODAY, Rules(), past=_past(drawers), registration=load_profile("eu-ai-act")
    )
    return join(material, mapping(), RegistrySettings(KEYS), INSTANCE, question)


def _past(drawers: list[Drawer]) -> Past:
    models: dict[str, Appearance] = {}
    for drawer in drawers:
        models.update(drawer.former)
        models[drawer.key] = Appearance(drawer.name, str(drawer.created), YESTERDAY, LONG_AGO)
    return Past(
        approved={key: made for drawer in drawers for key, made in drawer.approved.items()},
        measured={key: at for drawer in drawers for key, at in drawer.measured.items()},
        edits={key: edits for drawer in drawers for key, edits in drawer.edits.items()},
        models=models,
        issues={
            each: LONG_AGO for drawer in drawers for each, one in drawer.issues.items() if one["state"] == "closed"
        },
    )


def _put_registry(drawer: Drawer, registry: dict[Entity, dict[str, Seen]]) -> None:
    if not drawer.registered:
        return
    identity = {"identity.name": drawer.name, "identity.created": str(drawer.created)}
    registry[Entity.MODEL][drawer.key] = Seen(drawer.name, {**identity, **drawer.registry})
    for number, fields in drawer.versions.items():
        held = {**identity, "identity.version": number, **fields}
        registry[Entity.VERSION][drawer.version_key(number)] = Seen(f"{drawer.name} v{number}", held)


def _put_grc(drawer: Drawer, grc: dict[Entity, dict[str, Seen]], links: dict[str, Link]) -> None:
    for record_id, fields in drawer.extra.items():
        grc[Entity.MODEL][record_id] = Seen(record_id, fields)
    for number, issue in drawer.issues.items():
        grc[Entity.ISSUE][number] = Seen(number, {"model": drawer.name, **issue})
    if drawer.grc is None:
        return
    claim = {"identity.key": drawer.key, "identity.instance": INSTANCE}
    grc[Entity.MODEL][drawer.name] = Seen(drawer.name, {**claim, **drawer.grc})
    if drawer.registered:
        links[drawer.key] = Link(drawer.ref, drawer.name)
    for number, fields in drawer.records.items():
        record_id, key = f"{drawer.name}/{number}", drawer.version_key(number)
        grc[Entity.VERSION][record_id] = Seen(record_id, {"identity.version": number, **fields})
        links[key] = Link(ObjectRef(Entity.VERSION, key, drawer.name, number), record_id)
