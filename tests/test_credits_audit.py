"""The audit finds what a bill should be asked about, and nothing else."""

import pandas as pd
import pytest
from credits_frames import HISTORY, frame_of, rows_of

import mh_notebook as mh
from mh_notebook import credits

NOW = "2026-10-02 12:00"
SAVED = {"paths": ("outputs/p0-1.png",)}


def findings(*rows, history=tuple(HISTORY), **options):
    return rows_of(credits.audit(frame_of(*rows, history=history), now=NOW, **options))


def test_a_failed_project_that_is_still_charged_is_found():
    rows = [
        {"status": status, "credits_charged": charged} for status in ("error", "canceled") for charged in (0, 1, 30)
    ]
    assert findings(*rows) == [
        ["image", "p1", "not_refunded", "error, and 1 credit is still charged", 1],
        ["image", "p2", "not_refunded", "error, and 30 credits are still charged", 30],
        ["image", "p4", "not_refunded", "canceled, and 1 credit is still charged", 1],
        ["image", "p5", "not_refunded", "canceled, and 30 credits are still charged", 30],
    ]


def test_a_charge_that_moved_after_the_end_is_found():
    rows = [{**SAVED, "credits_changed_after": change} for change in (None, 0, 5, -1)]
    assert findings(*rows) == [
        ["image", "p2", "changed_after_complete", "+5 credits since it was first seen complete", 5],
        ["image", "p3", "changed_after_complete", "-1 credit since it was first seen complete", -1],
    ]


def test_an_estimate_that_drifted_by_more_than_a_tenth_is_found():
    pairs = [(100, 110), (100, 111), (100, 89), (0, 50), (None, 50)]
    rows = [{**SAVED, "credits_estimated": estimated, "credits_charged": settled} for estimated, settled in pairs]
    rows.append({"status": "rendering", "credits_estimated": 100, "credits_charged": 500})  # not settled yet
    assert findings(*rows) == [
        ["image", "p1", "estimate_drift", "estimated 100, settled 111 (+11%)", 11],
        ["image", "p2", "estimate_drift", "estimated 100, settled 89 (-11%)", -11],
    ]
    assert findings(*rows, drift=0.2) == []
    assert len(findings(*rows, drift=0)) == 3


def test_a_project_charged_and_never_saved_is_found():
    rows = [{"paths": ()}, {"paths": None}, SAVED, {"credits_charged": 0}, {"status": "rendering"}]
    rows.append({"paths": (), "deleted_at": pd.Timestamp(NOW, tz="UTC")})
    assert findings(*rows) == [
        ["image", "p0", "never_downloaded", "complete and charged, no file of it was saved", 5],
        ["image", "p1", "never_downloaded", "complete and charged, no file of it was saved", 5],
        ["image", "p5", "never_downloaded", "complete and charged, deleted before a file of it was saved", 5],
    ]


def test_links_that_run_out_are_found_unless_the_files_were_saved():
    ends = ["2026-10-02 11:59", "2026-10-02 12:01", "2026-10-02 18:00", "2026-10-02 18:01", None]
    rows = [{"expires_at": None if end is None else pd.Timestamp(end, tz="UTC")} for end in ends]
    rows.append({**rows[1], **SAVED})
    found = [row for row in findings(*rows) if row[2] == "links_running_out"]
    assert [row[1] for row in found] == ["p1", "p2"]
    assert found[0][3:] == ["links end at 2026-10-02 12:01 UTC; another get makes fresh ones", 5]
    every = findings(*rows, history=())  # a frame that does not know its files: all with links that end
    assert [row[1] for row in every] == ["p1", "p2", "p5"]
    assert [row[1] for row in findings(*rows, history=(), hours=7)] == ["p1", "p2", "p3", "p5"]


def test_what_could_not_be_looked_for_is_said_with_the_reason():
    found = credits.audit(frame_of({}))
    assert found.attrs["skipped"] == {
        "changed_after_complete": "this frame has no column credits_changed_after; mh.history() has",
        "estimate_drift": "this frame has no column credits_estimated; mh.history() has",
        "never_downloaded": "this frame has no column paths; mh.history() has",
    }
    assert credits.audit(frame_of({}, history=tuple(HISTORY))).attrs["skipped"] == {}


def test_a_clean_bill_has_no_findings_and_the_same_columns():
    for frame in (frame_of(), frame_of({**SAVED}, history=tuple(HISTORY)), frame_of({"credits_charged": None})):
        found = credits.audit(frame, now=NOW)
        assert len(found) == 0
        assert list(found.columns) == ["kind", "id", "finding", "detail", "credits"]
        assert str(found["credits"].dtype) == "Int64"


def test_one_project_is_found_once_as_last_fetched():
    old = {"id": "a", "status": "error", "credits_charged": 30, "fetched_at": pd.Timestamp("2026-10-01", tz="UTC")}
    new = {**old, "credits_charged": 0, "fetched_at": pd.Timestamp("2026-10-02", tz="UTC")}
    assert findings(old, old) == [["image", "a", "not_refunded", "error, and 30 credits are still charged", 30]]
    assert findings(new, old) == findings(old, new) == []


def test_missing_columns_are_named():
    with pytest.raises(mh.ConfigurationError, match="no column 'status'"):
        credits.audit(frame_of({}).drop(columns="status"))


@pytest.mark.parametrize("carry", ["csv", "json", "parquet", "pyarrow"])
def test_a_frame_that_a_file_has_carried_has_the_same_findings(tmp_path, carry):
    rows = [
        {"status": "error", "credits_charged": 30},
        {**SAVED, "credits_changed_after": 5, "expires_at": pd.Timestamp("2026-10-02 13:00", tz="UTC")},
        {**SAVED, "credits_charged": 111, "credits_estimated": 100},
        {"paths": ()},
        {"paths": None, "credits_charged": None, "status": None},  # one NA makes whole numbers float in a file
    ]
    frame, file = frame_of(*rows, history=tuple(HISTORY)), tmp_path / "frame"
    if carry == "csv":
        frame.to_csv(file)
        carried = pd.read_csv(file)
    elif carry == "json":
        frame.to_json(file, date_format="iso")
        carried = pd.read_json(file)
    else:
        pytest.importorskip("pyarrow")
        frame.to_parquet(file)
        carried = pd.read_parquet(file, **({"dtype_backend": "pyarrow"} if carry == "pyarrow" else {}))
    before, after = (rows_of(credits.audit(each, now=NOW)) for each in (frame, carried))
    assert after == before
    assert [row[2] for row in before] == [
        "not_refunded",
        "changed_after_complete",
        "estimate_drift",
        "never_downloaded",
    ]
