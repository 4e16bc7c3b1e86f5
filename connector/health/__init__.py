"""How each connection stands, and whether all of it is well: one judgement for probes, metrics, pages and commands."""

from connector.health.judging import AuditState, Cause, Health, Reason, Rules, health_of, unavailable
from connector.health.standing import Standing, open_cases, released, standing

__all__ = [
    "AuditState",
    "Cause",
    "Health",
    "Reason",
    "Rules",
    "Standing",
    "health_of",
    "open_cases",
    "released",
    "standing",
    "unavailable",
]
