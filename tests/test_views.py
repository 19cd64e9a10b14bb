"""The views: words, HTML, text, and the live panel."""

from __future__ import annotations

import io
import sys
import xml.etree.ElementTree as ET
from datetime import UTC, datetime
from types import SimpleNamespace

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mh_notebook.protocol.typical import Typical
from mh_notebook.views import front_end
from mh_notebook.views.card import project_html, project_text
from mh_notebook.views.front_end import UnknownRendererError, renderer
from mh_notebook.views.html import fold_html, panel_html, row_html
from mh_notebook.views.markup import clean, tag
from mh_notebook.views.outputs import mimebundle
from mh_notebook.views.panel import LivePanel
from mh_notebook.views.state import FINISHED, Panel, Phase, Row
from mh_notebook.views.summary import in_order, summary_parts
from mh_notebook.views.text import panel_text, row_text
from mh_notebook.views.wording import (
    about_text,
    bytes_text,
    credits_text,
    cut,
    duration_text,
    left_text,
    range_text,
    shown,
    status_word,
    type_text,
)

HOSTILE = [
    "<script>canary()</script>",
    '"><img src=x onerror=canary()>',
    "</div></details>",
    "\u202egnp.exe\u2066",
    "nul\x00 and \ud800 and \x1b[31m",
    "x" * 10_000,
    "{{x}} {% y %} $a$ &amp; ]]>",
]
USUAL = Typical(seconds=51, late=102)
SECRET = "https://videos.magichour.ai/a/output.mp4?auth-token=hunter2"
TAGS = {"div", "span", "strong", "progress", "details", "summary"}
ATTRIBUTES = {"style", "title", "value", "max", "class"}
FIELDS = ("kind", "id", "status", "name", "type", "error", "hint", "note")


def row(phase: Phase = "complete", **fields: object) -> Row:
    return msgspec.structs.replace(Row(kind="image", id="a1", phase=phase), **fields)


def panel(*phases: Phase) -> Panel:
    return Panel(rows=tuple(row(phase, id=f"p{n}") for n, phase in enumerate(phases)))


def parsed(html: str) -> ET.Element:
    """Parse as XML, and hold that nothing but our own elements and attributes is in it."""
    tree = ET.fromstring(f"<root>{html}</root>")
    found = list(tree.iter())[1:]
    assert {element.tag for element in found} <= TAGS
    assert {name for element in found for name in element.attrib} <= ATTRIBUTES
    return tree


def text_of(html: str) -> str:
    return "".join(parsed(html).itertext())


def bars(html: str) -> list[dict[str, str]]:
    return [{k: v for k, v in bar.attrib.items() if k in ("value", "max")} for bar in parsed(html).iter("progress")]


# Words


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0, "0 s"), (0.46, "0.4 s"), (4.9, "4 s"), (59.9, "59 s"), (74, "1 min 14 s"), (7500, "2 h 05 min")],
)
def test_a_time_is_written_in_its_two_largest_units(seconds, text):
    assert duration_text(seconds) == text


@pytest.mark.parametrize("seconds", [-1, float("nan"), float("inf")])
def test_what_is_no_time_is_not_written(seconds):
    assert duration_text(seconds) == ""


def test_an_estimated_time_is_no_finer_than_it_is_known():
    assert [about_text(s) for s in (4, 51, 96, 229, 772)] == ["4 s", "51 s", "96 s", "4 min", "13 min"]


def test_credits_say_when_they_are_an_estimate_and_nothing_when_unknown():
    assert [credits_text(1), credits_text(1200), credits_text(90, settled=False), credits_text(None)] == [
        "1 credit",
        "1,200 credits",
        "90 credits est.",
        "",
    ]


@pytest.mark.parametrize(
    ("count", "text"),
    [
        (0, "0 B"),
        (999, "999 B"),
        (1000, "1 kB"),
        (999_600, "1.0 MB"),
        (3_400_000, "3.4 MB"),
        (512e6, "512 MB"),
    ],
)
def test_a_size_has_three_figures_and_a_decimal_unit(count, text):
    assert bytes_text(int(count)) == text


@pytest.mark.parametrize(
    ("type_", "text"),
    [
        ("TEXT_TO_VIDEO", "Text to video"),
        ("AI_IMAGE", "AI image"),
        ("QR_CODE", "QR code"),
        ("a<b", "a<b"),
        ("", ""),
    ],
)
def test_a_type_is_written_for_people(type_, text):
    assert type_text(type_) == text


def test_the_word_is_the_apis_own_while_it_may_change_and_ours_at_the_end():
    assert status_word(row("active", status="upscaling")) == "upscaling"
    assert status_word(row("waiting", status="draft")) == "draft"
    assert status_word(row("waiting")) == "waiting"
    assert status_word(row("stopped", status="rendering")) == "stopped"


def test_text_is_cut_with_an_ellipsis_to_the_length_asked_for():
    assert cut("abcdef", 4) == "abc…"
    assert cut("abcd", 4) == "abcd"


# Markup


def test_children_and_attributes_are_escaped_and_markup_is_not_escaped_twice():
    assert tag("b", "<i>", tag("br"), title='"&') == '<b title="&#34;&amp;">&lt;i&gt;<br /></b>'


def test_attributes_may_be_true_none_or_named_like_a_keyword():
    assert tag("video", controls=True, src=None, muted=False, class_="a") == (
        '<video controls="controls" class="a"></video>'
    )


@given(st.text(st.characters(codec=None)))
def test_any_text_survives_as_xml(text):
    tree = ET.fromstring(tag("p", text, title=text))
    assert (tree.text or "") == clean(text)


@given(st.text(st.characters(codec=None)), st.sampled_from(FIELDS))
def test_any_text_in_any_field_gives_well_formed_html_and_one_line_of_text(text, field):
    one = Panel(rows=(row("active", **{field: text}),))
    parsed(panel_html(one))
    assert len(panel_text(one).splitlines()) == 2


@pytest.mark.parametrize("text", HOSTILE)
@pytest.mark.parametrize("field", FIELDS)
def test_hostile_text_is_inert_in_every_field(field, text):
    hostile = row("active", **{field: text})
    html = row_html(hostile)
    parsed(html)
    assert len(html) < 4000
    assert len(row_text(hostile)) < 700
    for made in (html, row_text(hostile)):
        assert not set(made) & set("\x00\x1b\ud800\u202e\u2066")


@pytest.mark.parametrize("field", FIELDS)
def test_a_link_in_any_field_is_cut_to_its_host(field):
    one = Panel(rows=(row("active", **{field: f"see {SECRET}"}),))
    for made in mimebundle(one).values():
        assert "hunter2" not in made
        assert "output.mp4" not in made


def test_line_breaks_in_a_name_do_not_break_a_line():
    assert shown("a\r\n b\u2028c\td") == "a b c d"


# Panels


def test_the_summary_counts_what_ended_and_tells_charged_from_estimated_credits():
    rows = (
        row(credits=300, settled=True),
        row("active", credits=90),
        row("error", credits=22, settled=True),
        row("failed"),
        row("canceled"),
        row("stopped"),
    )
    assert summary_parts(Panel(rows=rows)) == [
        "1 of 6 complete",
        "2 failed",
        "1 canceled",
        "1 not watched any more, still rendering",
        "412 credits, 90 est.",
    ]


def test_the_summary_of_estimates_alone_and_of_nothing():
    assert summary_parts(Panel(rows=(row("active", credits=90),))) == ["0 of 1 complete", "90 credits est."]
    assert summary_parts(Panel(rows=())) == ["Nothing to watch"]
    assert "Nothing to watch" in text_of(panel_html(Panel(rows=())))


def test_what_moves_comes_first_then_problems_then_what_waits_then_what_was_stopped_then_what_is_done():
    rows = panel("complete", "waiting", "error", "active", "stopped", "downloading", "failed", "active").rows
    assert [r.id for r in in_order(rows)] == ["p3", "p5", "p7", "p2", "p6", "p1", "p4", "p0"]


def test_twenty_rows_are_in_sight_and_the_rest_is_folded():
    assert fold_html(panel(*["active"] * 20).rows) == ""
    tree = parsed(panel_html(panel(*["active"] * 24, "complete")))
    (details,) = tree.iter("details")
    assert details.find("summary").text == "5 more: 4 active, 1 complete"
    assert len(list(details.iter("progress"))) == 5
    assert len(list(tree.iter("progress"))) == 26


def test_past_two_hundred_rows_the_fold_says_how_many_it_leaves_out():
    html = panel_html(panel(*["waiting"] * 1000))
    assert len(bars(html)) == 201
    assert "980 more: 980 waiting" in text_of(html)
    assert "and 800 more, all of them in the frame" in text_of(html)


def test_a_fold_is_the_same_while_only_time_passes():
    def at(seconds: float) -> str:
        return fold_html([row("active", id=str(n), elapsed=seconds) for n in range(30)])

    assert at(3.0) == at(9.0)


@pytest.mark.parametrize(
    ("phase", "bar"),
    [
        ("waiting", {"max": "1"}),
        ("active", {"max": "1"}),
        ("downloading", {"value": "250", "max": "1000"}),
        ("complete", {"value": "1", "max": "1"}),
        ("error", {"value": "0", "max": "1"}),
        ("failed", {"value": "0", "max": "1"}),
        ("canceled", {"value": "0", "max": "1"}),
        ("stopped", {"value": "0", "max": "1"}),
    ],
)
def test_only_bytes_and_ends_give_a_bar_its_value(phase, bar):
    one = row(phase, elapsed=30.0, typical=USUAL, bytes_done=250, bytes_total=1000)
    assert bars(row_html(one)) == [bar]
    assert "%" not in text_of(row_html(one))


def test_the_bar_of_a_draft_stands_still_and_each_bar_has_a_name():
    assert bars(row_html(row("waiting", status="draft"))) == [{"value": "0", "max": "1"}]
    assert bars(row_html(row("waiting", status="queued"))) == [{"max": "1"}]
    assert all(bar.get("title") for bar in parsed(panel_html(panel("active", "complete"))).iter("progress"))


def test_bytes_of_an_unknown_total_have_no_value_and_too_many_bytes_fill_the_bar():
    assert bars(row_html(row("downloading", bytes_done=5))) == [{"max": "1"}]
    assert bars(row_html(row("downloading", bytes_done=9, bytes_total=5))) == [{"value": "5", "max": "5"}]


def test_the_bar_of_a_panel_counts_the_rows_that_ended():
    assert bars(panel_html(panel("complete", "error", "active")))[0] == {"value": "2", "max": "3"}


def test_each_phase_has_a_word_and_a_glyph_of_its_own():
    texts = {row_text(row(phase))[:13] for phase in (*FINISHED, "waiting", "active", "downloading")}
    assert len(texts) == 8


def test_html_uses_only_what_an_untrusted_jupyterlab_keeps():
    html = panel_html(panel(*["active", "complete", "error"] * 10))
    assert not [word for word in ("<style", "var(", "aria-", "calc(", "url(", "<source") if word in html]


def test_a_running_row_says_how_long_its_type_takes_and_a_finished_one_does_not():
    def said(elapsed, status="rendering", typical=USUAL):
        return row_text(row("active", status=status, elapsed=elapsed, typical=typical)).partition("a1  ")[2]

    assert said(23.0) == "23 s · typically 51 s"
    assert said(103.0) == "1 min 43 s · longer than usual, typically 51 s"
    assert said(None, status="draft") == ""
    assert said(23.0, typical=None) == "23 s"
    own = Typical(seconds=51, late=70, low=38.2, high=69.9, count=12)
    assert said(23.0, typical=own) == "23 s · typically 51 s (yours: 38-70 s, n = 12)"
    assert said(71.0, typical=own) == "1 min 11 s · longer than usual, typically 51 s"
    assert "typically" not in row_text(row(elapsed=23, typical=USUAL))


@pytest.mark.parametrize(
    ("low", "high", "text"), [(0.2, 4.4, "1-4 s"), (38, 70, "38-70 s"), (96, 104, "2-2 min"), (240, 780, "4-13 min")]
)
def test_a_range_of_times_has_one_unit(low, high, text):
    assert range_text(low, high) == text


def test_the_summary_says_how_long_the_slowest_will_take_and_nothing_where_one_is_unknown():
    def left(*rows):
        return [part for part in summary_parts(Panel(rows=rows)) if "left" in part]

    early = row("active", status="rendering", elapsed=10.0, typical=USUAL)
    late = row("active", status="rendering", elapsed=60.0, typical=USUAL)
    assert left(early, row()) == ["about 40 s left"]
    assert left(early, late) == ["about 40 s left"]
    assert left(late) == []
    assert left(early, row("active", status="rendering", elapsed=1.0)) == []
    assert left(early, row("waiting", status="draft")) == []
    assert left(row()) == []


@pytest.mark.parametrize(
    ("seconds", "text"), [(0.1, "10 s"), (14, "10 s"), (36, "40 s"), (54, "50 s"), (55, "1 min"), (200, "3 min")]
)
def test_a_time_that_is_left_is_too_coarse_to_flicker(seconds, text):
    assert left_text(seconds) == text


def test_rows_as_text():
    done = row(name="Harbour at dawn", type="AI_IMAGE", elapsed=4.4, credits=5, settled=True)
    assert row_text(done) == "✓ complete     image  Harbour at dawn (AI_IMAGE)  4 s  5 credits"
    bad = row("error", error="No face was found", hint="Use another picture.")
    assert row_text(bad) == "✕ error        image  a1  No face was found  Use another picture."
    coming = row("downloading", bytes_done=1_200_000, bytes_total=3_400_000)
    assert row_text(coming) == "↓ downloading  image  a1  1.2 MB of 3.4 MB"


# One project


def project(**fields: object) -> SimpleNamespace:
    link = SimpleNamespace(url=SECRET, expires_at=datetime(2026, 8, 2, 12, 30, tzinfo=UTC))
    given = {
        "kind": "video",
        "id": "v1",
        "name": "Fjord",
        "type": "TEXT_TO_VIDEO",
        "status": "complete",
        "created_at": datetime(2026, 8, 1, 12, 0, tzinfo=UTC),
        "credits_charged": 90,
        "settled": True,
        "error": None,
        "downloads": (link,),
        "downloaded_paths": ("outputs/v1-1.mp4",),
        "width": 1280,
        "height": 720,
        "start_seconds": 1.5,
        "end_seconds": 5,
        "fps": 24.0,
    }
    return SimpleNamespace(**{**given, **fields})


def test_a_project_as_text_says_what_is_known_and_no_link():
    facts = "video v1 · 1280 × 720 · 3.5 s at 24 fps · created 2026-08-01 12:00 UTC"  # noqa: RUF001
    assert project_text(project()).splitlines() == [
        "✓ complete     video  Fjord (TEXT_TO_VIDEO)  90 credits",
        f"  {facts} · 1 file to download, links until 2026-08-02 12:30 UTC",
        "  saved outputs/v1-1.mp4",
    ]


def test_a_failed_project_says_why_and_unknown_sizes_are_left_out():
    error = SimpleNamespace(code="no_source_face", message=f"No face in {SECRET}")
    bad = project(status="error", error=error, downloads=(), downloaded_paths=(), width=-1, height=-1, fps=None)
    text = text_of(project_html(bad))
    assert "No face in https://videos.magichour.ai/… (no_source_face)" in text
    assert "-1" not in text


def test_the_frame_rate_is_an_estimate_until_the_video_is_complete():
    assert "24 fps est." in project_text(project(status="rendering", settled=False))
    assert "90 credits est." in project_text(project(status="rendering", settled=False))


@pytest.mark.parametrize("text", HOSTILE)
@pytest.mark.parametrize("field", ["kind", "id", "name", "type", "status"])
def test_hostile_text_is_inert_in_a_card(field, text):
    parsed(project_html(project(**{field: text})))
    assert SECRET not in project_html(project(**{field: SECRET}))


# Where things are shown


def test_without_a_kernel_the_renderer_is_text(monkeypatch):
    monkeypatch.delenv("MH_NOTEBOOK_RENDERER", raising=False)
    monkeypatch.setattr(front_end, "shell", lambda: None)
    assert renderer() == "text"
    monkeypatch.setattr(front_end, "shell", lambda: SimpleNamespace(execution_count=3))
    assert renderer() == "text"


def test_a_kernel_gets_the_widget_and_colab_html(monkeypatch):
    monkeypatch.delenv("MH_NOTEBOOK_RENDERER", raising=False)
    monkeypatch.setattr(front_end, "shell", lambda: SimpleNamespace(kernel=object()))
    assert renderer() == "widget"
    monkeypatch.setitem(sys.modules, "google.colab", SimpleNamespace())
    assert renderer() == "html"


@pytest.mark.parametrize("name", ["widget", "html", "text", "none", " HTML "])
def test_the_variable_decides_when_it_is_set(monkeypatch, name):
    monkeypatch.setenv("MH_NOTEBOOK_RENDERER", name)
    assert renderer() == name.strip().lower()


def test_a_renderer_that_does_not_exist_is_refused_with_the_choices(monkeypatch):
    monkeypatch.setenv("MH_NOTEBOOK_RENDERER", "svg")
    with pytest.raises(UnknownRendererError, match="is 'svg'; choose one of widget, html, text, none"):
        renderer()
    with pytest.raises(ValueError, match="renderer is 'tv'"):
        LivePanel(panel(), renderer="tv")


def test_text_has_one_line_for_each_change_and_a_summary_at_the_end(capsys):
    first = panel("waiting", "waiting")
    live = LivePanel(first, renderer="text")
    live.show()
    assert capsys.readouterr().err == ""
    rendering = Panel(rows=(row("active", id="p0", status="rendering"), first.rows[1]))
    for seconds in range(3):
        live.update(Panel(rows=(msgspec.structs.replace(rendering.rows[0], elapsed=float(seconds)), first.rows[1])))
    live.update(rendering)
    assert capsys.readouterr().err == "◐ rendering    image  p0\n"
    live.finish(panel("complete", "error"))
    live.finish(panel("complete", "complete"))
    live.update(panel("active", "active"))
    assert capsys.readouterr().err == (
        "✓ complete     image  p0\n✕ error        image  p1\n1 of 2 complete · 1 failed\n"
    )


def test_none_shows_nothing(capsys):
    live = LivePanel(panel("active"), renderer="none")
    live.show()
    live.update(panel("complete"))
    live.finish(panel("complete"))
    assert capsys.readouterr() == ("", "")


def test_a_stream_that_is_closed_missing_or_ascii_raises_nothing(monkeypatch):
    closed = io.StringIO()
    closed.close()
    ascii_bytes = io.BytesIO()
    for stream in (closed, None, io.TextIOWrapper(ascii_bytes, encoding="ascii")):
        monkeypatch.setattr(sys, "stderr", stream)
        LivePanel(panel("complete"), renderer="text").show()
    assert ascii_bytes.getvalue() == b"? complete     image  p0\n"


def test_a_bundle_is_frozen_unless_a_widget_draws_it():
    assert sorted(mimebundle(panel("active"))) == ["text/html", "text/plain"]
    assert mimebundle(panel("active"), live="m1")["application/vnd.jupyter.widget-view+json"] == {
        "model_id": "m1",
        "version_major": 2,
        "version_minor": 0,
    }


KERNEL_CELLS = [
    """
import os; os.environ.pop("MH_NOTEBOOK_RENDERER", None)
import threading, comm
from mh_notebook.views import widgets; widgets.SLOW_PAUSE = 0
from mh_notebook.views import panel as panels; panels.PAUSE = 0
from mh_notebook.views.panel import LivePanel
from mh_notebook.views.state import Panel, Row
def panel(done): return Panel(rows=tuple(
    Row(kind="image", id=str(n), phase="complete" if n < done else "active") for n in range(100)))
def comms(): return len(comm.get_comm_manager().comms)
def elsewhere(call, *arguments):
    thread = threading.Thread(target=call, args=arguments); thread.start(); thread.join()
from mh_notebook.views.actions import Actions
live = LivePanel(panel(0), actions=Actions(print, print, print)); live.show()
print(live.renderer, comms(), live.shown_in_this_cell())
""",
    "print(live.shown_in_this_cell()); live.show(); print(comms())",
    "for n in (1, 1, 2, 2, 3, 3): elsewhere(live.update, panel(n))",
    "elsewhere(live.finish, panel(100)); print(comms())",
]


def run_cells(cells: list[str]) -> list[list[dict]]:
    from jupyter_client.manager import start_new_kernel

    manager, client = start_new_kernel(kernel_name="python3")
    seen: list[list[dict]] = []
    try:
        for cell in cells:
            seen.append([])
            client.execute_interactive(cell, output_hook=seen[-1].append, timeout=60, store_history=True)
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)
        manager.cleanup_resources()
    return seen


def of_type(messages: list[dict], *types: str) -> list[dict]:
    return [message["content"] for message in messages if message["msg_type"] in types]


@pytest.mark.kernel
def test_in_a_kernel_a_panel_is_updated_from_a_thread_frozen_in_every_cell_and_leaves_no_comm():
    first, second, third, last = run_cells(KERNEL_CELLS)
    printed = ["".join(c["text"] for c in of_type(m, "stream")) for m in (first, second, last)]
    assert printed == ["widget 10 True\n", "False\n10\n", "0\n"]
    assert len(of_type(first, "comm_open")) == 10
    assert len(of_type(second, "comm_open", "comm_msg")) == 0
    assert len(of_type(third, "comm_msg")) == 11  # three in the rows, the fold, the choices; two for the buttons
    ids = {c["transient"]["display_id"] for m in (first, second) for c in of_type(m, "display_data")}
    frozen = of_type(last, "update_display_data")
    assert {c["transient"]["display_id"] for c in frozen} == ids
    assert [sorted(c["data"]) for c in frozen] == [["text/html", "text/plain"]] * 2
    assert all("100 of 100 complete" in c["data"]["text/html"] for c in frozen)
    assert len(of_type(last, "comm_close")) == 10
