"""The buttons of a panel: what they offer, and what a click does."""

import threading
import time

import pytest
from test_views import panel, row, text_of

from mh_notebook.views.actions import Actions, choices
from mh_notebook.views.panel import LivePanel
from mh_notebook.views.state import Panel
from mh_notebook.views.widgets import WidgetOutput


def until(condition, seconds=20.0):
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        threading.Event().wait(0.005)


class Clicks(list):
    """What was asked, in order."""

    @property
    def actions(self):
        return Actions(
            stop=lambda: self.append(("stop",)),
            show=lambda rows: self.append(("show", rows)),
            download=lambda rows: self.append(("download", rows)),
        )


@pytest.fixture
def clicks():
    return Clicks()


def widget(clicks, *phases):
    output = WidgetOutput(panel(*phases), clicks.actions)
    output._drawn = -10.0  # long ago: the next change is drawn at once
    return output


def buttons(output):
    return [label for label, _ in output._controls.buttons.options]


def offered(output):
    return [label for label, _ in output._controls.pick.options]


def click(output, action):
    output._controls.buttons.value = action
    assert output._controls.buttons.value is None  # it does not stay pressed


def test_nothing_can_be_shown_before_something_is_complete(clicks):
    output = widget(clicks, "active", "error", "waiting")
    assert buttons(output) == ["Stop watching"]
    assert offered(output) == []
    click(output, "stop")
    assert clicks == [("stop",)]


def test_each_row_that_is_complete_is_offered_and_all_of_them(clicks):
    output = widget(clicks, "complete", "active", "complete")
    assert buttons(output) == ["Show", "Download", "Stop watching"]
    assert offered(output) == ["all 2 complete", "p0 (image)", "p2 (image)"]
    click(output, "show")
    output._controls.pick.label = "p2 (image)"
    click(output, "download")
    click(output, "show")
    assert clicks == [("show", (0, 2)), ("download", (2,)), ("show", (2,))]


def test_a_choice_by_name_stays_when_more_is_offered_and_all_means_all_there_are(clicks):
    output = widget(clicks, "complete", "active", "active")
    output.update(panel("complete", "complete", "active"))
    assert output._controls.pick.label == "all 2 complete"
    output._controls.pick.label = "p1 (image)"
    output._drawn = -10.0
    output.update(panel("complete", "complete", "complete"))
    assert output._controls.pick.label == "p1 (image)"
    assert offered(output)[0] == "all 3 complete"


def test_two_rows_of_one_name_are_two_choices_and_hostile_names_are_short(clicks):
    twins = Panel(rows=(row(name="Fjord"), row(id="a2", name="Fjord"), row(id="a3", name="x" * 10_000)))
    labels = [label for label, _ in choices(twins)]
    assert len(set(labels)) == 4
    assert max(map(len, labels)) < 100


def test_fifty_rows_are_offered_by_name_and_all_of_a_thousand_together():
    offers = choices(panel(*["complete"] * 1000))
    assert len(offers) == 51
    assert len(offers[0][1]) == 1000


def test_a_frozen_panel_has_let_go_of_every_widget(clicks):
    from ipywidgets.widgets.widget import _instances

    before = set(_instances)
    output = widget(clicks, "complete", "active")
    assert len(set(_instances) - before) == 10
    for part in output._owned():
        part.close()
    assert set(_instances) == before


# On a real watch


@pytest.fixture
def watched(sandbox, client):
    """One that is complete, one that never will be."""
    done = sandbox.add("image", "AI_IMAGE", name="Done", outcome="complete")
    never = sandbox.add("image", "AI_IMAGE", name="Never", queue_seconds=1e9)
    monitor = client.projects.watch([done, never], download_directory="outputs")
    until(lambda: monitor.panel.rows[0].phase == "complete")
    yield monitor
    monitor.stop()
    until(lambda: monitor.done)


def actions(monitor):
    return monitor._view._actions


def test_download_saves_the_chosen_row_to_the_watchs_folder(watched, tmp_path):
    for _ in range(3):  # the second and the third find it there
        actions(watched).download([0])
        until(lambda: watched.panel.rows[0].files == 1 and watched.panel.rows[0].phase == "complete")
    (path,) = watched.projects[0].downloaded_paths
    assert [str(file.relative_to(tmp_path)) for file in (tmp_path / "outputs").iterdir()] == [path]
    assert watched.errors == []


def test_download_of_a_row_that_is_not_complete_does_nothing(watched, tmp_path):
    actions(watched).download([1])
    actions(watched).download([0])
    until(lambda: watched.panel.rows[0].files == 1)
    assert watched.panel.rows[1].phase == "waiting"
    assert len(list((tmp_path / "outputs").iterdir())) == 1


def test_show_saves_what_is_not_here_and_draws_it_into_the_panel_and_its_frozen_end(watched):
    assert watched.panel.media == ""
    actions(watched).show([0])
    until(lambda: "<img" in watched.panel.media)
    assert "data:image/" in watched._repr_mimebundle_()["text/html"]
    actions(watched).stop()
    until(lambda: watched.done)
    assert "data:image/" in watched._repr_mimebundle_()["text/html"]
    assert [row.phase for row in watched.panel.rows] == ["complete", "stopped"]


def test_a_download_that_fails_is_a_row_that_says_so(watched, sandbox, tmp_path):
    (tmp_path / "outputs").write_text("a file where the folder should be")
    actions(watched).download([0])
    until(lambda: watched.panel.rows[0].phase == "failed")
    assert watched.panel.rows[0].error == "Could not make the folder outputs: a file stands there."
    assert len(watched.errors) == 1
    (tmp_path / "outputs").unlink()
    assert [label for label, _ in choices(watched.panel)] == ["Done (image)"]
    actions(watched).download([0])
    until(lambda: watched.panel.rows[0].phase == "complete")
    assert watched.errors == []


def test_what_was_saved_is_shown_folded_at_the_end_where_pictures_can_be(sandbox, client, monkeypatch):
    refs = [sandbox.add("image", "AI_IMAGE", outcome="complete", image_count=2), sandbox.add("audio")]

    def watched_to_its_end():
        monitor = client.projects.watch(refs, download=True, download_directory="outputs")
        monitor.wait()
        return monitor

    assert watched_to_its_end().panel.media == ""
    monkeypatch.setattr(LivePanel, "has_pictures", True)
    html = watched_to_its_end()._repr_mimebundle_()["text/html"]
    assert "Show 3 outputs" in html
    assert html.count("<img") == 2
    assert html.count("<audio") == 1


def drawing_breaks(monkeypatch):
    def broken(*_, **__):
        raise ZeroDivisionError("https://files.example/a.png?auth-token=s3cret")

    monkeypatch.setattr("mh_notebook.views.shown.gallery", broken)


UNDRAWN = (
    "Something unforeseen happened with showing the outputs: ZeroDivisionError. "
    "This is a fault of mh_notebook: please open an issue."
)


def test_outputs_that_cannot_be_drawn_are_said_in_their_place_and_the_watch_goes_on(watched, sandbox, monkeypatch):
    with monkeypatch.context() as broken:
        drawing_breaks(broken)
        for count in (1, 2, 3):
            actions(watched).show([0])
            until(lambda count=count: len(watched.errors) == count or watched.done)
    assert [str(error) for error in watched.errors] == [UNDRAWN] * 3
    assert UNDRAWN in text_of(watched.panel.media)
    assert not watched.done
    assert [row.phase for row in watched.panel.rows] == ["complete", "waiting"]
    actions(watched).show([0])  # the fault is gone, and so are its words
    until(lambda: "<img" in watched.panel.media)
    assert "unforeseen" not in watched.panel.media
    assert len(watched.errors) == 3


def test_outputs_that_cannot_be_drawn_at_the_end_leave_the_end_as_it_is(sandbox, client, monkeypatch):
    drawing_breaks(monkeypatch)
    monkeypatch.setattr(LivePanel, "has_pictures", True)
    monitor = client.projects.watch([sandbox.add("image", outcome="complete")], download=True)
    assert monitor.wait()["status"].tolist() == ["complete"]
    assert [str(error) for error in monitor.errors] == [UNDRAWN]
    assert UNDRAWN in text_of(monitor._repr_mimebundle_()["text/html"])
    assert [row.phase for row in monitor.panel.rows] == ["complete"]


def test_a_click_after_the_end_does_nothing(sandbox, client):
    monitor = client.projects.watch(sandbox.add("image", outcome="complete", render_seconds=3000))
    late = actions(monitor)
    monitor.wait()
    for act in (late.show, late.download):
        act([0])
    late.stop()
    client.account()  # the loop has turned since
    assert monitor.panel.rows[0].files == 0
    assert monitor.panel.media == ""
