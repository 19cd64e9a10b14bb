"""The kinds of project: one row each. To add a kind is to add a row."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from .models import AudioProject, ImageProject, Project, VideoProject


@dataclass(frozen=True)
class Kind:
    """What tells one kind of project from another."""

    name: str
    path: str  # in the API's URLs
    library_parameter: str  # in the URL of a project's page
    model: type[Project]


KINDS: Mapping[str, Kind] = MappingProxyType(
    {
        kind.name: kind
        for kind in (
            Kind("image", "/v1/image-projects/", "imageId", ImageProject),
            Kind("video", "/v1/video-projects/", "videoId", VideoProject),
            Kind("audio", "/v1/audio-projects/", "audioId", AudioProject),
        )
    }
)
