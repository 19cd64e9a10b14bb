"""The panel, the statement and the frame's own `df.mh`."""

import json
import re
import xml.dom.minidom
from datetime import date
from decimal import Decimal

import pandas as pd
import pytest
from credits_frames import frame_of, rows_of
from ipywidgets.widgets.widget import _instances

import mh_notebook as mh
from mh_notebook import credits
from mh_notebook.views.credits_state import Selection
from mh_notebook.views.credits_widgets import CreditsWidgets

FRAME = frame_of(
    {"created_at": "2026-10-01T12:00Z", "credits_charged": 5},
    {
        "created_at": "2026-10-02T22:30Z",
        "credits_charged": 450,
        "kind": "video",
        "type": "LIP_SYNC",
        "status": "queued",
    },
    {"created_at": "2026-10-03T13:00Z", "credits_charged": 110, "kind": "video", "type": "TEXT_TO_VIDEO"},
    {"created_at": "2026-10-04T14:00Z", "credits_charged": 3, "kind": "audio", "type": "VOICE_CLONER"},
)
PLAN = credits.Plan(price=1, credits=100)
WIDGET = "application/vnd.jupyter.widget-view+json"


def html_of(panel):
    return panel._repr_mimebundle_()["text/html"]


def ids(panel):
    return panel.frame["id"].tolist()


def test_the_panel_follows_its_selection():
    panel = credits.panel(FRAME, tz="Europe/Berlin", plan=PLAN)
    assert repr(panel).splitlines() == [
        "All kinds, all types, all days (Europe/Berlin)",
        "net credits 568 · settled 118 · estimated 450 · projects 4 · amount USD 5.68",
        "  Lip sync (video): 1 project, 450 credits, USD 4.50",
        "  Text to video (video): 1 project, 110 credits, USD 1.10",
        "  AI image (image): 1 project, 5 credits, USD 0.05",
        "  Voice cloner (audio): 1 project, 3 credits, USD 0.03",
    ]
    panel.select(kind="video")
    assert ids(panel) == ["p1", "p2"]
    panel.select(types=["AI_IMAGE", "LIP_SYNC"])
    assert ids(panel) == ["p0", "p1"]
    panel.select(since="2026-10-03", until="2026-10-03")  # 22:30 UTC on the 2nd is the 3rd in Berlin
    assert ids(panel) == ["p1", "p2"]
    assert repr(panel).startswith(
        "All kinds, all types, from 2026-10-03 to 2026-10-03 (Europe/Berlin)\nnet credits 560 ·"
    )
    panel.select(kind="audio", until="2026-10-01")
    assert "Nothing was spent here yet." in html_of(panel)
    panel.select()
    assert ids(panel) == ["p0", "p1", "p2", "p3"]


@pytest.mark.parametrize("tz", ["UTC", "Europe/Berlin", "America/New_York"])
def test_a_year_half_typed_selects_and_breaks_nothing(tz):
    panel = credits.panel(FRAME, tz=tz)
    panel.select(since=date(1, 1, 1), until=date.max)
    assert ids(panel) == ["p0", "p1", "p2", "p3"]
    panel.select(until=date(1, 1, 1))
    assert ids(panel) == []


def test_a_panel_says_what_its_bands_are_counted_over():
    said = "Amounts price what is selected as one bill: other days or fewer kinds may reach other bands."
    banded = credits.panel(FRAME, plan=credits.Plan(bands=[(0, "0.01"), (200, "0.005")]))
    assert repr(banded).splitlines()[-1] == said
    assert said in html_of(banded)
    assert said not in repr(credits.panel(FRAME, plan=PLAN)) + html_of(credits.panel(FRAME, plan=PLAN))


def test_the_bars_are_days_then_weeks_then_months():
    for days, period, count in ((61, "day", 62), (62, "week", 10), (434, "month", 15)):
        rows = [{"created_at": "2026-01-01T00:00Z"}]
        rows.append({"created_at": str(pd.Timestamp("2026-01-01", tz="UTC") + pd.Timedelta(days=days))})
        html = html_of(credits.panel(frame_of(*rows)))
        assert f"most in a {period}: 5 credits" in html
        assert html.count("flex:1 1 0;min-width:2px") == count


def test_a_passed_budget_is_a_warning_whatever_is_selected():
    panel = credits.panel(FRAME, budget=credits.Budget(100), now="2026-10-10")
    panel.select(kind="audio")
    assert "The month&#39;s budget is passed since 2026-10-02: 568 of 100 credits spent" in html_of(panel)
    assert "budget" not in html_of(credits.panel(FRAME, budget=credits.Budget(568), now="2026-10-10"))


def test_the_html_is_escaped_and_well_formed():
    evil = frame_of({"type": "<script>alert(1)</script>", "credits_charged": 7}, {"type": None})
    for thing in (html_of(credits.panel(evil)), credits.statement(evil, "2026-10", by="type")._repr_html_()):
        xml.dom.minidom.parseString(thing)
        assert "<script>" not in thing
        assert "&lt;script&gt;" in thing


def test_an_empty_frame_has_a_panel_too():
    panel = credits.panel(frame_of())
    assert repr(panel) == ("All kinds, all types, all days (UTC)\nnet credits 0 · settled 0 · estimated 0 · projects 0")


@pytest.mark.parametrize(
    ("options", "said"),
    [({"kind": "poem"}, "no kind 'poem'"), ({"since": "someday"}, "'someday' is no time")],
)
def test_a_selection_that_cannot_be_is_refused_and_changes_nothing(options, said):
    panel = credits.panel(FRAME)
    with pytest.raises(mh.ConfigurationError, match=said):
        panel.select(**options)
    assert ids(panel) == ["p0", "p1", "p2", "p3"]


def test_the_controls_select_and_follow_and_every_comm_is_closed_at_the_end():
    before = set(_instances)
    panel = credits.panel(FRAME)
    assert set(_instances) == before  # no comm before it is shown
    controls = panel._live()
    made = {str(name): widget for name, widget in _instances.items() if name not in before}
    assert controls.model_id in made
    controls._kind.value = "video"
    assert ids(panel) == ["p1", "p2"]
    assert controls._chosen.options == (("Lip sync", "LIP_SYNC"), ("Text to video", "TEXT_TO_VIDEO"))
    controls._chosen.value = ("LIP_SYNC",)
    assert ids(panel) == ["p1"]
    controls._kind.value = "all kinds"  # all types are offered again, and none of them is chosen
    assert (ids(panel), controls._chosen.value) == (["p0", "p1", "p2", "p3"], ())
    controls._since.value = pd.Timestamp("2026-10-03").date()
    assert ids(panel) == ["p2", "p3"]
    assert "net credits" in controls._drawing.value
    panel.select(kind="audio", types=["VOICE_CLONER"])
    assert (controls._kind.value, controls._chosen.value, controls._since.value) == ("audio", ("VOICE_CLONER",), None)
    panel.freeze()
    panel.freeze()
    assert set(_instances) == before
    assert panel._bundle("widget") == {"text/html": html_of(panel), "text/plain": repr(panel)}


def test_a_control_that_changes_selects_once_and_one_that_follows_never():
    seen = []
    controls = CreditsWidgets(FRAME, seen.append)
    controls.follow(Selection("video", ("LIP_SYNC",)))
    assert seen == []
    controls._kind.value = "audio"  # the types of before are no longer offered: still one choice of the user's
    assert seen == [Selection("audio")]
    controls._chosen.value = ("VOICE_CLONER",)
    assert seen[1:] == [Selection("audio", ("VOICE_CLONER",))]
    controls.close()


def test_a_bar_has_a_part_for_each_kind_that_cost_something():
    rows = [{"created_at": "2026-10-01T12:00Z", "kind": kind, "credits_charged": charged} for kind, charged in KINDS]
    html = html_of(credits.panel(frame_of(*rows)))
    assert 'title="2026-10-01: image 30, video 0, audio -5"' in html
    assert "most in a day: 25 credits" in html
    assert re.findall(r"height:([-0-9.]+)px;background-color:(#[0-9a-f]+)", html) == [("132.0", "#3f7fd4")]


KINDS = (("image", 30), ("video", 0), ("audio", -5))


@pytest.mark.parametrize(
    ("renderer", "types"),
    [("html", ["text/html", "text/plain"]), ("text", ["text/plain"]), ("none", [])],
)
def test_the_panel_is_shown_as_the_place_can(renderer, types):
    before = set(_instances)
    assert sorted(credits.panel(FRAME)._bundle(renderer)) == types
    assert set(_instances) == before


@pytest.mark.kernel
def test_in_a_kernel_the_panel_is_a_widget_and_html_and_freezes_to_html_alone(tmp_path):
    pytest.importorskip("jupyter_client")
    from kernels import running_kernel

    with running_kernel(tmp_path) as kernel:
        kernel.run("from mh_notebook import credits\nfrom mh_notebook.frames import build_frame")
        shown = kernel.send("panel = credits.panel(build_frame([])); panel")
        kernel.reply(shown)
        messages = kernel.messages(shown)
        (display,) = [m["content"] for m in messages if m["msg_type"] == "display_data"]
        assert set(display["data"]) == {"text/html", "text/plain", WIDGET}
        opened = {m["content"]["comm_id"] for m in messages if m["msg_type"] == "comm_open"}
        assert 0 < len(opened) <= 25
        frozen = kernel.send("panel.freeze()")
        kernel.reply(frozen)
        messages = kernel.messages(frozen)
        (update,) = [m["content"] for m in messages if m["msg_type"] == "update_display_data"]
        assert set(update["data"]) == {"text/html", "text/plain"}
        assert update["transient"]["display_id"] == display["transient"]["display_id"]
        assert {m["content"]["comm_id"] for m in messages if m["msg_type"] == "comm_close"} == opened


STATED = frame_of(
    {"created_at": "2026-09-30T23:00Z", "credits_charged": 100, "credits_refunded": 0},
    {
        "created_at": "2026-10-05T12:00Z",
        "credits_charged": 0,
        "credits_refunded": 90,
        "status": "error",
        "kind": "video",
    },
    {
        "created_at": "2026-10-06T12:00Z",
        "credits_charged": 30,
        "credits_refunded": None,
        "status": "queued",
        "kind": "video",
    },
    {"created_at": "2026-10-31T23:30Z", "credits_charged": 7, "credits_refunded": 0},  # November in Berlin
    history=["credits_refunded"],
)


def test_a_statement_says_what_was_charged_refunded_and_is_to_be_paid():
    stated = credits.statement(STATED, "2026-10", tz="Europe/Berlin", plan=PLAN)
    assert repr(stated).splitlines() == [
        "Credits of 2026-10 (Europe/Berlin)",
        "kind | projects | charged | refunded | net | amount",
        "image | 1 | 100 | 0 | 100 | 1.00",
        "video | 2 | 120 | 90 | 30 | 0.30",
        "total | 3 | 220 | 90 | 130 | 1.30",
        "1 project not settled yet: 30 credits of this may still change.",
        "Amounts in USD, rounded once, so that the rows add up to the total.",
    ]
    assert rows_of(stated.table)[-1] == [3, 220, 90, 130, Decimal("1.30")]
    xml.dom.minidom.parseString(stated._repr_html_())


def test_a_statement_says_of_how_many_that_have_ended_a_refund_is_not_known():
    failed = {"status": "error", "credits_charged": 30, "credits_refunded": None}  # seen only once it had failed
    stated = credits.statement(
        frame_of(failed, {**failed, "status": "queued"}, history=["credits_refunded"]), "2026-10"
    )
    assert stated.notes == (
        "1 project not settled yet: 30 credits of this may still change.",
        "Of 1 project it is not known whether something was refunded; net holds.",
    )


def test_a_statement_of_a_frame_without_refunds_says_that_they_are_not_known():
    stated = credits.statement(FRAME, "2026-10-01", by=["kind", "type"])
    assert repr(stated).splitlines()[1:4] == [
        "kind, type | projects | charged | refunded | net",
        "image, AI image | 1 | not known | not known | 5",
        "total | 1 | not known | not known | 5",
    ]
    assert stated.notes[0] == "Everything is settled."


def test_df_mh_says_what_the_functions_say():
    pd.testing.assert_frame_equal(FRAME.mh.credits(), credits.summary(FRAME))
    pd.testing.assert_frame_equal(FRAME.mh.credits(by=["kind", "type"]), credits.summary(FRAME, ["kind", "type"]))
    pd.testing.assert_frame_equal(FRAME.mh.over_time("W", tz="Asia/Tokyo"), credits.over_time(FRAME, "W", "Asia/Tokyo"))
    pd.testing.assert_frame_equal(FRAME.mh.over_time(by="kind"), credits.over_time(FRAME, by="kind"))
    pd.testing.assert_frame_equal(FRAME.mh.unit_costs(), credits.unit_costs(FRAME))
    pd.testing.assert_frame_equal(FRAME.mh.audit(), credits.audit(FRAME))


def test_df_mh_draws():
    pytest.importorskip("matplotlib").use("Agg")
    from matplotlib import pyplot as plt

    axes = FRAME.mh.plot(kind="by_type", figsize=(5, 2))
    assert len(axes.get_yticklabels()) == 4
    plt.close("all")


@pytest.mark.parametrize(
    ("call", "named"),
    [
        (lambda mh_: mh_.credits(), "credits_settled"),
        (lambda mh_: mh_.over_time(), "created_at"),
        (lambda mh_: mh_.unit_costs(), "status"),
        (lambda mh_: mh_.audit(), "kind"),
        (lambda mh_: mh_.gallery(), "path"),
        (lambda mh_: mh_.gallery(client=object()), "kind"),
        (lambda mh_: mh_.watch(), "kind"),
        (lambda mh_: mh_.plot(), "created_at"),
    ],
)
def test_df_mh_names_the_columns_that_a_frame_lacks(call, named):
    with pytest.raises(mh.ConfigurationError, match=f"no column .*{named}"):
        call(pd.DataFrame({"x": [1]}).mh)


def test_df_mh_shows_and_watches(sandbox, client, monkeypatch):
    monkeypatch.setenv("MAGIC_HOUR_API_KEY", sandbox.token)
    monkeypatch.setenv("MAGIC_HOUR_BASE_URL", sandbox.url)
    ref = sandbox.add("image", "AI_IMAGE", name="A boat", queue_seconds=1, render_seconds=1)
    frame = client.projects.frame([ref]).mh.watch().wait(30)
    assert frame["status"].tolist() == ["complete"]
    shown = frame.mh.gallery(client=client)
    assert "A boat" in repr(shown)
    files = client.projects.download(frame)
    assert len(files.mh.gallery().figures) == 1
    seen = pd.concat([frame, frame]).assign(paths=[tuple(files["path"]), ()])  # as the history knows it
    assert len(seen.mh.gallery().figures) == 1
    assert "A boat" in repr(seen.mh.gallery())
    as_text = seen.assign(paths=seen["paths"].map(str))  # as CSV carries it
    assert repr(as_text.mh.gallery()) == repr(seen.mh.gallery())


def test_the_panel_changes_nothing_and_its_json_is_small():
    before = FRAME.copy()
    panel = credits.panel(FRAME)
    panel.select(kind="video")
    pd.testing.assert_frame_equal(FRAME, before)
    assert len(json.dumps(panel._repr_mimebundle_())) < 10_000
