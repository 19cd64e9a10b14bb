"""Pictures of credits: what they draw is true, and holds in light, in dark, in grey and on another backend."""

import subprocess
import sys
import types
import warnings

import pandas as pd
import pytest
from credits_frames import frame_of

import mh_notebook as mh
from mh_notebook import credits
from mh_notebook.credits import pictures

HISTORY = ("queue_seconds", "render_seconds", "credits_estimated")
FRAME = frame_of(
    {"created_at": "2026-10-01T12:00Z", "credits_charged": 5},
    {
        "created_at": "2026-10-03T12:00Z",
        "credits_charged": 450,
        "kind": "video",
        "type": "LIP_SYNC",
        "status": "queued",
    },
    {"created_at": "2026-10-03T13:00Z", "credits_charged": 110, "kind": "video", "type": "LIP_SYNC"},
    {"created_at": "2026-10-03T14:00Z", "credits_charged": 3, "kind": "audio", "type": None},
    history=HISTORY,
).assign(
    queue_seconds=pd.array([1.0, 2.0, 3.0, None], dtype="Float64"),
    render_seconds=pd.array([10.0, None, 30.0, 40.0], dtype="Float64"),
    credits_estimated=pd.array([5, 450, 100, None], dtype="Int64"),
)
NOTHING = frame_of(history=HISTORY)
WHATS = ("over_time", "by_type", "queue_render", "drift")


@pytest.fixture
def pyplot():
    matplotlib = pytest.importorskip("matplotlib")
    matplotlib.use("Agg")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", PendingDeprecationWarning)
        from matplotlib import pyplot as plt
    yield plt
    plt.close("all")


def heights(axes):
    return {box.get_label(): [bar.get_height() for bar in box] for box in axes.containers}


def points(axes):
    return {marks.get_label(): [tuple(map(float, xy)) for xy in marks.get_offsets()] for marks in axes.collections}


def test_spend_over_time_is_stacked_by_kind_with_the_days_between(pyplot):
    axes = credits.plot(FRAME, "over_time")
    assert heights(axes) == {"image": [5, 0, 0], "video": [0, 0, 560], "audio": [0, 0, 3]}
    assert [label.get_text() for label in axes.get_xticklabels()] == ["1 Oct", "2 Oct", "3 Oct"]
    assert (axes.get_xlabel(), axes.get_ylabel()) == ("day (UTC)", "credits")


def test_spend_by_type_is_sorted_and_tells_estimates_apart(pyplot):
    axes = credits.plot(FRAME, "by_type")
    assert [label.get_text() for label in axes.get_yticklabels()] == ["no type", "AI image", "Lip sync"]
    widths = {box.get_label(): [bar.get_width() for bar in box] for box in axes.containers}
    assert widths == {"settled": [3, 5, 110], "estimated": [0, 0, 450]}
    assert [text.get_text() for text in axes.texts] == ["3", "5", "560"]


def test_many_types_end_in_one_bar_for_the_rest(pyplot):
    rows = [{"type": f"T{number}", "credits_charged": 100 - number} for number in range(20)]
    axes = credits.plot(frame_of(*rows), "by_type")
    assert len(axes.get_yticklabels()) == 15
    assert axes.get_yticklabels()[0].get_text() == "6 others"
    assert sum(bar.get_width() for bar in axes.containers[0]) == sum(range(81, 101))


def test_queue_against_render_has_a_mark_per_project_that_has_both(pyplot):
    axes = credits.plot(FRAME, "queue_render")
    assert points(axes) == {"image": [(1.0, 10.0)], "video": [(3.0, 30.0)]}
    assert (axes.get_xscale(), axes.get_yscale()) == ("log", "log")


def test_drift_is_shown_of_what_settled(pyplot):
    axes = credits.plot(FRAME, "drift")
    assert points(axes) == {"image": [(5.0, 0.0)], "video": [(100.0, pytest.approx(10.0))]}


@pytest.mark.parametrize("what", WHATS)
@pytest.mark.parametrize(
    ("style", "ground", "ink"), [("default", (1, 1, 1), "black"), ("dark_background", (0, 0, 0), "white")]
)
def test_each_picture_brings_its_own_ground_as_the_settings_say_and_differs_in_grey(pyplot, what, style, ground, ink):
    """A page may be dark or light: a picture that let it shine through could be read on one of them alone."""
    with pyplot.style.context(style):
        axes = credits.plot(FRAME, what)
        assert [patch.get_facecolor()[:3] for patch in (axes.figure.patch, axes.patch)] == [ground] * 2
        assert axes.figure.patch.get_alpha() in (None, 1)
        assert axes.xaxis.label.get_color() == ink
    marks = [tuple(map(tuple, paths.vertices)) for c in axes.collections for paths in c.get_paths()]
    hatches = [box.patches[0].get_hatch() for box in axes.containers]
    looks = marks or hatches
    assert len(looks) == len(set(looks)) >= 2


@pytest.mark.parametrize("what", WHATS)
def test_of_nothing_a_picture_says_so(pyplot, what):
    axes = credits.plot(NOTHING, what)
    assert [text.get_text() for text in axes.texts] == ["nothing yet"]
    axes.figure.canvas.draw()


def test_a_picture_is_drawn_where_it_is_told_to_and_takes_pandas_options(pyplot):
    _, axes = pyplot.subplots()
    assert credits.plot(FRAME, "by_type", ax=axes, title="Types") is axes
    assert axes.get_title() == "Types"
    assert credits.plot(FRAME, figsize=(9, 3)).figure.get_size_inches().tolist() == [9, 3]


def test_the_users_plotting_backend_is_honoured(monkeypatch):
    seen = []
    backend = types.ModuleType("a_plotting_backend")
    backend.plot = lambda data, kind, **options: seen.append((kind, data, options)) or "a figure"
    monkeypatch.setitem(sys.modules, "a_plotting_backend", backend)
    with pd.option_context("plotting.backend", "a_plotting_backend"):
        assert [credits.plot(FRAME, what) for what in WHATS] == ["a figure"] * 4
    assert [kind for kind, _, _ in seen] == ["bar", "barh", "scatter", "scatter"]
    assert seen[0][1].to_numpy().tolist() == [[5, 0, 0], [0, 0, 0], [0, 560, 3]]
    assert not {"stacked", "color", "hatch"} & set(seen[0][2])  # words of matplotlib that others do not know


def test_without_the_library_the_error_says_what_to_install(monkeypatch):
    for name in ("matplotlib", "matplotlib.pyplot"):
        monkeypatch.setitem(sys.modules, name, None)
    from pandas.plotting import _core

    monkeypatch.setattr(_core, "_backends", {})
    with pytest.raises(mh.ConfigurationError, match=r"pip install 'mh-notebook\[plot\]'"):
        credits.plot(FRAME)


def test_a_picture_that_there_is_not_and_columns_that_are_missing_are_named():
    with pytest.raises(mh.ConfigurationError, match="no picture 'pie'"):
        credits.plot(FRAME, "pie")
    with pytest.raises(mh.ConfigurationError, match="no column 'queue_seconds', 'render_seconds'"):
        credits.plot(frame_of({}), "queue_render")


def test_importing_the_package_imports_no_matplotlib():
    code = "import sys, mh_notebook; print('matplotlib' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "False\n"


def test_days_are_written_without_the_sign_that_windows_does_not_know(pyplot):
    drawn = credits.plot(frame_of({"created_at": "2026-10-09T12:00Z"}, {"created_at": "2026-10-10T12:00Z"}))
    assert [label.get_text() for label in drawn.get_xticklabels()] == ["9 Oct", "10 Oct"]
    assert not any("%-" in text for text in pictures._LABELS.values())
