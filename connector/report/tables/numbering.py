"""The numbers that tie the rows of the inventory's tables together."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from connector.controls import JoinedModel, JoinedVersion
from connector.model.fields import FieldType
from connector.report.inventory import InventoryReport
from connector.report.tables.table import Column

ID = Column("id", "Row", type=FieldType.INTEGER)
MODEL_ID = Column("model_id", "Row of the model", type=FieldType.INTEGER, refers_to="models")
VERSION_ID = Column("version_id", "Row of the version", type=FieldType.INTEGER, refers_to="versions")


@dataclass(frozen=True, slots=True)
class Numbered:
    """A model with the numbers of its row and of its versions' rows. ``found`` counts the findings that nobody
    accepted, by version (None: those of the model itself).
    """

    report: InventoryReport
    number: int
    model: JoinedModel
    versions: tuple[tuple[int, JoinedVersion], ...]
    found: Mapping[str | None, int]

    def row_of(self, version: str | None) -> int | None:
        """The row of a version by its number; None where there is none."""
        return next((number for number, each in self.versions if each.version == version), None)


def numbered(reports: Sequence[InventoryReport]) -> Iterator[Numbered]:
    """Every model of every report, in order, with its numbers."""
    models = versions = 0
    for report in reports:
        found: dict[str, Counter[str | None]] = {}
        for finding in report.findings:
            if finding.waiver is None:
                found.setdefault(finding.model, Counter())[finding.version] += 1
        for model in report.inventory.models:
            models += 1
            first, versions = versions + 1, versions + len(model.versions)
            own = found.get(model.name, Counter())
            yield Numbered(report, models, model, tuple(enumerate(model.versions, first)), own)
