"""The history as a frame: when things happened, how long they took, what was given back, and whose they are."""

from datetime import UTC, date, datetime, timedelta, timezone

import pandas as pd
import pytest
from histories import KEY, OTHER_KEY, REFS, changed, environment_of, make, opened
from hypothesis import given
from hypothesis import strategies as some
from test_history_moments import Book

import mh_notebook as mh
from mh_notebook.history.courses import read_courses
from mh_notebook.protocol.models import STATUSES, TERMINAL

A, B, C = REFS


@pytest.fixture
def book(path):
    with Book(path) as book:
        yield book


def row(book, id_="a"):
    return book.frame().set_index("id").loc[id_]


def known(row, *names):
    """The cells of a row, NA as None."""
    return [None if value is pd.NA or value is pd.NaT else value for value in row[list(names)].astype(object)]


SECONDS = ("queue_seconds", "render_seconds")
CREDITS = ("credits_refunded", "credits_estimated", "credits_changed_after")


# When, and how long


def test_the_times_are_when_it_was_seen_to_happen(book, path):
    for age, status in ((1.0, "queued"), (4.0, "rendering"), (9.0, "complete")):
        book.see(age, status, gap=None if age == 1.0 else 2.0)
    one = row(book)
    moments = [pd.Timestamp(moment) for (moment,) in book.database.rows("SELECT seen_at FROM transitions").result()]
    assert list(one[["first_seen_at", "started_at", "finished_at"]]) == moments
    assert known(one, *SECONDS) == [4.0, 5.0]


@pytest.mark.parametrize(
    ("sights", "expected"),
    [
        ([("rendering", 60.0, None), ("complete", 100.0, 2.0)], [None, None]),  # it had started before anyone looked
        ([("queued", 0.0, None), ("rendering", 60.0, 2.0), ("complete", 160.0, 20.0)], [60.0, 100.0]),
        ([("queued", 0.0, None), ("rendering", 60.0, 2.0), ("complete", 160.0, 20.1)], [60.0, None]),
        ([("queued", 0.0, None), ("rendering", 60.0, 12.1), ("complete", 160.0, 2.0)], [None, 100.0]),
        ([("queued", 0.0, None), ("rendering", 60.0, None), ("complete", 160.0, None)], [None, None]),
        ([("queued", 0.0, None), ("complete", 160.0, 2.0)], [None, None]),  # the render was never seen
        ([("queued", 0.0, None), ("transcoding", 5.0, 2.0), ("error", 9.0, 2.0)], [5.0, 4.0]),
        (
            [("draft", 500.0, None), ("queued", 600.0, 2.0), ("rendering", 605.0, 2.0), ("complete", 630.0, 2.0)],
            [5.0, 25.0],
        ),
    ],
)
def test_seconds_are_told_where_they_were_sharply_seen(book, sights, expected):
    for status, age, gap in sights:
        book.see(age, status, gap)
    assert known(row(book), *SECONDS) == expected


def test_only_the_first_end_counts(book):
    """A charge that changes afterwards is a change too, and no second end."""
    for age, status, charged in ((4.0, "queued", 5), (5.0, "rendering", 5), (9.0, "complete", 5)):
        book.see(age, status, gap=2.0, charged=charged)
    finished = row(book)["finished_at"]
    for charged in (6, 7, 8):
        book.see(500.0, "complete", gap=2.0, charged=charged)
        assert known(row(book), "finished_at", "render_seconds") == [finished, 4.0]


def test_what_had_happened_before_anyone_looked_has_no_time(book):
    book.see(5.0, "complete")
    book.see(5.0, "rendering", id_="b")
    book.see(9.0, "canceled", id_="b")
    assert known(row(book), "started_at", "finished_at") == [None, None]
    assert row(book, "b")[["started_at", "finished_at"]].isna().tolist() == [True, False]


def test_a_render_beside_a_sandbox_takes_what_the_sandbox_says(tmp_path):
    with mh.Sandbox(speed=60) as sandbox:
        ref = sandbox.add("image", queue_seconds=10, render_seconds=20)
        with sandbox.client(progress=False) as client:
            client.projects.watch(ref).wait(30)
            one = client.history().iloc[0]
    queue, render = one[list(SECONDS)]
    assert queue is pd.NA or 10 <= queue <= 13.5  # NA where a loaded machine asked too late to know
    assert render is pd.NA or 16 <= render <= 24


# Credits


@pytest.mark.parametrize(
    ("sights", "expected"),
    [
        ([("queued", 450), ("rendering", 450), ("complete", 360)], [0, 450, 0]),
        ([("queued", 450), ("error", 0)], [450, 450, None]),
        ([("queued", 300), ("rendering", 450), ("canceled", 100)], [350, 450, None]),
        ([("rendering", 450)], [None, None, None]),
        ([("error", 0)], [None, None, None]),  # nobody saw what it had cost
        ([("error", 450), ("error", 0)], [450, None, None]),  # refunded afterwards
        ([("complete", 5), ("complete", 7)], [0, None, 2]),
        ([("queued", 0), ("error", 0)], [0, 0, None]),
    ],
)
def test_credits_are_followed_from_the_estimate_to_what_was_given_back(book, sights, expected):
    for status, charged in sights:
        book.see(1.0, status, charged=charged)
    assert known(row(book), *CREDITS) == expected


def test_a_refund_beside_a_sandbox_is_what_its_balance_says(path):
    with mh.Sandbox(speed=2000, empty=True) as sandbox, sandbox.client(history=path, progress=False) as client:
        ref = sandbox.add("video", outcome="error", queue_seconds=400, render_seconds=400, credits=120)
        client.projects.frame(ref)
        before = sandbox.balance
        client.projects.watch(ref).wait(30)
        one = client.history().iloc[0]
        assert known(one, "credits_charged", "credits_refunded") == [0, 120]
        assert sandbox.balance == before + 120


@given(some.lists(some.tuples(some.sampled_from(STATUSES), some.integers(0, 999), some.floats(0, 1e6)), max_size=8))
def test_whatever_was_seen_a_course_holds_together(sights):
    rows = [
        ("", "image", "a", status, charged, f"{place:02}", 1.0, age)
        for place, (status, charged, age) in enumerate(sights)
    ]
    course = read_courses(rows).get(("", "image", "a"))
    assert (course is None) is (not sights)
    if course is not None:
        ends = [place for place, (status, *_) in enumerate(sights) if status in TERMINAL]
        before = sights[: ends[0]] if ends else sights
        assert (course.ended is not None) is bool(ends)
        assert course.estimate == (before[-1][1] if before else None)
        assert course.render_seconds is None or course.render_seconds >= 0
        assert course.started is None or int(course.started.seen_at) < (ends[0] if ends else len(sights))


# Files and accounts


def test_the_paths_of_all_outputs_in_order(book):
    book.see(1.0)
    book.see(1.0, id_="b")
    for number in (2, 11, 1):
        book.saved(A, f"/out/a-{number}.png", 5, "0").result()
    assert row(book)["paths"] == ("/out/a-1.png", "/out/a-2.png", "/out/a-11.png")
    assert row(book, "b")["paths"] == ()


def test_accounts_are_told_apart_and_without_a_key_all_are_shown(path):
    with Book(path) as mine, Book(path, OTHER_KEY) as theirs:
        mine.see(1.0, "queued", charged=5)
        mine.see(2.0, "error", charged=0)
        theirs.see(1.0, "complete", charged=7)
        theirs.saved(A, "/theirs/a-1.png", 5, "0").result()
        own = [book.frame()["account"].tolist() for book in (mine, theirs)]
    with opened(path, None) as everyone:
        frame = everyone.frame().set_index("account")
    assert [len(accounts[0]) for accounts in own] == [8, 8]
    (first,), (second,) = own
    assert frame.loc[first, ["id", "credits_refunded", "paths"]].tolist() == ["a", 5, ()]
    assert frame.loc[second, ["id", "credits_refunded", "paths"]].tolist() == ["a", 0, ("/theirs/a-1.png",)]
    assert KEY not in str(frame)


def test_a_field_of_the_api_does_not_take_a_column_of_the_historys_place(book):
    book.see(1.0, "queued", account="theirs", paths=["x"], new_field=5)
    frame = book.frame()
    assert (len(frame["account"][0]), frame["paths"][0], frame["new_field"][0]) == (8, (), 5)
    assert frame.columns.is_unique


def test_a_time_that_cannot_be_read_hides_no_row(book, path):
    book.see(1.0)
    changed(path, "UPDATE projects SET first_seen_at = 'yesterday'")
    assert book.frame()["first_seen_at"].isna().tolist() == [True]


# Choosing


@pytest.fixture
def many(path):
    """One project for each of three days of 2026, and one that never answered."""
    with opened(path) as history:
        for number, (kind, status) in enumerate((("image", "complete"), ("video", "error"), ("audio", "transcoding"))):
            history.observe([make(kind, f"{number}", status, created_at=f"2026-01-0{number + 1}T22:00:00Z")]).result()
        history.remember([C]).result()
        yield history


TODAY = datetime.now(UTC).date()


@pytest.mark.parametrize(
    ("choice", "ids"),
    [
        ({}, "012c"),
        ({"kind": "image"}, "0"),
        ({"kind": ["image", "audio"]}, "02c"),
        ({"kind": []}, ""),
        ({"status": "error"}, "1"),
        ({"status": ("complete", "transcoding")}, "02"),
        ({"status": "draft"}, ""),
        ({"kind": "video", "status": "complete"}, ""),
        ({"since": "2026-01-02"}, "12c"),
        ({"until": "2026-01-02"}, "01"),  # the whole day
        ({"since": date(2026, 1, 2), "until": date(2026, 1, 2)}, "1"),
        ({"until": datetime(2026, 1, 2, tzinfo=UTC)}, "0"),
        ({"until": datetime(2026, 1, 2)}, "0"),  # noqa: DTZ001 - without a zone it is UTC
        ({"since": "2026-01-02T22:00:00Z"}, "12c"),
        ({"since": "2026-01-02T23:00:00+01:00"}, "12c"),
        ({"since": "2026-01-02T22:00:01"}, "2c"),
        ({"since": datetime(2026, 1, 3, tzinfo=timezone(timedelta(hours=2)))}, "12c"),
        ({"since": pd.Timestamp("2026-01-03")}, "2c"),
        ({"since": TODAY}, "c"),  # it is when it was first asked for
        ({"since": "0001-01-01", "until": "9999-12-31"}, "012c"),
    ],
)
def test_kind_status_and_time_choose(many, choice, ids):
    assert sorted(many.frame(**choice)["id"]) == list(ids)


@pytest.mark.parametrize(
    ("choice", "message"),
    [
        ({"kind": "sculpture"}, r"no kind 'sculpture'. Known are image, video, audio"),
        ({"kind": ["image", "sculpture"]}, "no kind 'sculpture'"),
        ({"kind": 5}, "kind is 5"),
        ({"kind": [["image"]]}, "no kind"),
        ({"status": "done"}, r"no status 'done'. Known are draft, queued, rendering, complete, error, canceled"),
        ({"since": "last week"}, "since is 'last week', which is no time"),
        ({"since": ""}, "since is ''"),
        ({"until": pd.NaT}, "until is NaT"),
        ({"until": 5}, "until is 5"),
    ],
)
def test_what_cannot_be_chosen_by_is_said(many, choice, message):
    with pytest.raises(mh.ConfigurationError, match=message):
        many.frame(**choice)


async def test_the_module_and_the_client_choose_the_same(sandbox, monkeypatch):
    environment_of(sandbox, monkeypatch)
    async with sandbox.async_client(progress=False) as client:
        await client.projects.frame(sandbox.refs)
        for choice in ({"kind": "video"}, {"since": TODAY, "status": "complete"}, {"until": "2020-01-01"}):
            assert mh.history(**choice).equals(client.history(**choice))
        assert len(client.history(kind="image", since="2020-01-01")) == sum(kind == "image" for kind, _ in sandbox.refs)


def test_without_a_history_the_frame_is_empty_and_has_every_column(sandbox, path):
    with sandbox.client(history=False) as none, sandbox.client(history=path) as some_:
        assert len(none.history()) == 0
        assert dict(none.history().dtypes) == dict(some_.history().dtypes)
