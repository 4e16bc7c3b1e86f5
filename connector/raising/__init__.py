"""Findings to the GRC: what becomes of the issue of each finding. Pure."""

from connector.raising.deciding import FINDING, Verdict, decide, decide_of, remembered, told_of
from connector.raising.lostkeys import keys_are_lost
from connector.raising.planning import Judged, plan_findings, remembered_refusals

__all__ = [
    "FINDING",
    "Judged",
    "Verdict",
    "decide",
    "decide_of",
    "keys_are_lost",
    "plan_findings",
    "remembered",
    "remembered_refusals",
    "told_of",
]
