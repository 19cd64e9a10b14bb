"""What was rendered and is not on this machine is saved before its links run out, and nothing twice."""

from pathlib import Path

import pytest
from histories import changed, dead_kernel, environment_of, make, opened

import mh_notebook as mh
from mh_notebook.downloads import FILES_SCHEMA
from mh_notebook.frames import to_frame


@pytest.fixture(autouse=True)
def mh_here(sandbox, monkeypatch):
    return environment_of(sandbox, monkeypatch)


@pytest.fixture
def add(sandbox):
    """Make a project that is complete already, unless told otherwise."""

    def made(kind="image", **options):
        return sandbox.add(kind, **{"queue_seconds": 0, "render_seconds": 0, **options})

    return made


def expire(path, ref, when):
    changed(path, f"UPDATE projects SET expires_at = '{when}' WHERE id = '{ref[1]}'")


def ids(frame):
    return frame["id"].tolist()


def media_requests(sandbox):
    return [request.path.split("/")[2] for request in sandbox.requests if request.host == "media"]


@pytest.mark.slow
def test_after_a_kernels_death_what_is_not_here_is_saved_and_nothing_else(sandbox, add, path):
    here, removed, deleted, never, failed = (
        add(), add(), add(), add(image_count=3), add(outcome="error"),
    )  # fmt: skip
    refs = [here, removed, deleted, never, failed]
    dead_kernel(
        sandbox,
        f"mh.frame({refs!r})\n"
        f"files = mh.watch({[here, removed]!r}, download=True, download_directory='out').wait()\n"
        f"from pathlib import Path\nPath(next(Path('out').glob('{removed[1]}*'))).unlink()",
    )
    with sandbox.client(history=False) as elsewhere:
        elsewhere.v1.image_projects.delete(deleted[1])
    files = mh.rescue(download_directory="rescued")
    assert sorted(ids(files)) == sorted([deleted[1], *[never[1]] * 3])
    errors = files.set_index("id")["error"]
    assert "404" in errors[deleted[1]]
    assert errors[never[1]].isna().tolist() == [True] * 3
    assert files["bytes"].notna().sum() == 3
    assert {Path(file).parent.name for file in files["path"].dropna()} == {"rescued"}
    again = mh.rescue(hours=24, download_directory="rescued")  # also the one whose links are good for a day
    assert ids(again) == [removed[1]]
    for _ in range(3):
        assert len(mh.rescue(hours=1e9)) == 0
    assert sorted(media_requests(sandbox)) == sorted([here[1], removed[1], removed[1], *[never[1]] * 3])
    assert mh.history().set_index("id")["deleted_at"].notna().sum() == 1


def test_nothing_to_do_is_an_empty_frame_of_the_same_schema(sandbox):
    for _ in range(3):
        frame = mh.rescue()
        assert (len(frame), list(frame.columns)) == (0, list(FILES_SCHEMA))
        assert dict(frame.dtypes) == dict(to_frame([], FILES_SCHEMA).dtypes)
    assert sandbox.requests == []


def test_the_soonest_to_run_out_is_saved_first(sandbox, add, path):
    refs = [add() for _ in range(4)]
    mh.frame(refs)
    for ref, when in zip(refs, ("2026-03", "2026-01", "2026-02"), strict=False):
        expire(path, ref, f"{when}-01T00:00:00.000000+00:00")
    assert ids(mh.rescue()) == [refs[number][1] for number in (1, 2, 0, 3)]


@pytest.mark.parametrize(("hours", "count"), [(1, 0), (6, 0), (23, 0), (25, 1)])
def test_what_was_fetched_once_and_is_gone_is_saved_when_its_links_run_out_within_the_hours(add, hours, count):
    """Somebody may have removed it on purpose; what was never fetched is always saved."""
    fetched, never = add(), add()
    mh.frame([fetched, never])
    (file,) = mh.watch(fetched, download=True).wait().pipe(lambda _: list(Path().glob("cm*-1.*")))
    file.unlink()
    assert len(mh.rescue(hours=hours)) == 1 + count


def test_links_that_have_run_out_already_are_healed(sandbox, add, path):
    ref = add()
    mh.frame(ref)
    sandbox.expire_links(*ref)
    expire(path, ref, "2020-01-01T00:00:00.000000+00:00")
    files = mh.rescue()
    assert (ids(files), files["error"].isna().tolist()) == ([ref[1]], [True])


def test_files_saved_elsewhere_count_and_only_the_missing_outputs_are_fetched(sandbox, add, tmp_path):
    """Three pictures: one stays where it was saved, one has lost its end, one is gone."""
    ref = add(image_count=3)
    with mh.Client() as client:
        files = client.projects.download(ref, "elsewhere")["path"]
    Path(files[1]).write_bytes(Path(files[1]).read_bytes()[:-1])
    Path(files[2]).unlink()
    before = len(media_requests(sandbox))
    rescued = mh.rescue(hours=25, download_directory="rescued")
    assert rescued["number"].tolist() == [2, 3]
    assert len(media_requests(sandbox)) == before + 2
    assert sorted(path.name[-6:] for path in (tmp_path / "rescued").iterdir()) == ["-2.png", "-3.png"]
    assert len(mh.rescue(hours=25)) == 0


def test_one_that_cannot_be_saved_stops_no_other(sandbox, add):
    good, bad, also_good = (add() for _ in range(3))
    mh.frame([good, bad, also_good])
    sandbox.add_fault(f"/v1/image-projects/{bad[1]}", times=1, status=403)
    for expected in ({bad[1]: False, good[1]: True, also_good[1]: True}, {bad[1]: True}):
        files = mh.rescue().set_index("id")
        assert files["error"].isna().to_dict() == expected


def test_what_has_not_ended_failed_or_was_deleted_is_none_to_rescue(sandbox, add):
    gone = add()
    refs = [add(render_seconds=1e9), add(outcome="error"), add(outcome="canceled"), gone]
    mh.frame(refs)
    with mh.Client() as client:
        client.v1.image_projects.delete(gone[1])
    before = len(sandbox.requests)
    assert len(mh.rescue(hours=1e9)) == 0
    assert len(sandbox.requests) == before


def test_another_accounts_outputs_are_left_to_it(path, sandbox):
    with opened(path, "mhk_another_account") as other:
        other.observe([make(status="complete", downloads=[])]).result()
    assert len(mh.rescue()) == 0


async def test_the_asynchronous_client_rescues_the_same(sandbox, add, path):
    ref = add()
    async with sandbox.async_client(history=path, progress=False, download_directory="here") as client:
        await client.projects.frame(ref)
        assert (await client.projects.rescue())["error"].isna().tolist() == [True]
        assert len(await client.projects.rescue()) == 0


@pytest.mark.parametrize("hours", [0, -1, "six", None, True, float("inf")])
def test_hours_are_a_number_above_zero(hours):
    with pytest.raises(mh.ConfigurationError, match="hours"):
        mh.rescue(hours)
