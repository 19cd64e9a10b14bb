"""A history goes elsewhere and comes back as it was; what is joined comes once; what is forgotten is gone."""

import json
import sys
from contextlib import closing
from importlib.util import find_spec

import pandas as pd
import pytest
from histories import KEY, LINK, OTHER_KEY, REFS, SHAPES, asked, changed, make, opened
from hypothesis import given, settings
from hypothesis import strategies as some

import mh_notebook as mh
from mh_notebook.cli import main
from mh_notebook.history import History, upkeep
from mh_notebook.history.carrying import Carried, read_export, write_export
from mh_notebook.history.merging import TABLES
from mh_notebook.protocol.refs import Ref

FORMATS = ["json", "csv", *(["parquet"] if find_spec("pyarrow") else [])]
A, B, C = REFS
HOSTILE = '=1+1,"quoted"\r\nNULL\\ \0 \u2028 ünïcode 🎬'


def fill(history):
    """Two projects with all that can be seen of them, one that never answered, one deleted, one missing."""
    downloads = [{"url": LINK, "expires_at": "2026-01-02T00:00:00Z"}]
    history.remember([Ref("audio", "never")]).result()
    for status, charged in (("draft", 450), ("queued", 450), ("error", 0)):
        history.observe([make("video", "b", status, charged, name=HOSTILE)], 2.5).result()
    history.observe([make(status="complete", downloads=downloads)], 1 / 3).result()
    history.observe([make("audio", "c", type="")]).result()
    history.saved(A, "/out/a-1.png", 5, "0" * 64).result()
    history.saved(A, "\\\\server\\out, and\\a-2.png", 7, "1" * 64).result()
    history.deleted(C).result()
    history.missing(B).result()


def contents(history):
    return history.database.submit(upkeep.read_all).result()


def carried(source, target, file):
    with opened(source) as history:
        count = upkeep.export(history, file)
    with opened(target) as history:
        assert upkeep.take_in(history, file)[0] == count
    return file


# There and back


@pytest.mark.parametrize("ending", FORMATS)
def test_what_is_carried_comes_back_exactly(path, tmp_path, ending):
    """Into an empty history: every value of every table, the account's name too; a second export is the first."""
    elsewhere = tmp_path / "elsewhere.sqlite"
    with opened(path) as mine, opened(path, OTHER_KEY) as theirs:
        fill(mine)
        theirs.observe([make(charged=7)]).result()
        before, frame = contents(mine), mine.frame()
    first = carried(path, elsewhere, tmp_path / f"first.{ending}")
    with opened(elsewhere) as history:
        assert contents(history) == before
        pd.testing.assert_frame_equal(history.frame(), frame)
        assert upkeep.export(history, tmp_path / f"second.{ending}") == 5
    salts = [read_export(tmp_path / f"{name}.{ending}").salts[0] for name in ("first", "second")]
    assert salts[0] == salts[1]
    assert read_export(first).content == read_export(tmp_path / f"second.{ending}").content
    with opened(elsewhere, OTHER_KEY) as history:
        assert history.frame()["credits_charged"].tolist() == [7]


@settings(deadline=None)
@given(data=some.data())
def test_every_value_comes_back_from_every_format(tmp_path_factory, data):
    texts = some.text(some.characters(exclude_categories=["Cs"]), max_size=20)
    numbers, floats = some.integers(-(2**63), 2**63 - 1), some.floats(allow_nan=False, allow_infinity=False)
    projects = some.tuples(
        texts, texts, texts, some.none() | texts, some.none() | numbers, some.none() | texts,
        texts, *[some.none() | texts] * 5, *[some.none() | numbers] * 2, some.none() | floats, some.none() | texts,
    )  # fmt: skip
    moves = some.tuples(texts, texts, texts, texts, texts, numbers, some.none() | floats, some.none() | floats)
    files = some.tuples(*[texts] * 4, numbers, texts, texts, some.none() | numbers)
    content = {
        table: data.draw(some.lists(rows, max_size=3))
        for table, rows in zip(TABLES, (projects, moves, files), strict=True)
    }
    folder = tmp_path_factory.mktemp("carried")
    for ending in FORMATS:
        write_export(folder / f"x.{ending}", Carried(["salt"], content))
        assert read_export(folder / f"x.{ending}") == (["salt"], content)


@pytest.mark.parametrize("ending", FORMATS)
def test_neither_the_key_nor_a_link_is_in_an_export(path, tmp_path, ending):
    file = tmp_path / f"x.{ending}"
    with opened(path) as history:
        fill(history)
        error = {"code": LINK, "message": LINK}
        history.observe([make("image", "d", "error", name=LINK, type=LINK, error=error, new=[LINK])]).result()
        upkeep.export(history, file)
    texts = [file.read_bytes(), repr(read_export(file)).encode()]  # parquet packs its texts
    for secret in (b"s3cret", b"auth-token", KEY.encode()):
        assert all(secret not in text for text in texts)


def test_a_file_is_replaced_whole_or_not_at_all(path, tmp_path, monkeypatch):
    file = tmp_path / "x.json"
    file.write_text("what was there")

    def full_disk(path, data):
        path.write_text("half of")
        raise OSError(28, "No space left")

    with opened(path) as history:
        fill(history)
        monkeypatch.setattr("pathlib.Path.write_bytes", full_disk)
        with pytest.raises(mh.MagicHourError, match="No space left"):
            upkeep.export(history, file)
    assert (file.read_text(), list(tmp_path.glob("*.part"))) == ("what was there", [])


# Joining


def test_what_comes_again_comes_once(path, tmp_path):
    elsewhere = tmp_path / "elsewhere.sqlite"
    with opened(path) as history:
        fill(history)
        before = contents(history)
    for _ in range(3):
        carried(path, elsewhere, tmp_path / "x.csv")
        carried(path, path, tmp_path / "x.csv")
    for file in (path, elsewhere):
        with opened(file) as history:
            assert contents(history) == before


def test_a_hash_that_was_read_after_the_first_export_comes_with_the_second(path, tmp_path):
    elsewhere = tmp_path / "elsewhere.sqlite"
    with opened(path) as history:
        history.saved(A, "/out/a-1.png", 5, None).result()
    carried(path, elsewhere, tmp_path / "before.json")
    changed(path, "UPDATE files SET sha256 = 'read by now'")
    carried(path, elsewhere, tmp_path / "after.json")
    carried(elsewhere, path, tmp_path / "back.json")
    for file in (path, elsewhere):
        with opened(file) as history:
            assert history.saved_sha256("/out/a-1.png").result() == "read by now"


def test_nothing_newer_is_overwritten_by_older_whichever_way_it_goes(path, tmp_path):
    elsewhere = tmp_path / "elsewhere.sqlite"
    with opened(path) as history:
        history.observe([make(charged=450), make("audio", "c")]).result()
        history.saved(A, "/out/a-1.png", 5, "old").result()
    carried(path, elsewhere, tmp_path / "old.json")
    with opened(path) as history:
        history.observe([make(status="error", charged=0)]).result()
        history.saved(A, "/out/a-1.png", 6, "new").result()
        newer = contents(history)
    with opened(elsewhere) as history:
        history.observe([make("video", "b")]).result()
        history.deleted(C).result()
    carried(elsewhere, path, tmp_path / "back.json")
    with opened(path) as history:
        frame = history.frame().set_index("id")
        assert frame.loc["a", ["status", "credits_charged", "credits_refunded"]].tolist() == ["error", 0, 450]
        assert frame["deleted_at"].notna().to_dict() == {"a": False, "b": False, "c": True}
        assert history.saved_sha256("/out/a-1.png").result() == "new"
        assert [row for row in contents(history)["transitions"] if row[2] != "b"] == newer["transitions"]
    carried(path, elsewhere, tmp_path / "there.json")
    with opened(path) as one, opened(elsewhere) as other:
        assert contents(one) == contents(other)


def test_histories_that_named_a_key_differently_join_when_it_is_next_there(path, tmp_path):
    """Each has seen something of its own: the key's rows become one account, another key's stay another's."""
    elsewhere = tmp_path / "elsewhere.sqlite"
    with opened(path) as mine, opened(elsewhere) as also_mine, opened(elsewhere, OTHER_KEY) as theirs:
        mine.observe([make(charged=5), make("video", "b")]).result()
        also_mine.observe([make(status="error", charged=0), make("audio", "c")]).result()
        also_mine.saved(C, "/out/c-1.mp3", 5, "0").result()
        theirs.observe([make(charged=9)]).result()
        assert mine.database.account != also_mine.database.account
    with opened(elsewhere, None) as history:
        upkeep.export(history, tmp_path / "x.json")
    for _ in range(3):
        with opened(path, None) as history:
            upkeep.take_in(history, tmp_path / "x.json")
        with opened(path) as history:
            frame = history.frame().set_index("id")
        assert sorted(frame.index) == ["a", "b", "c"]
        assert frame["account"].nunique() == 1
        assert frame.loc["a", ["status", "credits_refunded"]].tolist() == ["error", 5]
        assert frame.loc["c", "paths"] == ("/out/c-1.mp3",)
    with opened(path, OTHER_KEY) as history:
        assert history.frame()["credits_charged"].tolist() == [9]
    assert asked(path, "SELECT count(*), count(DISTINCT account) FROM projects") == [(4, 2)]


def test_a_kernel_that_has_an_empty_history_open_loses_nothing_when_one_is_taken_in(path, tmp_path):
    elsewhere = tmp_path / "elsewhere.sqlite"
    with opened(path) as history:
        fill(history)
    with opened(elsewhere) as running:
        carried(path, elsewhere, tmp_path / "x.json")
        running.observe([make("video", "late")]).result()
    with opened(elsewhere) as history:
        assert "late" in history.frame()["id"].tolist()
        assert len(history.frame()) == 5


def test_what_is_being_watched_stays_on_its_machine(path, tmp_path):
    elsewhere = tmp_path / "elsewhere.sqlite"
    with opened(path) as history:
        history.watching({A: tmp_path}).result()
    carried(path, elsewhere, tmp_path / "x.json")
    with opened(elsewhere) as history:
        assert history.unended().result() == [(A, None)]


# What cannot be carried


HEAD = {"record": "mh_notebook history", "value": "2"}
SALT = {"record": "salt", "value": "5a"}
MOVE = {"record": "transitions", "account": "x", "kind": "image", "id": "a", "seen_at": "now", "status": "queued"}


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("x.json", b"", "is no export"),
        ("x.json", b"{}", "is no export"),
        ("x.json", b"[]", "is no export"),
        ("x.json", json.dumps([{"record": "recipes"}]).encode(), "its first line does not say so"),
        ("x.json", json.dumps([{**HEAD, "value": "3"}]).encode(), "newer mh_notebook"),
        ("x.json", json.dumps([HEAD]).encode(), "how its accounts were named"),
        ("x.json", json.dumps([HEAD, SALT, MOVE]).encode(), "a line of transitions lacks credits_charged"),
        ("x.json", json.dumps([HEAD, SALT, {**MOVE, "credits_charged": "5"}]).encode(), "credits_charged is '5'"),
        ("x.json", json.dumps([HEAD, SALT, {**MOVE, "credits_charged": 2**63}]).encode(), "credits_charged is"),
        ("x.json", json.dumps([HEAD, SALT, {**MOVE, "credits_charged": True}]).encode(), "credits_charged is True"),
        ("x.json", json.dumps([HEAD, SALT, {"record": "recipes"}]).encode(), "is no export"),
        ("x.csv", b"", "is no export"),
        ("x.csv", b"record,value\r\nmh_notebook history\r\n", "is no export"),
        ("x.csv", b"\xff\xfe", "is no export"),
        ("x.csv", b"title,pages\r\na,5\r\n", "is no export"),
        *([("x.parquet", b"PAR1 and no more", "is no export")] if "parquet" in FORMATS else []),
        ("x.xlsx", b"", r"none of the endings .csv, .parquet, .json"),
        ("none.json", None, "No such file"),
    ],
)
def test_what_is_no_export_is_said_and_nothing_is_taken_in(path, tmp_path, name, content, message):
    if content is not None:
        (tmp_path / name).write_bytes(content)
    with opened(path) as history:
        fill(history)
        before = contents(history)
        for _ in range(3):
            with pytest.raises(mh.MagicHourError, match=message):
                upkeep.take_in(history, tmp_path / name)
        assert contents(history) == before


@pytest.mark.parametrize("call", [upkeep.export, upkeep.take_in])
def test_without_pyarrow_parquet_says_so_in_one_line(path, tmp_path, monkeypatch, call):
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with opened(path) as history, pytest.raises(mh.MagicHourError) as caught:
        call(history, tmp_path / "x.parquet")
    assert str(caught.value) == "Parquet needs pyarrow: pip install pyarrow. Or use .csv or .json."


def test_a_broken_history_is_not_carried_as_an_empty_one(path, tmp_path):
    path.write_bytes(b"no database at all" * 1000)
    with pytest.warns(UserWarning, match="cannot be used"):
        history = History(path, KEY)
    with closing(history), pytest.raises(mh.MagicHourError, match="cannot be used"):
        upkeep.export(history, tmp_path / "x.json")
    assert not (tmp_path / "x.json").exists()


# Forgetting


@pytest.mark.parametrize("ref", [Ref("video", "b"), Ref("", "b")])
def test_what_is_forgotten_is_not_even_in_the_bytes(path, ref):
    with opened(path) as history:
        history.observe([make("video", "b", name="a secret matter"), make(name="another matter")]).result()
        history.watching({Ref("", "b"): None, A: None}).result()
        history.saved(B, "/out/secret-1.mp4", 5, "0").result()
        assert [upkeep.forget(history, ref) for _ in range(3)] == [1, 0, 0]
        assert history.frame()["id"].tolist() == ["a"]
        assert history.unended().result() == [(A, None)]
        raw = b"".join(file.read_bytes() for file in path.parent.glob("history.sqlite*"))
    assert (b"secret" in raw, b"another matter" in raw) == (False, True)


def test_forgetting_keeps_to_the_account_and_to_the_kind(path):
    with opened(path) as mine, opened(path, OTHER_KEY) as theirs:
        for history in (mine, theirs):
            history.observe([make(kind, "same") for kind in SHAPES]).result()
        assert upkeep.forget(mine, Ref("image", "same")) == 1
        assert (len(mine.frame()), len(theirs.frame())) == (2, 3)
        assert upkeep.forget(mine, Ref("", "same")) == 2
        assert len(theirs.frame()) == 3
    with opened(path, None) as everyone:
        assert upkeep.forget(everyone, Ref("", "same")) == 3


# The command


def said(capsys, *arguments):
    status = main(["history", *map(str, arguments)])
    output = capsys.readouterr()
    return status, output.out + output.err


def test_the_command_sums_up_carries_and_forgets(path, tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("MH_NOTEBOOK_HISTORY", str(path))
    assert said(capsys) == (0, f"There is no history yet at {path}.\n")
    assert said(capsys, "--export", tmp_path / "x.csv") == (1, f"There is no history yet at {path}.\n")
    assert not path.exists()
    with opened(path) as mine, opened(path, OTHER_KEY) as theirs:
        mine.observe([make(), make("video", "b", created_at="2026-02-03T23:00:00Z")]).result()
        mine.saved(A, "/out/a-1.png", 5, "0").result()
        theirs.observe([make()]).result()
    held = f"{path}: accounts 2, projects 3, 2026-01-01 to 2026-02-03, files saved 1.\n"
    assert said(capsys) == (0, held)
    file = tmp_path / "x.csv"
    assert said(capsys, "--export", file) == (0, f"3 projects written to {file}.\n{held}")
    assert said(capsys, "--import", file) == (0, f"3 projects read from {file}, 0 of them new.\n{held}")
    monkeypatch.setenv("MAGIC_HOUR_API_KEY", KEY)
    status, text = said(capsys, "--forget", "video:b")
    assert (status, text.splitlines()[0]) == (0, "video:b is forgotten.")
    assert said(capsys, "--forget", "video:b") == (1, "mh-notebook: The history knows no project video:b.\n")
    status, text = said(capsys, "--import", file)
    assert (status, text.splitlines()[0]) == (0, f"3 projects read from {file}, 1 of them new.")
    path.unlink()
    assert said(capsys, "--import", file) == (0, f"3 projects read from {file}, 3 of them new.\n{held}")
    with opened(path) as history:
        assert sorted(history.frame()["id"]) == ["a", "b"]


@pytest.mark.parametrize(
    "arguments", [("--import", "none.json"), ("--export", "x.xlsx"), ("--forget", "sculpture:x"), ("--forget", "")]
)
def test_the_command_fails_in_one_line(path, monkeypatch, capsys, arguments):
    History(path).close()
    monkeypatch.setenv("MH_NOTEBOOK_HISTORY", str(path))
    status, text = said(capsys, *arguments)
    assert (status, text.count("\n"), text.startswith("mh-notebook: ")) == (1, 1, True)


def test_a_history_taken_in_long_after_counts_what_it_saw_in_the_order_of_its_time(path, tmp_path):
    """Rows that came later in the file, but were seen earlier, are read first."""
    elsewhere = tmp_path / "elsewhere.sqlite"
    with opened(elsewhere) as history:
        history.observe([make(charged=450)], None).result()
    with opened(path) as history:
        history.observe([make("audio", "c")]).result()  # it is not empty
        history.observe([make(status="error", charged=0)], 2.0).result()
    carried(elsewhere, path, tmp_path / "x.json")
    with opened(path) as history:
        one = history.frame().set_index("id").loc["a"]
    assert one[["credits_refunded", "credits_estimated"]].tolist() == [450, 450]
