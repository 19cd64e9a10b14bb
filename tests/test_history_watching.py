"""What is watched stands on disk before the first question, until the watch ends or is stopped."""

from pathlib import Path

import pytest
from histories import KEY, OTHER_KEY, REFS, asked, changed, make, opened

from mh_notebook.history import History
from mh_notebook.protocol.refs import Ref

A, B, C = REFS
WATCHED = "SELECT kind, id, position, download_directory FROM watching ORDER BY position"
DAY_AND_A_BIT = "UPDATE watching SET since = '2020-01-01T00:00:00.000000+00:00'"


@pytest.fixture
def history(path):
    with opened(path) as history:
        yield history


def test_a_watch_is_written_down_with_its_order_and_its_folders_and_goes_when_it_ends(history, path, tmp_path):
    for _ in range(3):
        history.watching({C: None, A: Path("outputs"), B: tmp_path / "b"}).result()
        assert asked(path, WATCHED) == [
            ("audio", "c", 0, None),
            ("image", "a", 1, str(tmp_path / "outputs")),  # whichever folder the next kernel runs in
            ("video", "b", 2, str(tmp_path / "b")),
        ]
        assert asked(path, "SELECT count(*) FROM projects") == [(3,)]
        history.watched([A, C]).result()
        assert asked(path, WATCHED) == [("video", "b", 2, str(tmp_path / "b"))]
        history.watched([B]).result()
        assert asked(path, WATCHED) == []


def test_a_second_watch_of_a_project_keeps_the_folder_and_the_first_to_end_leaves_it(history, path):
    history.watching({A: Path("/out")}).result()
    history.watching({A: None}).result()
    history.watched([A]).result()
    assert asked(path, WATCHED) == [("image", "a", 0, "/out")]
    history.watched([A]).result()
    history.watched([A]).result()  # a third end of two
    assert asked(path, WATCHED) == []


def test_an_end_without_a_beginning_takes_no_other_kernels_watch(history, path):
    history.watching({A: None}).result()
    with opened(path) as other:
        other.watched([A]).result()
        assert len(asked(path, WATCHED)) == 1
        other.watching({A: None}).result()
        other.watched([A]).result()
    assert asked(path, WATCHED) == []


def test_unended_is_what_was_watched_and_all_that_has_not_ended_in_order_each_once(path):
    with opened(path) as dead:
        dead.observe([make(id_="earlier"), make(id_="done before", status="complete")]).result()
        dead.watching({C: Path("/out/c"), A: None, B: Path("/out/b")}).result()
        dead.observe([make("image", "a", "complete"), make("video", "b", "error"), make("audio", "c")]).result()
        dead.remember([Ref("image", "later")]).result()
    for _ in range(3):
        with opened(path) as history:
            assert history.unended().result() == [
                (Ref("image", "earlier"), None),
                (C, Path("/out/c")),
                (A, None),
                (B, Path("/out/b")),
                (Ref("image", "later"), None),
            ]


def test_unended_forgets_after_a_day_what_has_ended_and_keeps_the_folder_of_what_has_not(path):
    with opened(path) as history:
        history.watching({A: Path("/out/a"), B: Path("/out/b")}).result()
        history.observe([make("image", "a", "complete"), make("video", "b", "rendering")]).result()
        changed(path, DAY_AND_A_BIT)
        assert history.unended().result() == [(B, Path("/out/b"))]
        history.watching({C: None}).result()  # takes away what nobody needs any more
    assert asked(path, WATCHED) == [("audio", "c", 0, None), ("video", "b", 1, "/out/b")]


def test_unended_leaves_out_what_was_deleted_here_or_elsewhere(history):
    disabled = Ref("image", "disabled")
    history.watching(dict.fromkeys([A, B, C, disabled])).result()
    history.deleted(A).result()
    history.missing(B).result()
    history.observe([make(id_="disabled", enabled=False)]).result()
    assert history.unended().result() == [(C, None)]
    assert history.unfinished() == [C]


def test_what_was_missing_and_answers_again_is_there_again(history):
    history.watching({A: None}).result()
    history.missing(A).result()
    assert (history.unended().result(), history.frame()["deleted_at"].notna().tolist()) == ([], [False])
    history.observe([make()]).result()
    assert history.unended().result() == [(A, None)]
    history.missing(A).result()
    assert history.frame()["deleted_at"].notna().tolist() == [True]
    history.observe([make()]).result()
    assert history.frame()["deleted_at"].notna().tolist() == [False]


def test_a_bare_id_is_taken_up_as_the_project_it_turned_out_to_be(path):
    bare, unknown = Ref("", "a"), Ref("", "unknown")
    with opened(path) as history:
        history.watching({bare: Path("/out"), unknown: Path("/out")}).result()
        assert history.unended().result() == [(bare, Path("/out")), (unknown, Path("/out"))]
        history.observe([make("audio", "a")]).result()
        assert history.unended().result() == [(Ref("audio", "a"), Path("/out")), (unknown, Path("/out"))]
        history.watched([bare, unknown]).result()
        assert history.unended().result() == [(Ref("audio", "a"), None)]


def test_two_accounts_resume_their_own(path):
    with opened(path, KEY) as mine, opened(path, OTHER_KEY) as theirs:
        mine.watching({A: Path("/mine")}).result()
        theirs.watching({A: Path("/theirs"), B: None}).result()
        assert mine.unended().result() == [(A, Path("/mine"))]
        mine.watched([A]).result()
        assert theirs.unended().result() == [(A, Path("/theirs")), (B, None)]


def test_a_closed_history_has_nothing_unended(path):
    history = History(path, KEY)
    history.watching({A: None})
    history.close()
    assert (history.unended().result(), history.watched([A]).result()) == (None, None)
    assert len(asked(path, WATCHED)) == 1


# What a client does


def test_a_clients_watch_is_on_disk_before_its_first_request_and_gone_at_its_end(sandbox, path):
    seen, refs = [], [sandbox.add("image"), sandbox.add("audio")]
    with sandbox.client(history=path, progress=False, download_directory="here") as client:
        fetch = client._core.api.call

        async def call(*arguments, **options):
            seen.append(asked(path, WATCHED))
            return await fetch(*arguments, **options)

        client._core.api.call = call
        for download in (False, True, True):
            client.projects.watch(refs, download=download).wait(30)
            folder = str(Path("here").absolute()) if download else None
            assert seen[0] == [(*ref, position, folder) for position, ref in enumerate(refs)]
            client.history()  # after the end was written
            assert asked(path, WATCHED) == []
            seen.clear()


def test_a_stopped_watch_is_not_taken_up_but_one_that_its_client_took_along_is(sandbox, path):
    refs = [sandbox.add("video", render_seconds=1e9) for _ in range(2)]
    with sandbox.client(history=path, progress=False) as client:
        stopped, kept = (client.projects.watch(ref, download=True, download_directory="out") for ref in refs)
        stopped.stop()
        stopped.wait(10)
        assert not kept.done
    assert kept.done
    assert [row[1] for row in asked(path, WATCHED)] == [refs[1][1]]


def test_what_the_api_does_not_find_any_more_is_remembered_as_deleted(sandbox, path):
    ref = sandbox.add("image")
    with sandbox.client(history=path, progress=False) as client, sandbox.client(history=False) as elsewhere:
        client.projects.frame([ref, "image:never-there"])
        elsewhere.v1.image_projects.delete(ref[1])
        client.projects.frame(ref)
        frame = client.history().set_index("id")
        assert frame["deleted_at"].notna().to_dict() == {ref[1]: True, "never-there": False}
        assert client._core.history.unended().result() == []


def test_a_page_that_says_404_for_all_deletes_nothing(sandbox, path):
    """A proxy's page is not the API's word."""
    ref = sandbox.add("image", render_seconds=1e9)
    with sandbox.client(history=path, progress=False) as client:
        client.projects.frame(ref)
        sandbox.add_fault("/v1/*", status=404, body=b"<html>Not here</html>")
        assert client.projects.frame(ref)["fetch_error"].notna().all()
        assert client._core.history.unended().result() == [(ref, None)]
