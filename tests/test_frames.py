"""Projects into a frame: one fixed schema, for none, one and many; unknown is NA; no link ever."""

import json

import pandas as pd
import pytest
from contract import COMMON

from mh_notebook.frames import SCHEMA, Unread, build_frame, to_frame
from mh_notebook.protocol.decoding import decode_project

TEXT = "str" if int(pd.__version__.partition(".")[0]) >= 3 else "string"
TIME = "datetime64[us, UTC]"
DTYPES = [
    ("kind", "category"),
    ("status", "category"),
    ("id", TEXT),
    ("name", TEXT),
    ("type", TEXT),
    ("created_at", TIME),
    ("fetched_at", TIME),
    ("expires_at", TIME),
    ("enabled", "boolean"),
    ("credits_charged", "Int64"),
    ("credits_settled", "boolean"),
    ("width", "Int64"),
    ("height", "Int64"),
    ("start_seconds", "Float64"),
    ("end_seconds", "Float64"),
    ("duration_seconds", "Float64"),
    ("fps", "Float64"),
    ("image_count", "Int64"),
    ("download_count", "Int64"),
    ("error_code", TEXT),
    ("error_message", TEXT),
    ("fetch_error", TEXT),
]
STATUSES = ["draft", "queued", "rendering", "complete", "error", "canceled"]
LINK = "https://files.example/a.png?auth-token=s3cret"
SHAPES = {
    "image": {"image_count": 2},
    "video": {"width": 512, "height": 960, "start_seconds": 0.5, "end_seconds": 2.0, "fps": 30},
    "audio": {},
}


def make(of="image", **changes):
    return decode_project(of, json.dumps(COMMON | SHAPES[of] | changes).encode())


def cell(frame, column, row=0):
    return frame.loc[row, column]


def is_na(frame, *columns):
    return [bool(frame[name].isna().all()) for name in columns] == [True] * len(columns)


MANY = [make("image"), Unread("video", "gone", "404"), make("audio"), make("video"), Unread("", "", "no project")]


@pytest.mark.parametrize("items", [[], MANY[:1], MANY[1:2], MANY, [Unread("", "x")] * 3, iter(MANY)])
def test_the_schema_is_the_same_for_none_one_and_many(items):
    items = list(items)
    frame = build_frame(item for item in items)
    assert [(name, str(dtype)) for name, dtype in frame.dtypes.items()] == DTYPES
    assert list(SCHEMA) == list(frame.columns)
    assert frame["status"].cat.categories.tolist() == STATUSES
    assert frame["kind"].cat.categories.tolist() == ["image", "video", "audio"]
    assert frame.index.equals(pd.RangeIndex(len(items)))


def test_each_cell_of_a_video_is_what_the_api_said():
    moments = ["2026-01-03T00:00:00Z", "2026-01-02T00:00:00+02:00"]
    frame = build_frame([make("video", downloads=[{"url": LINK, "expires_at": moment} for moment in moments])])
    row = frame.drop(columns="fetched_at").iloc[0].to_dict()
    assert row["expires_at"] == pd.Timestamp("2026-01-01T22:00:00Z")  # the earliest
    assert row["created_at"] == pd.Timestamp("2026-01-01T00:00:00Z")
    expected = {
        "kind": "video",
        "status": "complete",
        "id": "abc",
        "name": "A name",
        "type": "A_TYPE",
        "enabled": True,
        "credits_charged": 5,
        "credits_settled": True,
        "width": 512,
        "height": 960,
        "start_seconds": 0.5,
        "end_seconds": 2.0,
        "duration_seconds": 1.5,
        "fps": 30.0,
        "download_count": 2,
    }
    assert {name: row[name] for name in expected} == expected
    assert is_na(frame, "image_count", "error_code", "error_message", "fetch_error")


def test_what_a_kind_does_not_have_is_na():
    image, audio = build_frame([make("image")]), build_frame([make("audio")])
    video_only = ("width", "height", "start_seconds", "end_seconds", "duration_seconds", "fps")
    assert is_na(image, *video_only, "expires_at")
    assert is_na(audio, *video_only, "image_count", "expires_at")
    assert (cell(image, "image_count"), cell(image, "download_count")) == (2, 0)


def test_unknown_is_na_and_never_zero_or_empty():
    frame = build_frame([make("video", width=-1, height=-1, name=None), make("video", width=0, height=720, name="")])
    assert frame["width"].isna().tolist() == [True, False]
    assert frame["height"].isna().tolist() == [True, False]
    assert frame["name"].isna().tolist() == [True, False]
    assert (cell(frame, "width", 1), cell(frame, "height", 1), cell(frame, "name", 1)) == (0, 720, "")


def test_a_failed_project_says_why_in_two_columns():
    frame = build_frame(
        [make(status="error", credits_charged=0, error={"code": "no_source_face", "message": "No face"})]
    )
    assert (cell(frame, "error_code"), cell(frame, "error_message")) == ("no_source_face", "No face")
    assert (cell(frame, "credits_charged"), cell(frame, "credits_settled")) == (0, True)
    assert is_na(frame, "fetch_error")


def test_credits_are_settled_once_the_render_has_ended():
    frame = build_frame([make("video", status=status) for status in [*STATUSES, "transcoding"]])
    assert frame["credits_settled"].tolist() == [False, False, False, True, True, True, False]


def test_what_could_not_be_read_is_one_row_that_says_why():
    frame = build_frame([Unread("image", "gone", f"404, see {LINK}"), Unread("", "", "The id is empty."), make()])
    assert frame["id"].isna().tolist() == [False, True, False]
    assert frame["kind"].isna().tolist() == [False, True, False]
    assert frame["fetch_error"].tolist()[:2] == ["404, see https://files.example/…", "The id is empty."]
    assert frame["fetch_error"].isna().tolist() == [False, False, True]
    others = [name for name in frame if name not in ("kind", "id", "fetch_error")]
    assert frame.loc[:1, others].isna().all(axis=None)


def test_an_unknown_status_is_kept_beside_the_known_ones():
    frame = build_frame([make(status=status) for status in ("transcoding", "complete", "waiting", "transcoding")])
    assert frame["status"].tolist() == ["transcoding", "complete", "waiting", "transcoding"]
    assert frame["status"].cat.categories.tolist() == [*STATUSES, "transcoding", "waiting"]


def test_unknown_fields_are_extra_columns_as_they_came():
    frame = build_frame([make(progress=0.5, tags=["a", {"b": 1}]), make("audio", voice="Ann"), Unread("image", "x")])
    assert list(frame.columns) == [*SCHEMA, "progress", "tags", "voice"]
    assert cell(frame, "progress") == 0.5
    assert cell(frame, "tags") == ["a", {"b": 1}]
    assert cell(frame, "voice", 1) == "Ann"
    assert frame["voice"].isna().tolist() == [True, False, True]
    assert frame["progress"].isna().tolist() == [False, True, True]


def test_an_unknown_field_with_the_name_of_our_column_does_not_take_its_place():
    project = make(kind="?", fetched_at="never", expires_at=5, fetch_error="no", duration_seconds="long", width=7)
    frame = build_frame([project])
    assert [(name, str(dtype)) for name, dtype in frame.dtypes.items()] == DTYPES
    assert cell(frame, "kind") == "image"
    assert is_na(frame, "expires_at", "fetch_error", "duration_seconds", "width")
    assert project.extra["width"] == 7


@pytest.mark.parametrize("field", ["id", "name", "status", "type", "new", "code", "message", "downloads"])
def test_no_link_is_in_a_frame_whatever_field_it_came_in(field):
    changes = {field: f"see {LINK} 's"}
    if field in ("code", "message"):
        changes = {"error": {"code": "c", "message": "m"} | changes}
    if field == "downloads":
        changes = {"downloads": [{"url": LINK, "expires_at": "2026-01-02T00:00:00Z"}]}
    nested = {"links": [{LINK: (LINK, {"a": LINK})}], LINK: 1}
    for kind in SHAPES:
        frame = build_frame([make(kind, **changes, **nested), Unread(kind, "x", LINK)])
        shown = (
            frame.to_csv()
            + frame.to_json(date_format="iso")
            + repr(frame.to_dict())
            + frame.to_html()
            + repr(list(frame.columns))
        )
        assert "s3cret" not in shown
        assert "auth-token" not in shown
        assert "files.example" in shown


def test_markup_and_control_characters_are_data():
    frame = build_frame([make(name="<script>alert(1)</script>\0", type="a\nb", hostile={"<b>": "\u202e"})])
    assert cell(frame, "name") == "<script>alert(1)</script>\0"
    assert cell(frame, "type") == "a\nb"
    assert "<script>" not in frame.to_html()


def test_int64_holds_its_bounds():
    frame = build_frame([make(credits_charged=value) for value in (2**63 - 1, -(2**63), 0)])
    assert frame["credits_charged"].tolist() == [2**63 - 1, -(2**63), 0]


def test_times_at_the_ends_of_the_calendar_are_kept():
    frame = build_frame([make(created_at=text) for text in ("0001-01-01T00:00:00Z", "9999-12-31T23:59:59Z")])
    assert [moment.year for moment in frame["created_at"]] == [1, 9999]
    assert str(frame["created_at"].dtype) == TIME


def test_frames_of_any_length_are_joined_without_a_change_of_dtypes():
    frame = pd.concat([build_frame([make()]), build_frame([make("video")])], ignore_index=True)
    assert [(name, str(dtype)) for name, dtype in frame.dtypes.items()] == DTYPES


def test_another_schema_is_kept_for_no_rows_too():
    schema = {"kind": SCHEMA["kind"], "number": "Int64", "path": SCHEMA["id"]}
    for rows in ([], [{"kind": "image", "number": 1}], [{"path": "a"}, {}]):
        frame = to_frame(rows, schema)
        assert [str(dtype) for dtype in frame.dtypes] == ["category", "Int64", TEXT]
        assert len(frame) == len(rows)
