"""What is left alone, and what the controls found."""

from __future__ import annotations

from connector.controls import TITLES
from connector.controls.inventory import SEVERITIES
from connector.server.addresses import QUARANTINE
from connector.server.pages.cutting import cut
from connector.server.visit import Page, Visit

DAYS = 30
"""Days of the trend."""
WHOLE = {"": "the whole object", "grc:": "every change in the GRC", "registry:": "every change in MLflow"}
"""What a quarantine without a field is about."""


def quarantine(visit: Visit, number: int) -> Page:
    """Objects and fields that are left alone, each with its reason."""
    cases = [(name, case) for name, each in visit.connections.items() for case in each.standing.quarantines]
    return Page("quarantine.html", "Quarantine", {"cut": cut(cases, number, QUARANTINE), "whole_words": WHOLE})


def findings(visit: Visit) -> Page:
    """The last count of the findings, by severity and control, and how it went over the last days."""
    tallies = {name: visit.site.store.tallies(name, DAYS) for name in visit.site.names}
    values = {"tallies": tallies, "severities": SEVERITIES, "titles": TITLES}
    return Page("findings.html", "Findings", values)
