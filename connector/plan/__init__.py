"""Planning: a pure function from what both sides hold and what was remembered to what should be done."""

from connector.plan.context import Absences, Context, Memory, Pair
from connector.plan.planner import Planned, plan
from connector.plan.single import plan_object

__all__ = ["Absences", "Context", "Memory", "Pair", "Planned", "plan", "plan_object"]
