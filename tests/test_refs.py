"""What names a project, in every form it may be handed over, and what names none and says why."""

import copy
from collections import namedtuple
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

import mh_notebook as mh
from mh_notebook.protocol.decoding import decode_project
from mh_notebook.protocol.refs import Ref, read_ref, read_refs

PROJECT = decode_project(
    "audio",
    b'{"id": "p", "name": null, "status": "queued", "type": "VOICE_GENERATOR", "created_at": "2026-01-01T00:00:00Z",'
    b' "enabled": true, "credits_charged": 1, "downloads": [], "error": null}',
)
Row = namedtuple("Row", "kind id status")  # noqa: PYI024 - what a user's own code has
ABC = [Ref("image", "a"), Ref("video", "b"), Ref("audio", "c")]
FRAME = pd.DataFrame({"kind": ["image", "video", "audio"], "id": ["a", "b", "c"], "status": ["complete"] * 3})
PAGE = "https://magichour.ai/my-library"

SINGLE = {
    "pair": (("image", "a"), Ref("image", "a")),
    "ref": (Ref("video", "b"), Ref("video", "b")),
    "text": ("image:a", Ref("image", "a")),
    "text with spaces": (" image : a ", Ref("image", "a")),
    "bare id": ("a", Ref("", "a")),
    "image page": (f"{PAGE}?imageId=a", Ref("image", "a")),
    "video page": (f"{PAGE}?tab=x&videoId=b#top", Ref("video", "b")),
    "audio page": (f"{PAGE}/?audioId=c", Ref("audio", "c")),
    "address of the API": ("https://api.magichour.ai/v1/video-projects/b", Ref("video", "b")),
    "address with a slash behind it": ("https://api.magichour.ai/v1/video-projects/b/", Ref("video", "b")),
    "project": (PROJECT, Ref("audio", "p")),
    "mapping": ({"kind": "image", "id": "a", "more": 1}, Ref("image", "a")),
    "mapping without kind": ({"id": "a"}, Ref("", "a")),
    "row of a frame": (FRAME.iloc[1], Ref("video", "b")),
    "row without kind": (FRAME[["id"]].iloc[1], Ref("", "b")),
    "row with NA for a kind": (pd.Series({"kind": pd.NA, "id": "b"}), Ref("", "b")),
    "named tuple": (Row("image", "a", "queued"), Ref("image", "a")),
    "object": (SimpleNamespace(kind="image", id="a"), Ref("image", "a")),
    "object without kind": (SimpleNamespace(id="a"), Ref("", "a")),
    "pair without kind": ((None, "a"), Ref("", "a")),
    "numpy's text": (np.str_("image:a"), Ref("image", "a")),
}


@pytest.mark.parametrize("form", SINGLE)
def test_a_project_is_named_in_any_of_these_forms(form):
    value, ref = SINGLE[form]
    assert read_ref(value) == ref


@pytest.mark.parametrize("form", [form for form in SINGLE if form != "pair without kind"])
def test_one_ref_alone_is_read_as_a_list_of_one(form):
    value, ref = SINGLE[form]
    assert read_refs(value) == [ref]


def test_a_list_mixes_all_forms_and_keeps_their_order():
    values = [value for value, _ in SINGLE.values()]
    for many in (values, tuple(values), iter(values), (value for value in values)):
        assert read_refs(many) == [ref for _, ref in SINGLE.values()]


@pytest.mark.parametrize(
    "values",
    [
        FRAME,
        FRAME.astype("string"),
        FRAME.astype({"kind": "category"}),
        FRAME.astype(object),
        FRAME.set_index("status"),
        FRAME[["id", "kind"]],
        FRAME.to_dict("records"),
        FRAME.itertuples(),
        FRAME.itertuples(index=False),
        FRAME[["kind", "id"]].itertuples(index=False, name=None),
        [row for _, row in FRAME.iterrows()],
        FRAME["kind"] + ":" + FRAME["id"],
        pd.Index(FRAME["kind"] + ":" + FRAME["id"]),
        np.array(["image:a", "video:b", "audio:c"]),
        {"image:a": 1, "video:b": 2, "audio:c": 3}.keys(),
        zip(FRAME["kind"], FRAME["id"], strict=True),
    ],
    ids=lambda values: type(values).__name__,
)
def test_frames_rows_columns_and_generators_of_refs_are_read(values):
    assert read_refs(values) == ABC


def test_a_series_of_bare_ids_takes_its_kind_from_the_argument():
    assert read_refs(FRAME["id"], "video") == [Ref("video", "a"), Ref("video", "b"), Ref("video", "c")]
    assert read_refs(FRAME["id"].tolist()) == [Ref("", "a"), Ref("", "b"), Ref("", "c")]
    assert read_refs(SimpleNamespace(id="a"), "audio") == [Ref("audio", "a")]


def test_a_frame_without_kinds_takes_them_from_the_argument():
    assert read_refs(FRAME[["id"]], "image") == [Ref("image", "a"), Ref("image", "b"), Ref("image", "c")]


def test_nothing_is_no_refs():
    for nothing in ([], (), FRAME.iloc[:0], iter([]), FRAME["id"].iloc[:0]):
        assert read_refs(nothing) == []


@pytest.mark.parametrize("dtype", ["object", "string"])
def test_a_cell_that_is_not_there_is_an_unknown_kind_or_an_error_in_its_place(dtype):
    frame = pd.DataFrame({"kind": ["image", None, "video"], "id": ["a", "b", None]}, dtype=dtype)
    one, two, three = read_refs(frame)
    assert (one, two) == (Ref("image", "a"), Ref("", "b"))
    assert "empty" in str(three)


BAD = {
    "empty": ("", "The id is empty."),
    "blank": (" \t", "The id is empty."),
    "kind alone": ("image:", "The id is empty."),
    "empty pair": (("image", ""), "The id is empty."),
    "empty mapping": ({}, "The id is empty."),
    "None": (None, "The id is empty."),
    "NaN": (float("nan"), "The id is empty."),
    "numpy's NaN": (np.float64("nan"), "The id is empty."),
    "NA": (pd.NA, "The id is empty."),
    "NaT": (pd.NaT, "The id is empty."),
    "NA in a pair": (("image", pd.NA), "The id is empty."),
    "slash": ("image:a/b", "No project has the id 'a/b'."),
    "backslash": ("image:a\\b", "No project has the id"),
    "dot dot": ("image:..", "No project has the id '..'."),
    "climbing": (("image", "../../account"), "No project has the id"),
    "NUL": (("image", "a\0b"), "No project has the id 'a\\x00b'."),
    "newline": (("image", "a\nb"), "No project has the id 'a\\nb'."),
    "space": (("image", " a"), "No project has the id"),
    "query": ("image:a?b=c", "No project has the id"),
    "percent": ("image:a%2fb", "No project has the id"),
    "two colons": ("image:a:b", "No project has the id 'a:b'."),
    "surrogate": ("image:a\ud800", "No project has the id"),
    "right to left": ("image:a\u202eb", "No project has the id"),
    "unknown kind": ("painting:a", "There is no kind 'painting'. The kinds are image, video, audio."),
    "unknown kind of a pair": (("painting", "a"), "There is no kind 'painting'."),
    "unknown kind of a row": ({"kind": "painting", "id": "a"}, "There is no kind 'painting'."),
    "kind in capitals": ("Image:a", "There is no kind 'Image'."),
    "number": (5, "An id is text, not int."),
    "number in a pair": (("image", 5), "An id is text, not int."),
    "number for a kind": ((5, "a"), "A kind is text, not int."),
    "array in a pair": (("image", np.array([1, 2])), "An id is text, not ndarray."),
    "bytes": (b"abc", "An id is text, not bytes."),
    "object": (object(), "An id is text, not object."),
    "list in a list": (["image", "a"], "An id is text, not list."),
    "too long": ("x" * 300, "An id of 300 characters cannot be right."),
    "three parts": (("image", "a", "b"), "A ref has two parts, this has 3."),
    "one part": (("image",), "A ref has two parts, this has 1."),
    "address of nobody": ("https://nobody.example/a?auth-token=s3cret", "no project: https://nobody.example/…"),
    "page without id": (f"{PAGE}?imageId=", "This address names no project"),
    "page with a bad id": (f"{PAGE}?imageId=a/b", "No project has the id 'a/b'."),
    "unreadable address": ("https://[half", "This address cannot be read."),
}


@pytest.mark.parametrize("case", BAD)
def test_what_names_no_project_is_said_to_and_why(case):
    value, said = BAD[case]
    with pytest.raises(mh.InvalidRefError) as caught:
        read_ref(value)
    text = str(caught.value)
    assert said in text
    assert text.isprintable()
    assert "s3cret" not in text + repr(caught.value.args)
    assert isinstance(caught.value, ValueError)


@pytest.mark.parametrize("case", BAD)
def test_one_bad_ref_in_a_list_is_an_error_in_its_place_and_loses_nobody(case):
    value, said = BAD[case]
    first, bad, last = read_refs(["image:a", value, "video:b"])
    assert (first, last) == (Ref("image", "a"), Ref("video", "b"))
    assert isinstance(bad, mh.InvalidRefError)
    assert said in str(bad)


def test_a_tuple_that_begins_with_a_kind_is_one_ref_of_whatever_length():
    (error,) = read_refs(("image", "a", "b"))
    assert "this has 3" in str(error)
    assert read_refs(("a", "b", "c")) == [Ref("", "a"), Ref("", "b"), Ref("", "c")]


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (5, "This names no project: int."),
        (None, "This names no project: NoneType."),
        (object(), "This names no project: object."),
        (pd.DataFrame({"a": [1]}), "This frame has no column `id`."),
        (pd.DataFrame(), "This frame has no column `id`."),
    ],
)
def test_what_is_neither_a_ref_nor_many_is_refused_as_a_whole(value, said):
    with pytest.raises(mh.InvalidRefError, match=said):
        read_refs(value)


def test_a_kind_that_contradicts_the_ref_is_refused():
    with pytest.raises(mh.InvalidRefError, match="This names an image, not a video: a"):
        read_ref("image:a", "video")
    with pytest.raises(mh.InvalidRefError, match="no kind 'painting'"):
        read_ref("a", "painting")


def test_arguments_are_never_changed():
    frame, values, mapping = FRAME.copy(), ["image:a", ("video", "b"), ""], {"kind": "image", "id": "a"}
    before = copy.deepcopy((values, mapping))
    for _ in range(3):
        read_refs(frame)
        read_refs(values)
        read_refs(mapping)
    pd.testing.assert_frame_equal(frame, FRAME)
    assert (values, mapping) == before


def test_the_path_of_a_ref_holds_nothing_but_its_id():
    assert Ref("image", "a").path == "/v1/image-projects/a"
    assert Ref("audio", "é").path == "/v1/audio-projects/%C3%A9"
    assert (str(Ref("image", "a")), str(Ref("", "a"))) == ("image a", "project a")
