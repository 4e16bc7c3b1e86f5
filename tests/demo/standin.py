"""A bank in memory and a connector in a few lines: enough of both to play the story without servers.

The connector here knows the story's fields only and keeps no base but the last values; it stands for nothing but a
cycle that does what the story expects, so that the acts and their checks can be tested, and made to fail.
"""

from __future__ import annotations

import json
from collections import defaultdict

from connector.demo.events import Change, Parked
from connector.demo.stage import SyncSummary
from connector.model.fields import Side
from connector.model.state import RunStatus

OWNED = ("approval_status", "approval_expiry", "conditions")


class MemoryRegistry:
    """Author, Registry and Eyes in one."""

    def __init__(self):
        self.model_tags, self.version_tags, self.descriptions = {}, {}, {}
        self.aliases, self.runs, self.requests = {}, [], 0

    def create_model(self, name, *, description="", tags=None):
        self.requests += 1
        self.model_tags[name], self.descriptions[name] = dict(tags or {}), description
        return 1

    def create_version(self, name, *, source, run_id="", description="", tags=None):
        self.requests += 1
        number = str(1 + sum(1 for known, _ in self.version_tags if known == name))
        self.version_tags[name, number] = dict(tags or {})
        return number

    def log_run(self, *, params=None, metrics=None, tags=None, datasets=(), experiment="models"):
        self.runs.append({"params": params, "metrics": metrics, "tags": tags, "datasets": list(datasets)})
        return f"run{len(self.runs)}"

    def set_alias(self, name, alias, version):
        self.requests += 1
        self.aliases[name, alias] = version

    def set_tag(self, name, key, value, version=None):
        self._of(name, version)[key] = value

    def delete_tag(self, name, key, version=None):
        self._of(name, version).pop(key, None)

    def set_description(self, name, text, version=None):
        self.descriptions[name] = text

    def tags(self, name, version=None):
        return dict(self._of(name, version))

    def in_production(self):
        return {name: version for (name, alias), version in sorted(self.aliases.items()) if alias == "production"}

    def _of(self, name, version):
        return self.model_tags[name] if version is None else self.version_tags[name, version]


class MemoryOffice:
    def __init__(self):
        self.model_records, self.version_records = {}, {}
        self.issues, self.comment_texts = {}, defaultdict(list)

    def models(self):
        return self.model_records

    def versions(self):
        return self.version_records

    def edit(self, who, name, values, version=None):
        record = self.model_records[name] if version is None else self.version_records[name, version]
        record.update(values)

    def decide(self, who, name, version, status, **values):
        self.version_records[name, version].update(approval_status=status, **values)

    def raise_issue(self, who, name, **values):
        number = f"FND-{1001 + len(self.issues)}"
        self.issues[number] = {"model": name, "open": True, "version": None, **values}
        return number

    def close_issue(self, who, number):
        self.issues[number]["open"] = False

    def comments(self, number):
        return self.comment_texts[number]


class MemoryCycle:
    """``wrong`` names steps that it leaves out, so that the story's checks have something to find."""

    def __init__(self, registry, office, today, wrong=()):
        self.registry, self.office, self.today, self.wrong = registry, office, today, set(wrong)
        self.base, self.answer = {}, None

    def sync(self):
        self.changes, self.conflicts, created = [], [], 0
        for name, tags in self.registry.model_tags.items():
            if name not in self.office.model_records:
                created += 1
                self.office.model_records[name] = {
                    "id": f"MDL{1000 + len(self.office.model_records)}",
                    "risk_classification": tags.get("risk_classification"),
                    "purpose": tags.get("purpose"),
                    "description": self.registry.descriptions[name],
                }
                self.base[name] = (tags.get("purpose"), tags.get("purpose"))
            self._model(name, tags)
        for (name, number), tags in self.registry.version_tags.items():
            if (name, number) not in self.office.version_records:
                created += 1
                self.office.version_records[name, number] = {"approval_status": "not_submitted"}
            self._version(name, number, tags)
        status = RunStatus.ATTENTION if self.conflicts else RunStatus.APPLIED
        if not (created or self.changes or self.conflicts):
            status = RunStatus.CLEAN
        return SyncSummary(status, created, tuple(self.changes), tuple(self.conflicts))

    def resolve(self, conflict, take, by):
        self.answer = take

    def _model(self, name, tags):
        record = self.office.model_records[name]
        self._tag(name, None, "grc_record_id", record["id"], "kept by the connector")
        if "put_back" not in self.wrong:
            self._tag(name, None, "risk_classification", record["risk_classification"], "set in the GRC")
        if record["description"] != self.registry.descriptions[name]:
            self._grc(name, record, "description", self.registry.descriptions[name], "owned by MLflow")
        self._purpose(name, tags, record)
        self._issues(name, tags)

    def _purpose(self, name, tags, record):
        here, there = tags.get("purpose"), record["purpose"]
        if here == there:
            return
        if self.answer is Side.GRC:
            self._tag(name, None, "purpose", there, "resolved: grc taken")
        elif "park" in self.wrong:
            self._grc(name, record, "purpose", here, "last write wins")
        else:
            self.conflicts.append(
                Parked(name, "purpose", self.base[name][0] or "", here or "", there or "", "both sides changed it")
            )

    def _issues(self, name, tags):
        mine = {number: issue for number, issue in self.office.issues.items() if issue["model"] == name}
        for number, issue in mine.items():
            slug = number.replace("-", "_")
            body = json.dumps({key: issue[key] for key in ("due", "severity", "title")}, sort_keys=True)
            shown = body if issue["open"] or "close" in self.wrong else None
            self._tag(name, None, f"grc_issue_{slug}", shown, "issues of the GRC")
            if issue["version"]:
                self._tag(name, issue["version"], f"grc_issue_{slug}", shown, "issues of the GRC")
            answer = tags.get(f"grc_response_{slug}") if "answer" not in self.wrong else None
            if answer and answer not in self.office.comment_texts[number]:
                self.office.comment_texts[number].append(answer)
                self.changes.append(Change("GRC", f"issue {number}", "comment", "", answer, "answer set in MLflow"))
        if mine:
            opened = [issue for issue in mine.values() if issue["open"]]
            overdue = sum(issue["due"] < self.today.isoformat() for issue in opened)
            self._tag(name, None, "grc_open_issues", str(len(opened)), "issues of the GRC")
            self._tag(name, None, "grc_issues_overdue", str(overdue), "issues of the GRC")

    def _version(self, name, number, tags):
        record = self.office.version_records[name, number]
        if tags.get("grc_approval_request") == "submit":
            if record["approval_status"] == "not_submitted":
                self._grc(f"{name} v{number}", record, "approval_status", "pending", "submitted in MLflow")
            elif record["approval_status"] != "pending":
                self._tag(name, number, "grc_approval_request", None, "request answered")
        for field in OWNED:
            if field in record and not ("put_back" in self.wrong and f"grc_{field}" in tags):
                self._tag(name, number, f"grc_{field}", record[field], "owned by GRC")

    def _tag(self, name, version, key, value, why):
        before = self.registry.tags(name, version).get(key)
        if value == before or (value is None and before is None):
            return
        if value is None:
            self.registry.delete_tag(name, key, version)
        else:
            self.registry.set_tag(name, key, value, version)
        subject = f"{name} v{version}" if version else name
        self.changes.append(Change("MLflow", subject, key, before or "", value or "", why))

    def _grc(self, subject, record, field, value, why):
        self.changes.append(Change("GRC", subject, field, record.get(field) or "", value or "", why))
        record[field] = value
