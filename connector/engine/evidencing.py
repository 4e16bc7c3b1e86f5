"""The examiner's bundle of a configuration: what its reports say, the trail, and the rules that they rest on."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Generator, Iterator, Sequence
from contextlib import closing
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import BinaryIO

from connector.audit.chain import ChainedEntry
from connector.audit.export import write_jsonl
from connector.audit.offline import GENESIS
from connector.config.config import Config, config_hash
from connector.engine.opening import connection_mapping
from connector.engine.past import Span, exposed
from connector.engine.reporting import inventory_of_state, report_of_state
from connector.engine.wanted import Wanted
from connector.mapping.profile import profile_text
from connector.report.evidence.bundle import About, Bundle
from connector.report.evidence.verify import TRAIL
from connector.report.export import write_json
from connector.report.tables import inventory as inventory_tables
from connector.report.tables import reconcile as reconcile_tables
from connector.report.tables.csvfile import write_csv
from connector.state.base import Store


@dataclass(frozen=True, slots=True)
class Bundled:
    """A bundle that was written: what it says of each connection, the digest of its manifest and the end of the trail
    in it (``sequence:hash``), both to be kept elsewhere.
    """

    connections: tuple[About, ...]
    manifest: str
    head: str

    @property
    def complete(self) -> bool:
        """Whether every connection had been read to its end."""
        return all(each.complete for each in self.connections)


def write_evidence(
    config: Config, names: Sequence[str], store: Store, wanted: Wanted, stream: BinaryIO, now: datetime
) -> Bundled:
    """Write the bundle of these connections, on what their last cycles saw. Raises RunAborted where one had none yet,
    and ConfigError as a report does.
    """
    with Bundle(stream, now) as bundle:
        abouts = tuple(_connection(bundle, config, name, store, wanted) for name in names)
        head = _trail(bundle, store)
        _configuration(bundle, config, names, wanted)
        return Bundled(abouts, bundle.close(abouts, head, config_hash(config)), head)


def _connection(bundle: Bundle, config: Config, name: str, store: Store, wanted: Wanted) -> About:
    report = report_of_state(config, name, store, wanted)
    inventory = inventory_of_state(config, name, store, wanted)
    for part, about in (("inventory", "models and versions with their fields"), ("issues", "the GRC's issues")):
        with bundle.text(f"{name}/{part}.csv", f"{about}, as last observed") as out:
            write_csv(inventory_tables.PARTS[part]([inventory]), out)
    for part, about in (("fields", "both sides, field by field"), ("findings", "what the controls found")):
        with bundle.text(f"{name}/{part}.csv", about) as out:
            write_csv(reconcile_tables.PARTS[part]([report]), out)
    with bundle.text(f"{name}/reconciliation.json", "the reconciliation report, waived findings included") as out:
        write_json([report], [], out)
    past = exposed(config, name, store, Span())
    with bundle.text(f"{name}/exposures.json", "when an unapproved version was in production, as bounds") as out:
        out.write(_json(asdict(past)))
    severities = dict(Counter(each.severity for each in report.standing))
    return About(name, report.taken_at, report.complete, report.gaps, report.profile, severities, report.held_back)


def _trail(bundle: Bundle, store: Store) -> str:
    """The whole trail as it stands; its end. Entries that other processes append meanwhile may be in it or not."""
    last = f"0:{GENESIS}"

    def noting(entries: Iterator[ChainedEntry]) -> Generator[ChainedEntry, None, None]:
        nonlocal last
        for entry in entries:
            last = str(entry.head)
            yield entry

    with bundle.text(TRAIL, "the whole audit trail, chained") as out, closing(noting(store.audit())) as entries:
        write_jsonl(entries, out)
    return last


def _configuration(bundle: Bundle, config: Config, names: Sequence[str], wanted: Wanted) -> None:
    with bundle.text("configuration/settings.json", "the settings; secrets are named by reference") as out:
        out.write(_json(config.settings.model_dump(mode="json")))
    for name in names:
        mapping = connection_mapping(config, name)
        with bundle.text(f"configuration/mapping-{name}.yaml", f"how the GRC of {name} is mapped") as out:
            out.write(Path(mapping.file).read_text(encoding="utf-8"))
    chosen = wanted.profile or config.settings.reports.profile
    with bundle.text("configuration/profile.yaml", "the regime under which the findings stand") as out:
        out.write(profile_text(chosen, relative_to=config.directory))
    for key, path in (("waivers", config.settings.reports.waivers), ("inventory", config.settings.inventory)):
        if path is not None:
            with bundle.text(f"configuration/{key}.yaml", f"the file that `{key}` names") as out:
                out.write((config.directory / path).read_text(encoding="utf-8"))


def _json(value: object) -> str:
    return json.dumps(value, indent=1, sort_keys=True, ensure_ascii=False) + "\n"
