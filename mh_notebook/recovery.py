"""What the history lets a client take up again: watches that did not end, and outputs that were not saved."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, TypedDict

import pandas as pd

from .core import Core
from .kind_projects import Directory
from .monitor import Monitor
from .protocol.errors import InvalidRefError
from .protocol.refs import Ref
from .rescue import history_of, rescue_outputs
from .settings import positive

if TYPE_CHECKING:
    from .credits import Budget


class WatchOptions(TypedDict, total=False):
    """What `watch` may be told besides its refs."""

    kind: str | None
    download: bool
    download_directory: Directory
    timeout: float | None
    budget: Budget | None


class ResumeOptions(TypedDict, total=False):
    """What `resume` may be told."""

    download: bool | None
    download_directory: Directory
    timeout: float | None


class Recovery:
    """The calls of `client.projects` that begin with the history, and how any watch of its is made."""

    def __init__(self, core: Core, progress: bool | None, keep: object = None) -> None:
        self._core, self._progress = core, progress
        self._keep = keep  # the client: not to be collected in the middle of a call

    async def resume(
        self, *, download: bool | None = None, download_directory: Directory = None, timeout: float | None = None
    ) -> Monitor:
        """Watch again what was watched when the kernel died or was restarted, and all else that has not ended.

        The same panel, nothing lost: in the order in which it was watched, with what has ended meanwhile, if that
        was no more than 24 hours ago. What was being downloaded is downloaded again, into the same folder. One that
        cannot be had is a row with its error.

        Parameters
        ----------
        download : bool, optional
            Whether to save the outputs of each as it completes; unless given, of those that were being downloaded.
        download_directory : path, optional
            Where; unless given, each goes where it was going, else the client's own, else the current directory.
        timeout : float, optional
            Seconds after which a project that has not ended is given up; never, unless given.

        Returns
        -------
        Monitor
            `await` it or call `wait()` for the final frame.

        Raises
        ------
        ConfigurationError
            The client was made with `history=False`.

        Examples
        --------
        >>> import mh_notebook as mh
        >>> with mh.Sandbox(speed=2000) as sandbox, sandbox.client(progress=False) as client:
        ...     ref = sandbox.add("video", render_seconds=2000)
        ...     _ = client.projects.frame(ref)  # a kernel dies here
        ...     frame = client.projects.resume().wait()
        >>> frame["status"].tolist()
        ['complete']
        """
        options = ResumeOptions(download=download, download_directory=download_directory, timeout=timeout)
        monitor = self._prepare_resume(await self._unended(), self._keep, options)
        monitor.start(asyncio.get_running_loop())
        return monitor

    async def rescue(self, hours: float = 6, download_directory: Directory = None) -> pd.DataFrame:
        """Save what was rendered and is not on this machine, before its links run out.

        Of all complete projects in the history that were not deleted, those whose files are not all here: saved by
        us into whatever folder, and still there with all their bytes. Of these, the ones whose links run out within
        `hours`, have run out already, or of which nothing was ever fetched. Soonest first.

        Parameters
        ----------
        hours : float
            From now. Links last 24 hours: 24 takes all that was seen complete, and is not here.
        download_directory : path, optional
            Where; the client's own, else the current directory. It is made if need be.

        Returns
        -------
        pandas.DataFrame
            One row per file, as `download` returns it; none where nothing needs a rescue. A project that cannot be
            had is one row with its error.

        Raises
        ------
        ConfigurationError
            The client was made with `history=False`, or `hours` is no number above zero.

        Examples
        --------
        >>> import mh_notebook as mh, tempfile
        >>> with mh.Sandbox(speed=2000) as sandbox, sandbox.client(progress=False) as client:
        ...     ref = sandbox.add("image", outcome="complete")
        ...     _ = client.v1.image_projects.check_result(ref[1], download_outputs=False)
        ...     files, nothing = [client.projects.rescue(download_directory=tempfile.mkdtemp()) for _ in range(2)]
        >>> files["id"].tolist() == [ref[1]], len(nothing)
        (True, 0)
        """
        return await rescue_outputs(self._core, hours, None if download_directory is None else Path(download_directory))

    async def _unended(self) -> list[tuple[Ref, Path | None]]:
        return await asyncio.wrap_future(history_of(self._core).unended()) or []

    def _prepare_resume(
        self, unended: Sequence[tuple[Ref, Path | None]], keep: object, options: ResumeOptions
    ) -> Monitor:
        """Make and show the watch of what `_unended` returned; it has not begun."""
        chosen, download = options.get("download_directory"), options.get("download")
        known = {ref: Path(chosen or directory) for ref, directory in unended if directory is not None}
        watch = WatchOptions(
            download=bool(download), download_directory=chosen, timeout=options.get("timeout"), kind=None
        )
        return self._shown([ref for ref, _ in unended], keep, watch, {} if download is False else known)

    def _shown(
        self,
        refs: Sequence[Ref | InvalidRefError],
        keep: object,
        options: WatchOptions,
        directories: Mapping[Ref, Path],
    ) -> Monitor:
        directory, timeout = options.get("download_directory"), options.get("timeout")
        monitor = Monitor(
            self._core,
            refs,
            download=options.get("download", False),
            directory=None if directory is None else Path(directory),
            timeout=None if timeout is None else positive("timeout", timeout),
            renderer="none" if self._progress is False else None,
            keep=keep,
            directories=directories,
            budget=options.get("budget"),
        )
        monitor.show()
        return monitor
