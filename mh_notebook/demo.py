"""`mh.demo()`: six projects, no key, no network."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

import pandas as pd

from . import credits
from .client import Client
from .sandbox import Sandbox
from .sandbox.seeding import ProjectOptions
from .views.media import gallery

CREDITS = 10_000
SPEED = 20  # a render of 51 s takes 2.6: long enough to see the bars move


def demo() -> None:
    """Play six projects of the three kinds in a sandbox on this machine, and show what becomes of them.

    One fails and is refunded, one is canceled, one has a link that has run out already and heals. Ends with the
    frame, the previews and the credit total.

    Examples
    --------
    >>> import mh_notebook as mh
    >>> mh.demo()  # doctest: +SKIP
    """
    directory = Path(tempfile.mkdtemp(prefix="mh_notebook_demo_"))
    with Sandbox(speed=SPEED, credits=CREDITS, empty=True) as sandbox, sandbox.client(history=False) as client:
        monitor = client.projects.watch(_six_projects(sandbox), download=True, download_directory=directory)
        frame = monitor.wait()
        _show(frame[["kind", "status", "name", "credits_charged", "credits_settled", "error_message"]])
        _show(gallery(monitor))
        _show(credits.summary(frame))
        _say(f"{credits.total(frame)} credits in all; {_account(client)}. The files are in {directory}")


_EACH_STATUS_IS_SEEN: ProjectOptions = {
    "name": "Harbour at dawn",
    "draft_seconds": 12,
    "queue_seconds": 12,
    "render_seconds": 15,
}


def _six_projects(sandbox: Sandbox) -> list[tuple[str, str]]:
    no_face = ("no_source_face", "Please use an image with a detectable face")
    return [
        sandbox.add("image", "IMAGE_UPSCALER", **_EACH_STATUS_IS_SEEN),
        sandbox.add("image", "AI_IMAGE", name="Three hills, late light", image_count=2, first_link_expired=True),
        sandbox.add("image", "FACE_SWAP", name="Group photo", outcome="error", error=no_face),
        sandbox.add("video", "TEXT_TO_VIDEO", name="Slow pan over the bay"),
        sandbox.add("video", "IMAGE_TO_VIDEO", name="Second thoughts", outcome="canceled"),
        sandbox.add("audio", "VOICE_GENERATOR", name="Welcome aboard"),
    ]


def _account(client: Client) -> str:
    return f"the account has {client.account().credits:,} left of {CREDITS:,}"


def _show(thing: object) -> None:
    """Display it where there is a notebook, print it where there is none."""
    if "IPython" in sys.modules and sys.modules["IPython"].get_ipython() is not None:
        sys.modules["IPython"].display.display(thing)
    else:
        _say(thing.to_string() if isinstance(thing, pd.DataFrame) else str(thing))


def _say(text: str) -> None:
    print(text)
