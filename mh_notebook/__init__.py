"""Magic Hour projects in a notebook: typed frames, live bars, inline media, and credits that add up."""

from . import accessor as accessor
from . import credits
from .client import AsyncClient, Client
from .default import frame, history, rescue, resume, watch
from .demo import demo
from .doctor import doctor
from .login import login
from .monitor import Monitor
from .protocol.errors import (
    APIConnectionError,
    APIStatusError,
    APITimeoutError,
    AuthenticationError,
    BadRequestError,
    ClientClosedError,
    ConfigurationError,
    DownloadError,
    InvalidRefError,
    InvalidResponseError,
    MagicHourError,
    MissingFileError,
    MissingTokenError,
    NoMediaError,
    NotFoundError,
    PaymentRequiredError,
    PermissionDeniedError,
    PortInUseError,
    ProjectFailedError,
    RateLimitError,
    ServerError,
    UnprocessableEntityError,
    UnsafeDownloadError,
    WaitTimeoutError,
)
from .protocol.models import (
    Account,
    AudioProject,
    Download,
    ImageProject,
    Project,
    ProjectError,
    VideoProject,
)
from .sandbox import Sandbox
from .version import __version__ as __version__
from .views.compare import compare
from .views.media import gallery, preview
from .weight import weight

__all__ = [
    "APIConnectionError",
    "APIStatusError",
    "APITimeoutError",
    "Account",
    "AsyncClient",
    "AudioProject",
    "AuthenticationError",
    "BadRequestError",
    "Client",
    "ClientClosedError",
    "ConfigurationError",
    "Download",
    "DownloadError",
    "ImageProject",
    "InvalidRefError",
    "InvalidResponseError",
    "MagicHourError",
    "MissingFileError",
    "MissingTokenError",
    "Monitor",
    "NoMediaError",
    "NotFoundError",
    "PaymentRequiredError",
    "PermissionDeniedError",
    "PortInUseError",
    "Project",
    "ProjectError",
    "ProjectFailedError",
    "RateLimitError",
    "Sandbox",
    "ServerError",
    "UnprocessableEntityError",
    "UnsafeDownloadError",
    "VideoProject",
    "WaitTimeoutError",
    "compare",
    "credits",
    "demo",
    "doctor",
    "frame",
    "gallery",
    "history",
    "login",
    "preview",
    "rescue",
    "resume",
    "watch",
    "weight",
]
