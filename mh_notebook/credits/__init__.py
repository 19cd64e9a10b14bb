"""Credit numbers that add up."""

from .auditing import audit
from .budgets import Budget, BudgetState
from .calendars import during
from .money import Plan
from .pictures import plot
from .summing import distinct, summary, total
from .timeline import Projection, over_time, projection
from .units import outliers, per_unit, unit_costs

from mh_notebook.views.credits_panel import panel  # isort: skip  # it counts with the modules above

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
    "panel",
    "per_unit",
    "plot",
    "projection",
    "summary",
    "total",
    "unit_costs",
]
