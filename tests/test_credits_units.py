"""What an image, a second, a frame costs, by type, and which projects cost unlike their kind."""

import numpy as np
import pandas as pd
import pytest
from credits_frames import frame_of, rows_of

import mh_notebook as mh
from mh_notebook import credits

VIDEO = {"kind": "video", "type": "TEXT_TO_VIDEO", "credits_charged": 120, "width": 1000, "height": 500}
VIDEO |= {"duration_seconds": 5.0, "fps": 24.0}
COSTS = [f"credits_per_{unit}" for unit in ("project", "image", "second", "frame", "megapixel_second")]


def costs(*rows):
    return rows_of(credits.per_unit(frame_of(*rows))[COSTS])


def test_a_project_is_divided_by_each_unit_it_has():
    assert costs({"image_count": 4, "credits_charged": 20}) == [[20.0, 5.0, None, None, None]]
    assert costs(VIDEO) == [[120.0, None, 24.0, 1.0, 48.0]]
    assert costs({"kind": "audio", "credits_charged": 3}) == [[3.0, None, None, None, None]]


def test_what_is_not_known_divides_nothing():
    assert costs(VIDEO | {"width": None}) == [[120.0, None, 24.0, 1.0, None]]
    assert costs(VIDEO | {"fps": 0.0}) == [[120.0, None, 24.0, None, 48.0]]
    assert costs(VIDEO | {"duration_seconds": 0.0}) == [[120.0, None, None, None, None]]
    assert costs({"image_count": 0}) == [[5.0, None, None, None, None]]


def test_only_complete_projects_count_and_each_once():
    rows = [{"id": "a", "status": status} for status in ("queued", "rendering", "error", "canceled")]
    assert costs(*rows) == []
    assert len(costs({"id": "a", "image_count": 1}, {"id": "a", "image_count": 1})) == 1


def test_the_distribution_is_by_type_and_unit():
    frame = frame_of(*[{"image_count": 2, "credits_charged": charged} for charged in (2, 4, 6, 8, 20)], VIDEO)
    table = credits.unit_costs(frame)
    assert table.loc[("image", "AI_IMAGE", "image")].tolist() == [5, 1.0, 2.0, 3.0, 4.0, 10.0, 0]
    assert table.loc[("video", "TEXT_TO_VIDEO", "frame")].tolist() == [1, 1.0, 1.0, 1.0, 1.0, 1.0, 0]
    assert [unit for *_, unit in table.index] == ["project", "image", "project", "second", "frame", "megapixel_second"]
    assert [str(dtype) for dtype in table.dtypes] == ["Int64", *["Float64"] * 5, "Int64"]


@pytest.mark.parametrize("frame", [frame_of(), frame_of({"status": "queued"}), frame_of({"credits_charged": None})])
def test_of_nothing_there_is_no_cost(frame):
    assert credits.unit_costs(frame).empty
    assert credits.outliers(frame).empty
    assert credits.per_unit(frame).empty


def images(*charges):
    return frame_of(*[{"image_count": 1, "credits_charged": charged} for charged in charges])


def test_a_cost_outside_the_fences_is_an_outlier_whether_dear_or_cheap():
    frame = images(10, 11, 12, 13, 14, 15, 16, 17, 80, 2)
    found = credits.outliers(frame)
    assert found[["id", "unit", "cost"]].to_numpy().tolist() == [["p9", "image", 2.0], ["p8", "image", 80.0]]
    first, third = np.log(11.25), np.log(15.75)  # quartiles of the logarithms, roughly
    assert found["low"].iloc[0] == pytest.approx(np.exp(first - 1.5 * (third - first)), rel=0.02)
    assert found["times"].tolist() == pytest.approx([2 / np.sqrt(13 * 14), 80 / np.sqrt(13 * 14)])
    assert credits.unit_costs(frame).loc[("image", "AI_IMAGE", "image"), "outliers"] == 2


def test_of_fewer_than_eight_nobody_is_an_outlier():
    assert credits.outliers(images(5, 5, 5, 5, 5, 5, 500)).empty
    assert len(credits.outliers(images(5, 5, 5, 5, 5, 5, 5, 500))) == 1


def test_where_all_cost_the_same_a_rounded_credit_is_no_outlier():
    assert credits.outliers(images(*[100] * 20, 105)).empty
    assert credits.outliers(images(*[100] * 20, 106))["cost"].tolist() == [106.0]


def test_what_was_free_is_no_outlier_and_breaks_no_logarithm():
    assert credits.outliers(images(*[10] * 20, 0, 0)).empty


def test_many_images_at_once_are_judged_by_the_image():
    four = [{"image_count": 4, "credits_charged": 20}]
    ones = [{"image_count": 1, "credits_charged": 5}] * 20
    assert credits.outliers(frame_of(*ones, *four)).empty
    sounds = [{"kind": "audio", "type": "VOICE_CLONER", "credits_charged": charged} for charged in (*[3] * 20, 90)]
    assert credits.outliers(frame_of(*sounds))["unit"].tolist() == ["project"]  # nothing to divide a sound by


def test_types_are_judged_apart():
    cheap = [{"type": "CHEAP", "image_count": 1, "credits_charged": 1}] * 20
    dear = [{"type": "DEAR", "image_count": 1, "credits_charged": 100}] * 20
    assert credits.outliers(frame_of(*cheap, *dear)).empty


def test_missing_columns_are_named():
    with pytest.raises(mh.ConfigurationError, match="no column 'image_count', 'fps'"):
        credits.unit_costs(frame_of({}).drop(columns=["image_count", "fps"]))
    with pytest.raises(mh.ConfigurationError, match="not in list"):
        credits.unit_costs([1, 2])


def test_the_frame_given_is_never_changed():
    frame = frame_of(VIDEO, {"image_count": 1})
    before = frame.copy()
    credits.unit_costs(frame)
    credits.outliers(frame)
    credits.audit(frame)
    pd.testing.assert_frame_equal(frame, before)


def test_a_frame_of_arrows_types_costs_the_same(tmp_path):
    pytest.importorskip("pyarrow")
    frame = frame_of(VIDEO, {"image_count": 1}, {**VIDEO, "credits_charged": 70})
    frame.to_parquet(tmp_path / "frame")
    carried = credits.unit_costs(pd.read_parquet(tmp_path / "frame", dtype_backend="pyarrow"))
    assert sorted(carried.index.tolist()) == sorted(credits.unit_costs(frame).index.tolist())
    assert sorted(rows_of(carried)) == sorted(rows_of(credits.unit_costs(frame)))
