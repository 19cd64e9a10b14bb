"""Magic Hour projects in a notebook: typed frames, live bars, inline media, and credits that add up."""

from typing import TYPE_CHECKING

from . import accessor as accessor
from .first_use import at_first_use as _at_first_use
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
from .version import __version__ as __version__

if TYPE_CHECKING:
    from . import credits
    from .client import AsyncClient, Client
    from .default import frame, history, rescue, resume, watch
    from .demo import demo
    from .doctor import doctor
    from .login import login
    from .monitor import Monitor
    from .sandbox import Sandbox
    from .views.compare import compare
    from .views.media import gallery, preview
    from .weight import weight
else:  # the same, when they are first asked for: none of them is needed to import this
    __getattr__, __dir__ = _at_first_use(
        __name__,
        {
            "AsyncClient": ".client",
            "Client": ".client",
            "Monitor": ".monitor",
            "Sandbox": ".sandbox",
            "compare": ".views.compare",
            "credits": ".",
            "demo": ".demo",
            "doctor": ".doctor",
            "frame": ".default",
            "gallery": ".views.media",
            "history": ".default",
            "login": ".login",
            "preview": ".views.media",
            "rescue": ".default",
            "resume": ".default",
            "watch": ".default",
            "weight": ".weight",
        },
    )

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
