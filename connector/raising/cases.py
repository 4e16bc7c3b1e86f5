"""Findings by the issue that each belongs to: one for a control of a model, or of a version."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from connector.controls import BASIS, TITLES, Finding, Inventory, JoinedModel
from connector.controls.inventory import SEVERITIES
from connector.mapping.keys import FindingKey
from connector.model.fields import Entity
from connector.model.views import ObjectRef

_ORPHANS = "C06"
"""The control of records that no registered model stands for: one may have the name of a model that has its own."""


@dataclass(frozen=True, slots=True)
class Case:
    """All findings of one control on one model, or version. ``record_id`` is the model's, ``version_id`` the version's
    record, where it has one. ``standing`` are those that nobody accepted.
    """

    key: FindingKey
    ref: ObjectRef
    record_id: str
    version_id: str | None
    findings: tuple[Finding, ...] = ()
    standing: tuple[Finding, ...] = field(default=())

    @property
    def severity(self) -> str:
        """The worst of those that stand."""
        return min((each.severity for each in self.standing), key=SEVERITIES.index)

    def calls_for(self, severity: str) -> bool:
        """Whether one stands that is at least so severe."""
        return bool(self.standing) and SEVERITIES.index(self.severity) <= SEVERITIES.index(severity)

    @property
    def title(self) -> str:
        """The issue's title. It does not change with what is seen."""
        return f"{self.key.control}: {TITLES[self.key.control]} ({_line(str(self.ref))})"

    @property
    def seen(self) -> str:
        """What was seen, in one line."""
        return "; ".join(dict.fromkeys(_line(each.seen) for each in self.standing))

    @property
    def text(self) -> str:
        """The issue's description: what was seen, what to do, and the guidance that asks for it."""
        control = self.key.control
        remedies = dict.fromkeys(_line(each.remedy) for each in self.standing)
        return (
            f"Control {control}: {TITLES[control]}.\nModel: {_line(str(self.ref))}\nSeen: {self.seen}\n"
            f"To do: {'; '.join(remedies)}\nSeverity: {self.severity}\nBasis: {BASIS[control]}"
        )

    @property
    def acceptance(self) -> str:
        """Who accepted the findings, and why."""
        waivers = dict.fromkeys(each.waiver for each in self.findings if each.waiver is not None)
        return "; ".join(f"accepted by {one.by} until {one.expires}: {_line(one.reason)}" for one in waivers)


@dataclass(frozen=True, slots=True)
class Cases:
    """``by_key``: those that an issue can be opened for. ``homeless`` are findings on models that the GRC has no record
    of. ``models`` are the models by the id of their record.
    """

    by_key: Mapping[str, Case]
    homeless: tuple[Finding, ...]
    models: Mapping[str, JoinedModel]

    def without_record(self, severity: str) -> Iterable[tuple[str, str]]:
        """The control and the model of each finding of at least a severity that stands and has nowhere to go."""
        counts = SEVERITIES[: SEVERITIES.index(severity) + 1]
        standing = (one for one in self.homeless if one.waiver is None and one.severity in counts)
        return dict.fromkeys((one.control, one.model) for one in standing)


def cases_of(registry_id: str, inventory: Inventory, findings: Iterable[Finding]) -> Cases:
    """Put each finding to its case. Those on the connection as a whole have none."""
    named: dict[str, list[JoinedModel]] = defaultdict(list)
    for model in inventory.models:
        if model.record_id is not None and model.grc is not None:
            named[model.name].append(model)
    groups: dict[FindingKey, list[tuple[Finding, JoinedModel]]] = defaultdict(list)
    homeless = []
    for finding in findings:
        chosen = _model(named.get(finding.model, ()), finding)
        if chosen is not None and chosen.record_id is not None:
            key = FindingKey(registry_id, chosen.record_id, finding.control, finding.version)
            groups[key].append((finding, chosen))
        elif finding.model:
            homeless.append(finding)
    models = {model.record_id: model for found in named.values() for model in found if model.record_id is not None}
    by_key = {str(key): _case(key, [one for one, _ in found], found[0][1]) for key, found in groups.items()}
    return Cases(by_key, tuple(homeless), models)


def ref_of(key: FindingKey, name: str) -> ObjectRef:
    """What an issue is called in a plan: the model or version that it is about."""
    return ObjectRef(Entity.ISSUE, str(key), name, key.version)


def _model(models: Iterable[JoinedModel], finding: Finding) -> JoinedModel | None:
    wanted = [model for model in models if (model.registry is None) is (finding.control == _ORPHANS)]
    return next(iter([*wanted, *models]), None)


def _case(key: FindingKey, findings: list[Finding], model: JoinedModel) -> Case:
    version = next((each.record_id for each in model.versions if each.version == key.version), None)
    standing = tuple(each for each in findings if each.waiver is None)
    return Case(key, ref_of(key, model.name), key.record_id, version, tuple(findings), standing)


def _line(text: str) -> str:
    """A text of either side on one line: no name or value may pass for another line of the description."""
    return " ".join(text.split())
