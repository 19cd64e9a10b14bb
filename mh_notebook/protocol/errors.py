"""Every failure that can reach a user, in the words of the API, under one root."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .redaction import redact

if TYPE_CHECKING:
    from .models import Project


class MagicHourError(Exception):
    """Root of every error raised here.

    Examples
    --------
    >>> error = MagicHourError("Could not save the file.", hint="Free some space, then run the cell again.")
    >>> print(error)
    Could not save the file. Free some space, then run the cell again.
    """

    def __init__(self, message: str, *, hint: str = "") -> None:
        self.message = redact(message)
        self.hint = hint
        super().__init__(self.message, hint)

    def __str__(self) -> str:
        return f"{self.message} {self.hint}".strip()

    def __repr__(self) -> str:
        return f"{type(self).__name__}({str(self)!r})"

    def __reduce__(self) -> tuple[Any, ...]:
        return _rebuilt, (type(self), self.args, self.__dict__)  # each class is made with parameters of its own


class ConfigurationError(MagicHourError, ValueError):
    """A setting that cannot work: a base URL, a number, an environment variable."""


class PortInUseError(ConfigurationError, OSError):
    """Another program listens at the port that a sandbox was to take."""


class MissingFileError(MagicHourError, FileNotFoundError):
    """There is no file at the path given."""


class NoMediaError(MagicHourError, TypeError):
    """What was given to be shown holds no picture, sound or film."""


class InvalidRefError(MagicHourError, ValueError):
    """What was given does not name a project."""


class MissingTokenError(MagicHourError):
    """There is no API key to ask with."""

    def __init__(self) -> None:
        super().__init__(
            "No API key was found.",
            hint="Run mh.login(), set MAGIC_HOUR_API_KEY, or pass token=. Keys are made at "
            "https://magichour.ai/developer. To try without a key, run mh.demo().",
        )


class ClientClosedError(MagicHourError, RuntimeError):
    """The client was closed before or during this call."""

    def __init__(self) -> None:
        super().__init__("This client is closed.", hint="Make a new one: client = mh.Client().")


class APIStatusError(MagicHourError):
    """The API answered, and the answer was no.

    Attributes
    ----------
    status : int
        The HTTP status.
    server_message : str
        What the server said, links cut, "" where it said nothing readable.
    kind, id : str
        The project asked about, "" where the call was about none.
    retry_after : float or None
        Seconds the server asked us to wait.
    """

    advice = "Ask again later; if it goes on, write to support with the project's id."

    def __init__(
        self,
        status: int,
        server_message: str = "",
        *,
        kind: str = "",
        id: str = "",
        retry_after: float | None = None,
    ) -> None:
        said = redact(server_message)
        answer = f"{_subject(kind, id)}: the API answered {status}" + (f" ({said})." if said else ".")
        super().__init__(answer, hint=self.advice)
        self.status, self.server_message, self.kind, self.id = status, said, kind, id
        self.retry_after = retry_after


class BadRequestError(APIStatusError):
    """400: the request was malformed."""

    advice = "Check the id: it is the one that the creating call returned."


class AuthenticationError(APIStatusError):
    """401: the key is missing, wrong or revoked."""

    advice = "Check the key: run mh.login(), or make a new one at https://magichour.ai/developer."


class PaymentRequiredError(APIStatusError):
    """402: the account's plan or credits do not allow this."""

    advice = "Check your credits and plan at https://magichour.ai/settings/billing."


class PermissionDeniedError(APIStatusError):
    """403: this key may not see this."""

    advice = "Check that the key belongs to the account that owns the project."


class NotFoundError(APIStatusError):
    """404: there is no such project of this kind, or it was deleted."""

    advice = "Check the id and the kind (image, video, audio); a deleted project is not found either."


class UnprocessableEntityError(APIStatusError):
    """422: understood, but refused; a template cannot be deleted, for one."""

    advice = "The server refuses this for this project; templates, for one, cannot be deleted."


class RateLimitError(APIStatusError):
    """429: too many requests; `retry_after` says how long the server asked us to wait."""

    advice = "Wait a little, or make the client with a smaller concurrency=."


class ServerError(APIStatusError):
    """5xx: the server's own trouble."""

    advice = "It is the server's trouble, not yours: try again in a few minutes."


class APIConnectionError(MagicHourError):
    """No answer came: no network, no such host, a broken or refused connection."""


class APITimeoutError(MagicHourError, TimeoutError):
    """No answer came within the time given."""


class InvalidResponseError(MagicHourError):
    """An answer came that the contract does not allow; `field` names the place, "" for the whole body."""

    def __init__(self, message: str, *, field: str = "") -> None:
        super().__init__(message, hint="Try again; if it goes on, the API has changed: please open an issue.")
        self.field = field


class WaitTimeoutError(MagicHourError, TimeoutError):
    """A project was not finished when the time given was over; `project` is how it was last seen."""

    def __init__(self, message: str, project: Project | None) -> None:
        super().__init__(message, hint="The render goes on: call again to wait longer.")
        self.project = project


class ProjectFailedError(MagicHourError):
    """Raised by `project.raise_for_status()`: the render failed or was canceled."""

    def __init__(self, message: str, project: Project, *, hint: str = "") -> None:
        super().__init__(message, hint=hint)
        self.project = project


class DownloadError(MagicHourError):
    """A file could not be brought here; nothing half-done is left under its final name."""


class UnsafeDownloadError(DownloadError):
    """A file was refused: its link or its name would do harm."""


_BY_STATUS: dict[int, type[APIStatusError]] = {
    400: BadRequestError,
    401: AuthenticationError,
    402: PaymentRequiredError,
    403: PermissionDeniedError,
    404: NotFoundError,
    422: UnprocessableEntityError,
    429: RateLimitError,
}


def status_error_class(status: int) -> type[APIStatusError]:
    """Return the class that stands for an HTTP status.

    Examples
    --------
    >>> status_error_class(404).__name__, status_error_class(502).__name__, status_error_class(418).__name__
    ('NotFoundError', 'ServerError', 'APIStatusError')
    """
    return ServerError if 500 <= status <= 599 else _BY_STATUS.get(status, APIStatusError)


def _rebuilt(model: type[MagicHourError], arguments: tuple[Any, ...], state: dict[str, Any]) -> MagicHourError:
    """Make an error again in another process, as it was."""
    error = model.__new__(model, *arguments)
    error.__dict__.update(state)
    return error


def unforeseen(error: Exception, about: str) -> MagicHourError:
    """Make the error for what should not have happened, so that one project cannot take others with it."""
    what = f"Something unforeseen happened with {about}: {type(error).__name__}."  # its text may hold a link
    return MagicHourError(what, hint="This is a fault of mh_notebook: please open an issue.")


def _subject(kind: str, id: str) -> str:
    return f"{kind or 'Project'} {id}".strip().capitalize() if not id else f"{kind or 'project'} {id}"
