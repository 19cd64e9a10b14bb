"""What one image, one second, one frame of a render costs, and which renders cost unlike their kind."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from .columns import integers, need, sortable
from .summing import distinct

UNITS = {
    "project": "projects",
    "image": "images",
    "second": "seconds",
    "frame": "frames",
    "megapixel_second": "megapixel_seconds",
}
"""Unit -> the column that counts it."""
FENCE = 1.5  # interquartile ranges: Tukey's own
FEWEST = 8  # of fewer, the quartiles say nothing
NARROWEST = 0.05  # where all cost the same the fences meet, and a rounded credit would be an outlier
_QUARTILES = {0.0: "min", 0.25: "lower_quartile", 0.5: "median", 0.75: "upper_quartile", 1.0: "max"}


def per_unit(frame: pd.DataFrame) -> pd.DataFrame:
    """Say what each completed project cost by its units.

    Only complete projects count: an estimate is no cost yet, and a refund is none.

    Parameters
    ----------
    frame : pandas.DataFrame
        Of the fixed schema.

    Returns
    -------
    pandas.DataFrame
        One row per project: `kind`, `id`, `type`, `credits_charged`; how much it has of `images`, `seconds` and
        `frames` of video, and `megapixel_seconds` (width x height x seconds / 1,000,000); and credits per unit,
        `credits_per_project` and so on (Float64; NA where it has no such unit).

    Raises
    ------
    ConfigurationError
        The frame lacks a column.

    Examples
    --------
    >>> from mh_notebook.frames import build_frame
    >>> per_unit(build_frame([])).columns[-1]
    'credits_per_megapixel_second'
    """
    need(frame, "status", "type", "image_count", "duration_seconds", "fps", "width", "height")
    known = distinct(frame[frame["status"].eq("complete")])
    names = {name: sortable(known[name]) for name in ("kind", "type")}
    table = known[["kind", "id", "type"]].assign(**names, credits_charged=integers(known["credits_charged"]))
    counts = _counts(known)
    table = table.assign(**{name: count for name, count in counts.items() if name != "projects"})
    charged = table["credits_charged"].astype("Float64")
    costs = {f"credits_per_{unit}": charged / counts[name] for unit, name in UNITS.items()}
    return table.assign(**costs)


def unit_costs(frame: pd.DataFrame) -> pd.DataFrame:
    """Say how the cost per unit is distributed, for each type of completed projects.

    Parameters
    ----------
    frame : pandas.DataFrame
        Of the fixed schema.

    Returns
    -------
    pandas.DataFrame
        Indexed by `kind`, `type` and `unit` (project, image, second, frame, megapixel_second; those that the type
        has): `count` (Int64); `min`, `lower_quartile`, `median`, `upper_quartile`, `max` (Float64, credits per
        unit); and `outliers` (Int64), how many `credits.outliers` lists.

    Raises
    ------
    ConfigurationError
        The frame lacks a column.

    Examples
    --------
    >>> import mh_notebook as mh
    >>> with mh.Sandbox(speed=4_000, empty=True) as sandbox, sandbox.client(progress=False) as client:
    ...     refs = [sandbox.add("image", "AI_IMAGE", image_count=count) for count in (1, 2, 4)]
    ...     frame = client.projects.watch(refs).wait()
    >>> mh.credits.unit_costs(frame).loc[("image", "AI_IMAGE", "image"), ["count", "median", "outliers"]].tolist()
    [3.0, 5.0, 0.0]
    """
    costs = _long(per_unit(frame))
    groups = costs.groupby(["kind", "type", "unit"], observed=True, dropna=False, sort=False)["cost"]
    quartiles = {name: groups.quantile(level).astype("Float64") for level, name in _QUARTILES.items()}
    table = pd.DataFrame({"count": groups.size().astype("Int64"), **quartiles})
    odd = _marked(costs).groupby(["kind", "type", "unit"], observed=True, dropna=False, sort=False)["outlier"].sum()
    return table.assign(outliers=odd.astype("Int64")).sort_index()


def outliers(frame: pd.DataFrame) -> pd.DataFrame:
    """List completed projects whose cost per unit is unlike that of their type.

    The rule is Tukey's, on the logarithm of the cost: outside the quartiles by more than 1.5 times the range between
    them, so that half the price is as odd as twice the price. It is asked where 8 projects or more of a type have a
    cost above 0, and never of one within 5 % of a quartile. A whole project's cost is asked about only where there is
    nothing to divide it by, as of sounds: four images may cost four times as much as one.

    Parameters
    ----------
    frame : pandas.DataFrame
        Of the fixed schema.

    Returns
    -------
    pandas.DataFrame
        One row per project and unit, the oddest first: `kind`, `id`, `type`, `credits_charged`, `unit`; `cost`,
        the type's `median`, `times` (cost / median) and the fences `low` and `high` (Float64).

    Raises
    ------
    ConfigurationError
        The frame lacks a column.

    Examples
    --------
    >>> from mh_notebook.frames import build_frame
    >>> outliers(build_frame([])).empty
    True
    """
    marked = _marked(_long(per_unit(frame)))
    found = marked[marked["outlier"]].drop(columns="outlier")
    numbers = ["cost", "median", "times", "low", "high"]
    found[numbers] = found[numbers].astype("Float64")
    oddest = np.argsort(-np.abs(np.log(found["times"].to_numpy(dtype="float64"))), kind="stable")
    return found.iloc[oddest].reset_index(drop=True)


def _counts(known: pd.DataFrame) -> dict[str, pd.Series[Any]]:
    video = known["kind"].eq("video")
    images, seconds, rate, width, height = (
        known[name].astype("Float64") for name in ("image_count", "duration_seconds", "fps", "width", "height")
    )
    seconds = seconds.where(video)
    counts = {
        "projects": pd.Series(1.0, index=known.index, dtype="Float64"),
        "images": images.where(~video),
        "seconds": seconds,
        "frames": seconds * rate,
        "megapixel_seconds": width * height * seconds / 1e6,
    }
    return {name: count.where(count > 0) for name, count in counts.items()}


def _long(table: pd.DataFrame) -> pd.DataFrame:
    """One row per project and unit it has."""
    plain = ["kind", "id", "type", "credits_charged"]
    pieces = [table[plain].assign(unit=unit, cost=table[f"credits_per_{unit}"].astype("float64")) for unit in UNITS]
    whole = pd.concat(pieces, ignore_index=True)
    whole["unit"] = pd.Categorical(whole["unit"], categories=list(UNITS), ordered=True)
    return whole[whole["cost"].notna()].reset_index(drop=True)


def _finest(costs: pd.DataFrame) -> pd.Series[bool]:
    """Tell the costs by which a project is judged: not a whole one's, where it can be counted in images or seconds."""
    finer = costs["unit"].ne("project")
    return finer | ~finer.groupby([costs["kind"], costs["id"]], observed=True, dropna=False).transform("any")


def _marked(costs: pd.DataFrame) -> pd.DataFrame:
    groups = costs.assign(log=np.log(costs["cost"].where(costs["cost"] > 0))).groupby(
        ["kind", "type", "unit"], observed=True, dropna=False
    )["log"]
    first, middle, third = (groups.transform("quantile", level) for level in (0.25, 0.5, 0.75))
    reach = (FENCE * (third - first)).clip(lower=np.log1p(NARROWEST))
    low, high, median = np.exp(first - reach), np.exp(third + reach), np.exp(middle)
    cost = costs["cost"]
    odd = _finest(costs) & (groups.transform("count") >= FEWEST) & (cost > 0) & ((cost < low) | (cost > high))
    return costs.assign(median=median, times=cost / median, low=low, high=high, outlier=odd)
