"""A budget in the panel of a watch."""

from datetime import UTC, datetime, timedelta

import pytest
from histories import TurnedClock, make
from msgspec.structs import replace

import mh_notebook as mh
from mh_notebook.credits import Budget
from mh_notebook.spending import Spending
from mh_notebook.views.html import panel_html
from mh_notebook.views.text import panel_text


@pytest.fixture
def world(monkeypatch):
    """A sandbox whose time stands, and a client that asks often; 80 credits were spent this month already."""
    monkeypatch.setenv("MAGIC_HOUR_POLL_INTERVAL", "0.02")
    clock = TurnedClock()
    with mh.Sandbox(empty=True, clock=clock) as sandbox, sandbox.client(progress=False) as client:
        client.projects.frame(sandbox.add("image", credits=80))
        yield sandbox, client, clock


def watch(world, budget, **options):
    sandbox, client, clock = world
    ref = sandbox.add("video", **{"credits": 30, "final_credits": 30, **options})
    client.projects.frame(ref)  # in the history too: counted once all the same
    monitor = client.projects.watch(ref, budget=budget)
    clock.turn()
    monitor.wait(20)
    return monitor.panel


def test_a_budget_that_is_passed_is_a_line_of_the_panel_in_every_form(world):
    panel = watch(world, Budget(100))
    assert panel.warning.startswith("The month's budget is passed since 20")
    assert panel.warning.endswith(": 110 of 100 credits spent, 10 too many.")
    assert panel_text(panel).splitlines()[0] == f"! {panel.warning}"
    assert "110 of 100 credits spent" in panel_html(panel)


def test_a_budget_that_is_not_passed_says_nothing(world):
    panel = watch(world, Budget(110))
    assert panel.warning == ""
    assert "budget" not in panel_text(panel) + panel_html(panel)


def test_what_is_refunded_is_not_spent(world):
    assert watch(world, Budget(100), outcome="error", final_credits=0).warning == ""


def test_what_settles_higher_counts_as_it_settles(world):
    assert "120 of 115 credits spent" in watch(world, Budget(115), final_credits=40).warning


def test_without_a_history_what_is_watched_counts_alone(world):
    sandbox, _, clock = world
    with sandbox.client(progress=False, history=False) as client:
        assert watch((sandbox, client, clock), Budget(100)).warning == ""
        assert "30 of 29 credits spent" in watch((sandbox, client, clock), Budget(29)).warning


def test_on_a_terminal_it_is_said_at_the_end(world, monkeypatch, capsys):
    sandbox, _, clock = world
    monkeypatch.setenv("MH_NOTEBOOK_RENDERER", "text")
    with sandbox.client() as client:
        watch((sandbox, client, clock), Budget(100))
    assert capsys.readouterr().err.splitlines()[-1].startswith("! The month's budget is passed since")


def test_what_is_no_budget_is_said_at_once(world):
    with pytest.raises(mh.ConfigurationError, match=r"budget is 5000. Such as budget=mh.credits.Budget\("):
        watch(world, 5000)


def test_a_project_dated_far_ahead_does_not_move_the_period():
    now = datetime.now(UTC)
    ours = replace(make("image", "a", charged=30), created_at=now)
    spending = Spending(Budget(29), None)
    for ahead in (timedelta(minutes=5), timedelta(days=400)):
        theirs = replace(make("image", "b", charged=0), created_at=now + ahead)
        assert "30 of 29 credits spent" in spending.warning([ours, theirs])
        spending.warning([])
