"""Sandboxes for the browser: in a process of their own, which outlives every kernel, their time turned by hand."""

import time
from contextlib import contextmanager
from multiprocessing import get_context
from multiprocessing.managers import BaseManager

from labs import chromium, jupyter, keep_screenshot, new_page
from tabs import Tab, write_notebook

import mh_notebook as mh

SETUP = """import os
os.environ["MH_NOTEBOOK_HISTORY"] = "{name}.sqlite"
import mh_notebook as mh
client = mh.Client()
refs = {refs!r}"""


class World(mh.Sandbox):
    """An empty sandbox whose clock goes on only when told; one that `runs` goes on by itself too."""

    def __init__(self, runs=False):
        self._now = time.time()
        super().__init__(speed=1, empty=True, clock=lambda: time.time() if runs else self._now)

    def turn(self, seconds):
        """Let time pass."""
        self._now += seconds

    def add_each(self, projects):
        """Add projects given as (kind, type, options); return their refs."""
        return [self.add(kind, type_, **options) for kind, type_, options in projects]

    def variables(self):
        """The environment in which a kernel finds it, and asks it ten times a second."""
        found = {"MAGIC_HOUR_API_KEY": self.token, "MAGIC_HOUR_BASE_URL": self.url}
        return {**found, "MAGIC_HOUR_POLL_INTERVAL": "0.1"}


class _Worlds(BaseManager):
    pass


_Worlds.register("World", World)


@contextmanager
def world(*, runs=False):
    """Run a world in a process of its own; yield what talks to it."""
    with _Worlds(ctx=get_context("spawn")) as manager:
        yield manager.World(runs)


LOTS = (  # what eight projects come to, in turn: kind, type, name, and how they end
    ("image", "AI_IMAGE", "Harbour at dawn", {}),
    ("video", "TEXT_TO_VIDEO", "Neon rain, slow pan", {}),
    ("audio", "VOICE_GENERATOR", "Chapter one, read aloud", {}),
    ("image", "FACE_SWAP", "Faces in the fog", {"outcome": "error", "error": ("no_source_face", "There is no face")}),
    ("video", "LIP_SYNC", "Toast for Ines", {"outcome": "canceled"}),
    ("image", "AI_HEADSHOT", "Spring team portraits", {}),
    ("audio", "VOICE_CLONER", "Station call sign", {}),
    ("image", "IMAGE_UPSCALER", "Attic slide no. 14", {}),
)


def add_many(sandbox, count, *, seconds=30.0):
    """Add projects of all kinds and ends: queued for 10 s, then rendering for `seconds`."""
    made = []
    for number in range(count):
        kind, type_, name, ends = LOTS[number % len(LOTS)]
        name = name if count <= len(LOTS) else f"{name} {number + 1}"
        made.append((kind, type_, {"name": name, "queue_seconds": 10, "render_seconds": seconds, **ends}))
    return sandbox.add_each(made)


def add_slow_download(sandbox, *, size=1_000_000, sent=400_000, stall=5.0, **options):
    """Add a picture whose file stops coming for some seconds in the middle; then it breaks off, and is resumed."""
    kind, id_ = sandbox.add("image", "AI_IMAGE", output_bytes=bytes(size), **options)
    sandbox.add_fault(f"/media/{id_}/*", cut_after=sent, stall=stall)
    return kind, id_


class Studio:
    """A sandbox, a Jupyter server and a Chromium, for the tests of one module."""

    def __init__(self, folder, sandbox, server, browser):
        self.folder, self.sandbox, self.server, self.browser = folder, sandbox, server, browser

    @contextmanager
    def notebook(self, front_end, name, *cells, refs=(), theme="light", prepare=lambda page: None, **page_options):
        """Open a new notebook of these cells, after one that makes `client` and `refs`; yield its tab."""
        file = f"{name}-{front_end}.ipynb"
        write_notebook(self.folder, file, SETUP.format(name=file, refs=refs), *cells)
        with new_page(self.browser, **page_options) as page:
            prepare(page)
            tab = Tab(page, self.server, front_end).open(file, theme)
            tab.run(0)
            page.errors.clear()  # what the front end says of itself while it loads
            try:
                yield tab
            except BaseException:
                keep_screenshot(page, f"failed-{name}-{front_end}")
                raise
            tab.close()


@contextmanager
def studio(folder):
    """Open a studio in a folder."""
    with world() as sandbox, jupyter(folder, **sandbox.variables()) as server, chromium() as browser:
        yield Studio(folder, sandbox, server, browser)
