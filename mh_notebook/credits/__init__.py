"""Credit numbers that add up."""

from .auditing import audit
from .budgets import Budget, BudgetState
from .calendars import during
from .money import Plan
from .pictures import plot
from .summing import distinct, summary, total
from .timeline import Projection, over_time, projection
from .units import outliers, per_unit, unit_costs

# What shows credits counts with the modules above, so it comes after them.
from mh_notebook.views.credits_panel import CreditsPanel, panel  # isort: skip
from mh_notebook.views.credits_statement import Statement, statement  # isort: skip

__all__ = [
    "Budget",
    "BudgetState",
    "CreditsPanel",
    "Plan",
    "Projection",
    "Statement",
    "audit",
    "distinct",
    "during",
    "outliers",
    "over_time",
    "panel",
    "per_unit",
    "plot",
    "projection",
    "statement",
    "summary",
    "total",
    "unit_costs",
]
