"""The gates of a version, pure: which stages its tier needs, and what its automated gates decide."""

from connector.gates.automated import Decision, Facts, decide
from connector.gates.stages import STAGE_FIELDS, STAGE_TITLES, Stages, stages

__all__ = ["STAGE_FIELDS", "STAGE_TITLES", "Decision", "Facts", "Stages", "decide", "stages"]
