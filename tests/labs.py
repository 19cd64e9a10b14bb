"""A real Jupyter server in front of a real Chromium: JupyterLab and Notebook 7, opened and looked at."""

import json
import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import sync_playwright

SCREENSHOTS = Path(__file__).parent / "screenshots"
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"]
PATIENCE = int(os.environ.get("MH_NOTEBOOK_TEST_PATIENCE", "30")) * 1000  # milliseconds; a loaded machine is slow
# The path under which each opens a notebook; a workspace of its own, or JupyterLab opens the earlier ones too.
FRONT_ENDS = {"lab": "lab/workspaces/{stem}/tree/{name}", "notebook": "notebooks/{name}"}
SETTINGS = {
    "@jupyterlab/apputils-extension/notification": {"fetchNews": "false", "checkForUpdates": False},
    "@jupyterlab/notebook-extension/tracker": {"windowingMode": "none"},  # else what is out of sight is not drawn
}


def browser_path():
    """Return Chromium's path; without one the test is skipped, except where CI says that it must be there."""
    path = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if path is None:
        assert os.environ.get("MH_NOTEBOOK_REQUIRE_BROWSER") != "1", "there must be a Chromium here, and there is none"
        pytest.skip("no Chromium on this machine; CI has one and requires it")
    return path


@contextmanager
def chromium():
    """Run a Chromium."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=browser_path(), args=FLAGS)
        try:
            yield browser
        finally:
            browser.close()


@contextmanager
def new_page(browser, *, width=1280, height=900, scheme="light", scripts=True):
    """Open a page with a storage of its own; what its console calls an error is kept in `page.errors`."""
    size = {"width": width, "height": height}
    context = browser.new_context(viewport=size, color_scheme=scheme, java_script_enabled=scripts)
    page = context.new_page()
    page.set_default_timeout(PATIENCE)
    page.errors = []
    page.on("console", lambda message: page.errors.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: page.errors.append(str(error)))
    try:
        yield page
    finally:
        context.close()


class Server:
    """A running Jupyter server."""

    def __init__(self, folder, port):
        self.folder, self.port = folder, port

    def address(self, front_end, name):
        """Where a front end shows a notebook."""
        path = FRONT_ENDS[front_end].format(stem=Path(name).stem, name=name)
        return f"http://127.0.0.1:{self.port}/{path}?token=t"


@contextmanager
def jupyter(folder, **variables):
    """Run one server for both front ends on a folder; `variables` are its kernels' environment."""
    home = folder / ".jupyter-home"
    for name, content in SETTINGS.items():
        package, _, plugin = name.rpartition("/")
        place = home / "config" / "lab" / "user-settings" / package / f"{plugin}.jupyterlab-settings"
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(json.dumps(content))
    port = _free_port()
    command = [sys.executable, "-m", "jupyterlab", "--no-browser", "--allow-root", f"--port={port}"]
    command += ["--ServerApp.port_retries=0", "--IdentityProvider.token=t", f"--notebook-dir={folder}"]
    command += [f"--{app}.expose_app_in_browser=True" for app in ("LabApp", "JupyterNotebookApp")]
    with (folder / "lab.log").open("wb") as log:
        server = subprocess.Popen(command, env=_environment(home, variables), stdout=log, stderr=log)
    try:
        _wait_until_up(f"http://127.0.0.1:{port}/api/status?token=t", server, folder / "lab.log")
        yield Server(folder, port)
    finally:
        server.terminate()
        server.wait(20)


def keep_screenshot(page, name):
    """Keep what a person would see of a page or a part of it, for a look."""
    SCREENSHOTS.mkdir(exist_ok=True)
    (SCREENSHOTS / f"{name}.png").write_bytes(page.screenshot())  # given a path, playwright leaves a thread behind


def _environment(home, variables):
    places = {"JUPYTER_CONFIG_DIR": "config", "JUPYTER_RUNTIME_DIR": "runtime", "IPYTHONDIR": "ipython", "HOME": "home"}
    return {**os.environ, **{name: str(home / place) for name, place in places.items()}, **variables}


def _free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def _wait_until_up(url, server, log):
    for _ in range(600):
        assert server.poll() is None, log.read_text()
        try:
            with urllib.request.urlopen(url, timeout=5):
                return
        except OSError:
            time.sleep(0.1)  # a process of its own starts: nothing here can be waited on
    raise AssertionError(log.read_text())
