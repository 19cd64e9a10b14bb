"""How sharply a change was seen, how old a project was then, and what that tells of the time renders take."""

import asyncio
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from histories import KEY, OTHER_KEY, asked, make, opened

from mh_notebook.history import History
from mh_notebook.history.observing import sharp
from mh_notebook.transport.clock import Clock

BORN = datetime(2026, 1, 1, tzinfo=UTC)
MOMENTS = "SELECT status, gap_seconds, age_seconds FROM transitions ORDER BY rowid"


class At(Clock):
    """A clock on which every project is as old as the test says."""

    seconds = 0.0

    def age(self, created_at, at=None):
        return self.seconds


class Book(History):
    """A history that is told how old a project is when it is seen."""

    def __init__(self, path, token=KEY):
        self.clock = At()
        super().__init__(path, token, self.clock)

    def see(self, age, status="complete", gap=None, **changes):
        self.clock.seconds = age
        self.observe([make(status=status, **changes)], gap).result()

    def __enter__(self):
        return self

    def __exit__(self, *rest):
        self.close()


@pytest.fixture
def book(path):
    with Book(path) as book:
        yield book


def test_an_age_is_counted_by_the_clients_clock_and_is_never_below_zero():
    for speed, seconds, age in ((1, 5, 5.0), (60, 5, 300.0), (2000, 0.5, 1000.0), (60, -5, 0.0)):
        assert Clock(speed).age(BORN, BORN + timedelta(seconds=seconds)) == age
    assert 0 < Clock(10).age(datetime.now(UTC) - timedelta(seconds=1)) - 10 < 5


def test_each_change_keeps_its_gap_and_the_projects_age(book, path):
    book.see(2.0, "queued")
    book.see(5.0, "rendering", gap=3.0)
    book.see(9.0, "rendering", gap=4.0)  # no change
    book.see(30.0, "complete", gap=2.5)
    assert asked(path, MOMENTS) == [("queued", None, 2.0), ("rendering", 3.0, 5.0), ("complete", 2.5, 30.0)]


@pytest.mark.parametrize(
    ("gap", "ages"), [(2.0, [700.0, 0.0, 30.0]), (None, [700.0, None, None]), (20.0, [700.0, None, None])]
)
def test_a_draft_counts_from_when_it_was_seen_to_leave_that(path, gap, ages):
    """Also in another kernel; unknown for good where nobody saw it leave, or not sharply."""
    with Book(path) as book:
        book.see(700.0, "draft")
        book.see(800.0, "queued", gap=gap)
    with Book(path) as another:
        another.see(830.0, "complete", gap=2.0)
    assert [age for _, _, age in asked(path, MOMENTS)] == ages


def test_a_watch_knows_the_gap_between_its_answers(sandbox, path):
    """The sandbox's clock counts the same seconds: a gap is what lay between two of its requests."""
    ref = sandbox.add("video", queue_seconds=300, render_seconds=300)
    with sandbox.client(history=path, progress=False) as client:
        client.projects.watch(ref).wait(30)
    moments = asked(path, MOMENTS)
    assert [status for status, *_ in moments] == ["queued", "rendering", "complete"]
    times = [request.at for request in sandbox.requests if request.method == "GET"]
    longest = 2000 * max(after - before for before, after in pairwise(times))
    assert moments[0][1] is None
    assert all(0 < gap <= longest + 100 for _, gap, _ in moments[1:])  # 50 real ms for a loaded machine
    for (_, _, age), least in zip(moments, (0, 300, 600), strict=True):
        assert least - 5 <= age <= least + longest + 400


async def test_the_first_sight_in_a_second_watch_has_no_gap(sandbox, path):
    ref = sandbox.add("image", queue_seconds=0, render_seconds=800)
    async with sandbox.async_client(history=path, progress=False) as client:
        await client.projects.watch(ref, timeout=0.1)  # given up
        await asyncio.sleep(0.4)  # it completes meanwhile
        await client.projects.watch(ref)
    assert [(status, gap) for status, gap, _ in asked(path, MOMENTS)] == [("rendering", None), ("complete", None)]


def test_durations_are_by_kind_and_type_newest_last(book):
    for number, age in enumerate((30.0, 10.0, 20.0)):
        book.see(age - 5, "rendering", id_=f"{number}")
        book.see(age, gap=2.0, id_=f"{number}")
        book.see(age + 40, "rendering", id_=f"v{number}", kind="video", type="LIP_SYNC")
        book.see(age + 50, gap=2.0, id_=f"v{number}", kind="video", type="LIP_SYNC")
    assert book.durations().result() == {("image", "A"): [30.0, 10.0, 20.0], ("video", "LIP_SYNC"): [80.0, 60.0, 70.0]}


@pytest.mark.parametrize(
    ("age", "gap", "known"),
    [(5.0, 3.0, True), (5.0, 3.01, False), (100.0, 20.0, True), (100.0, 20.1, False), (5.0, None, False)],
)
def test_durations_are_those_whose_end_was_sharply_seen(book, age, gap, known):
    book.see(age, gap=gap)
    assert book.durations().result() == ({("image", "A"): [age]} if known else {})
    assert sharp(gap, age) is known


def test_durations_leave_out_what_failed_and_what_is_not_known(book):
    book.see(5.0, "error", gap=1.0)
    book.see(5.0, "canceled", gap=1.0, id_="b")
    book.see(5.0, "draft", id_="c")
    book.see(9.0, "complete", gap=30.0, id_="c")  # nobody saw when it left draft
    assert book.durations().result() == {}


def test_durations_count_the_first_completion_alone(book):
    book.see(5.0, gap=1.0)
    book.see(500.0, gap=1.0, charged=7)  # the charge changed afterwards
    assert book.durations().result() == {("image", "A"): [5.0]}


def test_durations_are_the_two_hundred_newest(book):
    for number in range(203):
        book.see(float(number), gap=1.0, id_=f"{number}")
    assert book.durations().result() == {("image", "A"): [float(number) for number in range(3, 203)]}


def test_durations_are_of_one_account(path):
    with Book(path) as mine, Book(path, OTHER_KEY) as theirs:
        mine.see(5.0, gap=1.0)
        theirs.see(8.0, gap=1.0)
        assert [book.durations().result() for book in (mine, theirs)] == [
            {("image", "A"): [5.0]},
            {("image", "A"): [8.0]},
        ]
    with opened(path, None) as nobody:
        assert nobody.durations().result() == {}


def test_a_watch_beside_a_sandbox_tells_how_long_its_projects_take(sandbox, path):
    refs = [sandbox.add("video", "LIP_SYNC", queue_seconds=100, render_seconds=500) for _ in range(3)]
    with sandbox.client(history=path, progress=False) as client:
        client.projects.watch(refs).wait(30)
        durations = client._core.history.durations().result()
    assert list(durations) == [("video", "LIP_SYNC")]
    assert len(durations["video", "LIP_SYNC"]) >= 1
    assert all(595 <= seconds <= 1200 for seconds in durations["video", "LIP_SYNC"])
