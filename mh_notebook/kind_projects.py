"""The calls on projects of one kind, asynchronous, as in the vendor's SDK."""

from __future__ import annotations

from os import PathLike
from pathlib import Path
from typing import Generic, TypeVar, cast

from .core import Core
from .monitor import Monitor
from .protocol.errors import ProjectFailedError
from .protocol.models import Project
from .protocol.refs import Ref, read_ref
from .saving import with_paths
from .settings import positive

AnyProject = TypeVar("AnyProject", bound=Project)
Directory = str | PathLike[str] | None


class AsyncKindProjects(Generic[AnyProject]):
    """The projects of one kind: `client.v1.image_projects` and its siblings."""

    def __init__(self, core: Core, kind: str, progress: bool | None, keep: object = None) -> None:
        self._core, self._kind, self._progress = core, kind, progress
        self._keep = keep  # the client: not to be collected in the middle of a call

    async def get(self, id: str) -> AnyProject:
        """Get the details of a project.

        Parameters
        ----------
        id : str
            As the creating call returned it.

        Returns
        -------
        ImageProject, VideoProject or AudioProject

        Raises
        ------
        MagicHourError
            InvalidRefError, APIStatusError and its kinds, APIConnectionError, APITimeoutError,
            InvalidResponseError.

        Examples
        --------
        >>> import mh_notebook as mh
        >>> with mh.Sandbox() as sandbox, sandbox.client() as client:
        ...     kind, id = sandbox.refs[0]
        ...     project = client.v1.image_projects.get(id=id)
        >>> project.kind
        'image'
        """
        return cast(AnyProject, await self._core.fetch(read_ref(id, self._kind)))

    async def delete(self, id: str) -> None:
        """Delete a project for good; what it cost is not given back.

        With a history, it is asked for once more just before: afterwards nobody can say what it came to cost.

        Parameters
        ----------
        id : str
            As the creating call returned it.

        Raises
        ------
        MagicHourError
            As `get`; UnprocessableEntityError for a template, which cannot be deleted.
        """
        await self._core.delete(read_ref(id, self._kind))

    async def check_result(
        self,
        id: str,
        wait_for_completion: bool = True,
        download_outputs: bool = True,
        download_directory: Directory = None,
        *,
        timeout: float | None = None,
        progress: bool | None = None,
    ) -> AnyProject:
        """Wait for a project's render, and save its outputs.

        A failed or canceled project is returned as it is: `project.raise_for_status()` raises.

        Parameters
        ----------
        id : str
            As the creating call returned it.
        wait_for_completion : bool
            Whether to wait until the render ends.
        download_outputs : bool
            Whether to save the outputs, once complete.
        download_directory : path, optional
            Where; the client's own, else the current directory. It is made if need be.
        timeout : float, optional
            Seconds to wait for the render; for ever unless given.
        progress : bool, optional
            False shows nothing; None is what the client was made with.

        Returns
        -------
        ImageProject, VideoProject or AudioProject
            With `downloaded_paths`.

        Raises
        ------
        WaitTimeoutError
            It had not ended in time; carries the project as last seen.
        DownloadError
            An output could not be saved.
        MagicHourError
            As `get`.

        Examples
        --------
        >>> import mh_notebook as mh
        >>> with mh.Sandbox(speed=2000) as sandbox, sandbox.client(progress=False) as client:
        ...     kind, id = sandbox.refs[0]
        ...     project = client.v1.image_projects.check_result(id=id, download_outputs=False)
        >>> project.status
        'complete'
        """
        ref = read_ref(id, self._kind)
        directory = None if download_directory is None else Path(download_directory)
        if wait_for_completion:
            shown = self._progress if progress is None else progress
            project = await self._wait(ref, download_outputs, directory, timeout, shown)
        else:
            project = await self._core.fetch(ref)
            if download_outputs and project.status == "complete":
                project = with_paths(project, await self._core.save.all(project, directory))
        return cast(AnyProject, project)

    async def _wait(
        self, ref: Ref, download: bool, directory: Path | None, timeout: float | None, progress: bool | None
    ) -> Project:
        monitor = Monitor(
            self._core,
            [ref],
            download=download,
            directory=directory,
            timeout=None if timeout is None else positive("timeout", timeout),
            renderer="none" if progress is False else None,
            buttons=False,  # a cell that waits for this call hears no clicks
        )
        monitor.show()
        await monitor.run()
        for error in monitor.errors:
            if not isinstance(error, ProjectFailedError):
                raise error
        return monitor.projects[0]
