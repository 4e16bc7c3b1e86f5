"""What the controls are asked of a connection, by its configuration, and which of their findings were accepted."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta

from connector.config.config import Config
from connector.config.findings import HOMELESS
from connector.controls import Inventory, Rules, Waived, findings, rules_of, waive
from connector.controls.facts import Running
from connector.controls.review import EU_AI_ACT
from connector.engine.connection import Judge
from connector.engine.wanted import Wanted
from connector.engine.watch import running_of
from connector.mapping.connection import ConnectionMapping
from connector.mapping.profile import Profile, load_profile
from connector.model.errors import ConfigError
from connector.model.gates import DEFAULT_NEEDS, Stage
from connector.raising import Judged
from connector.report.joined import Question, join
from connector.report.material import Material
from connector.report.past import Past, PastQuestion, past_of
from connector.report.waivers import load_waivers
from connector.state.base import StateReader
from connector.state.times import parse

_NEED_THE_PAST = frozenset({"C02", "C10", "C11", "C18", "C20", "C25"})
NOT_AS_OF = _NEED_THE_PAST | {"C15", "C26", "C28"}
"""What no observation of a moment answers: the controls of the past, and those that rest on what the state remembers
as it is now (a provisional tier's date, values that nobody could read, the connector's own runs).
"""


def profile_of(config: Config, mapping: ConnectionMapping, wanted: Wanted) -> Profile:
    """The regime asked for, else the configuration's. Raises ConfigError."""
    chosen = wanted.profile or config.settings.reports.profile
    return load_profile(chosen, inventory=mapping.inventory, relative_to=config.directory)


def question_of(
    config: Config, mapping: ConnectionMapping, material: Material, store: StateReader, wanted: Wanted
) -> Question:
    """What the controls in force are asked, with all that the state knows for them. Raises ConfigError."""
    profile = profile_of(config, mapping, wanted)
    rules = _rules(config, profile, wanted)
    watched = "C28" in rules.in_force
    return Question(
        profile,
        wanted.today,
        rules,
        _past(store, material, mapping, rules, wanted),
        running_of(config, material.connection, store, rules.settings.C28, wanted.now) if watched else Running(),
        load_profile(EU_AI_ACT) if "C24" in rules.in_force else None,
        needs_of(config, material.connection),
    )


def question_as_of(config: Config, mapping: ConnectionMapping, wanted: Wanted) -> Question:
    """What the controls in force are asked of an earlier day: those that a moment's observation answers. Raises
    ConfigError.
    """
    profile = profile_of(config, mapping, wanted)
    rules = _rules(config, profile, wanted)
    told = tuple(control for control in rules.in_force if control not in NOT_AS_OF)
    registration = load_profile(EU_AI_ACT) if "C24" in rules.in_force else None
    return Question(profile, wanted.today, replace(rules, in_force=told), registration=registration)


def needs_of(config: Config, name: str) -> Mapping[str, tuple[Stage, ...]]:
    """The stages that a version of a connection needs, by tier: as configured, else as the tiers usually ask."""
    gates = config.policy(name).gates
    return gates.needs if gates is not None else DEFAULT_NEEDS


def judged(config: Config, inventory: Inventory) -> Waived:
    """What the controls find, with the waivers that cover it; a waiver of a control that does not run is not idle.
    Raises ConfigError.
    """
    path = config.settings.reports.waivers
    waivers = load_waivers(config.directory / path) if path else ()
    asked = [waiver for waiver in waivers if waiver.control in inventory.rules.in_force]
    return waive(findings(inventory), asked, inventory.today)


def judge_of(config: Config, name: str, mapping: ConnectionMapping, store: StateReader) -> Judge:
    """What a cycle asks the controls that may open issues: those in force by the configuration's profile, and of them
    those that the policy names, if it names any. Raises ConfigError.
    """
    policy = config.policy(name).findings
    reading, profile = config.reading(name, mapping), profile_of(config, mapping, Wanted(""))
    rules = rules_of(profile, config.settings.reports.controls)
    wanted = policy.controls if policy is not None and policy.controls else rules.in_force
    rules = rules.only([control for control in wanted if control not in HOMELESS])
    registered = load_profile(EU_AI_ACT) if "C24" in rules.in_force else None

    def judge(material: Material, now: datetime) -> Judged:
        asked = Wanted(now.date().isoformat())
        past = _past(store, material, mapping, rules, asked)
        needs = needs_of(config, name)
        question = Question(profile, asked.today, rules, past, registration=registered, needs=needs)
        inventory = join(material, mapping, reading, config.instance, question)
        return Judged(inventory, judged(config, inventory).findings)

    return judge


def _rules(config: Config, profile: Profile, wanted: Wanted) -> Rules:
    """The rules, narrowed to the controls asked for. Raises ConfigError for one that is not in force."""
    rules = rules_of(profile, config.settings.reports.controls)
    for control in wanted.controls:
        if control not in rules.in_force:
            remedy = f"Choose another --profile, or set reports.controls.{control}.enabled to true."
            raise ConfigError(f"The profile {profile.id} does not ask for control {control}.", remedy=remedy)
    return rules.only(wanted.controls)


def _past(store: StateReader, material: Material, mapping: ConnectionMapping, rules: Rules, wanted: Wanted) -> Past:
    if not _NEED_THE_PAST.intersection(rules.in_force):
        return Past()
    days = max(rules.settings.C10.days, rules.settings.C11.days)
    since = parse(wanted.today) - timedelta(days=days)
    question = PastQuestion(since, mapping.versions, material.links, mapping.tags.record_id)
    return past_of(store, material.connection, question)
