"""The frame's own `df.mh`: credits, pictures, galleries and watches without naming the frame twice."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Unpack

import pandas as pd

import mh_notebook as mh  # what a method needs is imported when it is called

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from .credits.columns import By
    from .monitor import Monitor
    from .recovery import WatchOptions
    from .views.media import Gallery, HasProjects


@pd.api.extensions.register_dataframe_accessor("mh")
class FrameAccessor:
    """What `df.mh` offers on any frame of the fixed schema.

    A frame that lacks the columns needed is told so by a ConfigurationError that names them.

    Examples
    --------
    >>> import mh_notebook as mh
    >>> with mh.Sandbox() as sandbox, sandbox.client() as client:
    ...     frame = client.projects.frame(sandbox.refs)
    >>> int(frame.mh.credits().loc["total", "total"]) == mh.credits.total(frame)
    True
    """

    def __init__(self, frame: pd.DataFrame) -> None:
        self._frame = frame

    def credits(self, by: By = "kind") -> pd.DataFrame:
        """Sum up credits by any columns: see `credits.summary`."""
        return mh.credits.summary(self._frame, by)

    def over_time(self, freq: str = "D", tz: str = "UTC", by: By | None = None) -> pd.DataFrame:
        """Sum up credits by day, week or month: see `credits.over_time`."""
        return mh.credits.over_time(self._frame, freq, tz, by)

    def unit_costs(self) -> pd.DataFrame:
        """Say how the cost per unit is distributed: see `credits.unit_costs`."""
        return mh.credits.unit_costs(self._frame)

    def audit(self, *, now: Any = None, drift: float = 0.1, hours: float = 6.0) -> pd.DataFrame:
        """List what a bill should be asked about: see `credits.audit`."""
        return mh.credits.audit(self._frame, now=now, drift=drift, hours=hours)

    def plot(self, kind: str = "over_time", **options: Any) -> Axes:
        """Draw credits, or what they were spent on: see `credits.plot`, whose `what` is `kind` here."""
        return mh.credits.plot(self._frame, kind, **options)

    def gallery(self, *, client: HasProjects | None = None, budget: int | None = None) -> Gallery:
        """Show the media side by side: see `mh.gallery`.

        A frame of files (`client.projects.download`) needs nothing more; one of projects needs a `client`, to save what
        is not on this machine yet. The history knows its `paths`, and needs none.
        """
        from .credits.columns import need, read_paths

        frame = self._frame
        if client is None and "path" not in frame and "paths" in frame:
            saved = frame.assign(paths=frame["paths"].map(read_paths).astype(object))
            frame = saved.rename(columns={"paths": "path"}).explode("path").dropna(subset="path")
        need(frame, *(["path"] if client is None else ["kind", "id"]))
        return mh.gallery(frame, client=client, budget=budget)

    def watch(self, **options: Unpack[WatchOptions]) -> Monitor:
        """Watch the projects on a client made from the environment: see `mh.watch`."""
        from .credits.columns import need

        need(self._frame, "kind", "id")
        return mh.watch(self._frame, **options)
