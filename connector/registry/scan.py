"""The full scan: four searches, and reads by name only for what the searches leave in doubt.

1. all registered models, by name            (what the prompt tag hides is not among them)
2. the registered models with the prompt tag
3. all versions, up to 200,000 in one request (nor those of a name of which one version has the prompt tag)
4. the versions with the prompt tag

Models are read before versions, so that a model registered in between shows as a version without a model and is then
asked by name; so is one that moved from one page to the next.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from connector.model.errors import AccessDenied, Rejected, Retriable
from connector.model.registry import ModelVersion, RegisteredModel, RegistrySnapshot
from connector.registry.api import Api
from connector.registry.listing import pages
from connector.registry.parse import Listed, listed, model_version
from connector.registry.prompts import PROMPT_FILTER, PROMPT_TAG, holds_model

MODELS_A_PAGE = 1000
VERSIONS_A_PAGE = 200_000

Versions = dict[str, ModelVersion]
"""Versions of one model, by number."""


@dataclass(slots=True)
class Scan:
    """What the searches told so far, each model and version once."""

    api: Api
    gaps: list[str] = field(default_factory=list)
    models: dict[str, Listed] = field(default_factory=dict)
    versions: dict[str, Versions] = field(default_factory=lambda: defaultdict(dict))
    tagged_models: set[str] = field(default_factory=set)
    tagged_versions: set[str] = field(default_factory=set)
    """Names of which a version carries the prompt tag."""

    def run(self) -> RegistrySnapshot:
        """Scan; raises AuthError and Unreachable, everything else becomes a gap."""
        self._list_models()
        self._list_versions()
        if not self.gaps:
            self._add_strays()
        hidden = self._judge_tagged()
        models = tuple(_joined(self.models[name].model, self.versions[name]) for name in sorted(self.models))
        return RegistrySnapshot(models=models, hidden=tuple(sorted(hidden)), gaps=tuple(self.gaps))

    def _list_models(self) -> None:
        query = {"max_results": MODELS_A_PAGE, "order_by": "name"}
        for part, more in (("registered models", {}), ("prompt-tagged models", {"filter": PROMPT_FILTER})):
            for row in self._rows(part, "registered-models/search", {**query, **more}, "registered_models"):
                entry = listed(row)
                self.models[entry.model.name] = entry
                if entry.model.tags.get(PROMPT_TAG) == "true":
                    self.tagged_models.add(entry.model.name)

    def look(self, name: str) -> RegistrySnapshot:
        """One model by name, and its versions by a search for them alone. Raises AccessDenied, Retriable, Rejected."""
        raw = self.api.find("registered-models/get", {"name": name})
        if raw is None:
            return RegistrySnapshot(())
        entry = self.models[name] = listed(raw["registered_model"])
        query = {"max_results": VERSIONS_A_PAGE, "filter": f"name = {_quoted(name)}"}
        for row in self._rows("model versions", "model-versions/search", query, "model_versions"):
            version = model_version(row)
            if version.name == name:  # some databases take capitals for small letters
                self.versions[name][version.version] = version
        if not self.gaps and entry.latest and str(entry.latest) not in self.versions[name]:
            self._read_unlisted(name)
        tagged = [entry.model.tags, *(version.tags for version in self.versions[name].values())]
        hidden = any(tags.get(PROMPT_TAG) == "true" for tags in tagged)
        if hidden and not holds_model(self.versions[name].values()):
            return RegistrySnapshot((), gaps=tuple(self.gaps))
        model = _joined(entry.model, self.versions[name])
        return RegistrySnapshot((model,), (name,) if hidden else (), tuple(self.gaps))

    def _list_versions(self) -> None:
        query = {"max_results": VERSIONS_A_PAGE}
        for part, more in (("model versions", {}), ("prompt-tagged versions", {"filter": PROMPT_FILTER})):
            for row in self._rows(part, "model-versions/search", {**query, **more}, "model_versions"):
                version = model_version(row)
                self.versions[version.name][version.version] = version
                if version.tags.get(PROMPT_TAG) == "true":
                    self.tagged_versions.add(version.name)

    def _rows(self, part: str, path: str, query: Mapping[str, Any], member: str) -> Iterator[Mapping[str, Any]]:
        """The rows of a search, each let go of when the next is asked for: an answer may hold a whole registry."""
        for answer in pages(part, lambda token: self.api.read(path, {**query, **token}), self.gaps):
            rows = list(reversed(answer.pop(member, ())))
            while rows:
                yield rows.pop()

    def _add_strays(self) -> None:
        """Models that only their versions tell of."""
        for name in sorted(self.versions.keys() - self.models.keys()):
            try:
                raw = self.api.find("registered-models/get", {"name": name})
            except (AccessDenied, Retriable, Rejected) as error:
                self.gaps.append(f"registered model {name!r} could not be read: {error.message}")
            else:
                if raw is not None:
                    self.models[name] = listed(raw["registered_model"])

    def _judge_tagged(self) -> set[str]:
        """The names that the prompt tag hides though they hold a model; true prompts are dropped."""
        hidden = set()
        for name in (self.tagged_models | self.tagged_versions) & self.models.keys():
            if name in self.tagged_versions:
                self._read_unlisted(name)
            if holds_model(self.versions[name].values()):
                hidden.add(name)
            else:
                del self.models[name]
        return hidden

    def _read_unlisted(self, name: str) -> None:
        """Read one by one the versions that no search shows, because another one of the name carries the tag."""
        for number in map(str, range(1, self.models[name].latest + 1)):
            if number in self.versions[name]:
                continue
            try:
                raw = self.api.find("model-versions/get", {"name": name, "version": number})
            except (AccessDenied, Retriable, Rejected) as error:
                self.gaps.append(f"version {number} of {name!r} could not be read: {error.message}")
            else:
                if raw is not None:
                    self.versions[name][number] = model_version(raw["model_version"])


def _quoted(name: str) -> str:
    """The name as a search takes it; Rejected where it holds both kinds of quotes, for which MLflow has no form."""
    quote = '"' if "'" in name else "'"
    if quote in name:
        remedy = "none needed: a full cycle reads it."
        raise Rejected(f"{name}: a name with both kinds of quotes cannot be searched for.", remedy=remedy)
    return f"{quote}{name}{quote}"


def _joined(model: RegisteredModel, versions: Versions) -> RegisteredModel:
    """The model with its versions, by number, and each version with its aliases, which listings leave out."""
    aliases = defaultdict(list)
    for alias, number in sorted(model.aliases.items()):
        aliases[number].append(alias)
    ordered = sorted(versions.values(), key=lambda version: int(version.version))
    return replace(model, versions=tuple(replace(v, aliases=tuple(aliases[v.version])) for v in ordered))
