"""The calls on projects of any mix of kinds, asynchronous."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec
import pandas as pd

from .downloads import download_frame
from .frames import Unread, build_frame
from .kind_projects import Directory
from .monitor import Monitor
from .protocol.errors import InvalidRefError, MagicHourError
from .protocol.models import Project
from .protocol.refs import Ref, Refs, read_refs
from .recovery import Recovery, WatchOptions

if TYPE_CHECKING:
    from .credits import Budget


class AsyncProjects(Recovery):
    """Projects of any kinds, mixed: `client.projects`.

    Wherever `refs` is asked for, give one or many of: `("image", "ID")`, `"image:ID"`, the address of a library
    page, a project, a row or frame with `kind` and `id`, or a bare id, whose kind is looked up. `kind=` says the
    kind of those that do not.
    """

    async def get(self, refs: Refs, *, kind: str | None = None) -> list[Project]:
        """Get projects, in order.

        Parameters
        ----------
        refs, kind
            What names the projects, one or many: `help(client.projects)` lists the forms.

        Raises
        ------
        MagicHourError
            For the first that cannot be had. `frame` has a row for each instead.

        Examples
        --------
        >>> import mh_notebook as mh
        >>> with mh.Sandbox() as sandbox, sandbox.client() as client:
        ...     projects = client.projects.get(sandbox.refs)
        >>> [project.id for project in projects] == [id for kind, id in sandbox.refs]
        True
        """
        answers = await self._get_each(read_refs(refs, kind))
        for answer in answers:
            if isinstance(answer, MagicHourError):
                raise answer
        return [answer for answer in answers if isinstance(answer, Project)]

    async def frame(self, refs: Refs, *, kind: str | None = None) -> pd.DataFrame:
        """Get projects as a DataFrame: one row per ref, in order; `mh_notebook.frames.SCHEMA` has the dtypes.

        One that cannot be had is a row whose `fetch_error` says why.

        Parameters
        ----------
        refs, kind
            What names the projects, one or many: `help(client.projects)` lists the forms.

        Examples
        --------
        >>> import mh_notebook as mh
        >>> with mh.Sandbox() as sandbox, sandbox.client() as client:
        ...     frame = client.projects.frame([*sandbox.refs, "image:no-such-id"])
        >>> len(frame) == len(sandbox.refs) + 1, int(frame["fetch_error"].notna().sum())
        (True, 1)
        """
        asked = read_refs(refs, kind)
        answers = await self._get_each(asked)
        return build_frame(_row(ref, answer) for ref, answer in zip(asked, answers, strict=True))

    def watch(
        self,
        refs: Refs,
        *,
        kind: str | None = None,
        download: bool = False,
        download_directory: Directory = None,
        timeout: float | None = None,
        budget: Budget | None = None,
    ) -> Monitor:
        """Watch projects in the background, and return at once.

        Parameters
        ----------
        refs, kind
            What names the projects, one or many: `help(client.projects)` lists the forms.
        download : bool
            Whether to save the outputs of each as it completes.
        download_directory : path, optional
            Where; the client's own, else the current directory.
        timeout : float, optional
            Seconds after which a project that has not ended is given up; never, unless given.
        budget : Budget, optional
            Such as `mh.credits.Budget(5_000, per="month")`: a line of warning once what the history holds of the
            running period, and what is watched, have passed it. Nothing is stopped.

        Returns
        -------
        Monitor
            `await` it or call `wait()` for the final frame.
        """
        options = WatchOptions(
            kind=kind, download=download, download_directory=download_directory, timeout=timeout, budget=budget
        )
        monitor = self.prepare_watch(refs, self._keep, options)
        monitor.start(asyncio.get_running_loop())
        return monitor

    async def download(
        self, refs: Refs, download_directory: Directory = None, *, kind: str | None = None
    ) -> pd.DataFrame:
        """Save all outputs of projects, each by itself: one that fails does not stop the others.

        Parameters
        ----------
        refs, kind
            What names the projects, one or many: `help(client.projects)` lists the forms.
        download_directory : path, optional
            Where; the client's own, else the current directory. It is made if need be.

        Returns
        -------
        pandas.DataFrame
            One row per file: kind (category), id, number, path, bytes (Int64), sha256, media_type, seconds
            (Float64) and error (str, NA where all is well). A project that cannot be had, or has no outputs yet,
            is one row with its error.

        Examples
        --------
        >>> import mh_notebook as mh, tempfile
        >>> with mh.Sandbox(speed=2000) as sandbox, sandbox.client(progress=False) as client:
        ...     ref = sandbox.add("image", outcome="complete")
        ...     _ = client.v1.image_projects.check_result(ref[1], download_outputs=False)
        ...     files = client.projects.download(ref, tempfile.mkdtemp())
        >>> bool(files["error"].isna().all() and files["bytes"].gt(0).all())
        True
        """
        asked = read_refs(refs, kind)
        answers = await self._get_each(asked)
        directory = None if download_directory is None else Path(download_directory)
        return await download_frame(self._core, list(zip(asked, answers, strict=True)), directory)

    async def saved(
        self, refs: Refs, download_directory: Directory = None, *, kind: str | None = None
    ) -> list[Project]:
        """Get projects and save their outputs; return the projects with their `downloaded_paths`.

        What is here already is not fetched again, and a link that has run out is healed; an output that cannot be
        saved is left out.

        Raises
        ------
        MagicHourError
            For the first project that cannot be had.
        """
        projects = await self.get(refs, kind=kind)
        directory = None if download_directory is None else Path(download_directory)
        files = await download_frame(
            self._core, [(Ref(one.kind, one.id), one) for one in projects], directory, hashed=False
        )
        paths = files.dropna(subset=["path"]).groupby(["kind", "id"], observed=True)["path"].agg(tuple).to_dict()
        return [msgspec.structs.replace(one, downloaded_paths=paths.get((one.kind, one.id), ())) for one in projects]

    async def _get_each(self, asked: Sequence[Ref | InvalidRefError]) -> list[Project | MagicHourError]:
        """Get each distinct ref once; a ref that is an error already stays what it is."""
        distinct = list(dict.fromkeys(ref for ref in asked if isinstance(ref, Ref)))
        answers = dict(zip(distinct, await self._core.fetch_each(distinct), strict=True))
        return [answers[ref] if isinstance(ref, Ref) else ref for ref in asked]

    def prepare_watch(self, refs: Refs, keep: object, options: WatchOptions) -> Monitor:
        """Make a watch and show it here; it has not begun. `keep` is kept alive until it ends."""
        return self._shown(read_refs(refs, options.get("kind")), keep, options, {})


def _row(ref: Ref | InvalidRefError, answer: Project | MagicHourError) -> Project | Unread:
    if isinstance(answer, Project):
        return answer
    return Unread(ref.kind, ref.id, str(answer)) if isinstance(ref, Ref) else Unread("", "", str(answer))
