"""Credit numbers that add up."""

from .auditing import audit
from .budgets import Budget, BudgetState
from .calendars import during
from .money import Plan
from .summing import distinct, summary, total
from .timeline import Projection, over_time, projection
from .units import outliers, per_unit, unit_costs

__all__ = [
    "Budget",
    "BudgetState",
    "Plan",
    "Projection",
    "audit",
    "distinct",
    "during",
    "outliers",
    "over_time",
    "per_unit",
    "projection",
    "summary",
    "total",
    "unit_costs",
]
