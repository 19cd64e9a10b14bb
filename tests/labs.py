"""A real JupyterLab in a real Chromium: opened, driven and looked at."""

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
PATIENCE = 60_000  # milliseconds; a loaded machine is slow
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
def chromium(width=1280, height=900, scheme="light"):
    """Open a page in Chromium; what its console calls an error is kept in `page.errors`."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=browser_path(), args=FLAGS)
        page = browser.new_page(viewport={"width": width, "height": height}, color_scheme=scheme)
        page.set_default_timeout(PATIENCE)
        try:
            yield page
        finally:
            browser.close()


@contextmanager
def jupyterlab(folder, theme="JupyterLab Light"):
    """Run a JupyterLab on a folder; yield the address with its token."""
    home = folder / ".jupyter-home"
    settings = {**SETTINGS, "@jupyterlab/apputils-extension/themes": {"theme": theme}}
    for name, content in settings.items():
        package, _, plugin = name.rpartition("/")
        place = home / "config" / "lab" / "user-settings" / package / f"{plugin}.jupyterlab-settings"
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(json.dumps(content))
    port = _free_port()
    command = [sys.executable, "-m", "jupyterlab", "--no-browser", "--allow-root", "--expose-app-in-browser"]
    command += [
        f"--port={port}",
        "--ServerApp.port_retries=0",
        "--IdentityProvider.token=t",
        f"--notebook-dir={folder}",
    ]
    with (folder / "lab.log").open("wb") as log:
        server = subprocess.Popen(command, env=_environment(home), stdout=log, stderr=log)
    try:
        _wait_until_up(f"http://127.0.0.1:{port}/api/status?token=t", server, folder / "lab.log")
        yield f"http://127.0.0.1:{port}/lab", "?token=t"
    finally:
        server.terminate()
        server.wait(20)


def run_all(page):
    """Clear the open notebook, and run every cell of it anew; it runs on."""
    page.wait_for_function(
        """() => { const app = window.jupyterapp; const session = app?.shell.currentWidget?.context?.sessionContext;
                   return session?.session?.kernel?.status === 'idle'
                       && app.commands.isEnabled('notebook:run-all-cells'); }"""
    )
    page.evaluate("window.jupyterapp.commands.execute('notebook:clear-all-cell-outputs')")
    page.wait_for_function("document.querySelectorAll('.jp-OutputArea-output').length === 0")
    page.evaluate("void window.jupyterapp.commands.execute('notebook:run-all-cells')")  # not its promise: go on now


def wait_until_run(page):
    """Wait until every code cell has a number."""
    page.wait_for_function(
        """() => { const prompts = [...document.querySelectorAll('.jp-CodeCell .jp-InputPrompt')].map(p => p.innerText);
                   return prompts.length > 0 && prompts.every(text => /\\[\\d+\\]/.test(text)); }"""
    )


def keep_screenshot(page, name):
    """Keep what a person would see, for a look."""
    SCREENSHOTS.mkdir(exist_ok=True)
    page.screenshot(path=SCREENSHOTS / f"{name}.png")


def _environment(home):
    places = {"JUPYTER_CONFIG_DIR": "config", "JUPYTER_RUNTIME_DIR": "runtime", "IPYTHONDIR": "ipython", "HOME": "home"}
    return {**os.environ, **{name: str(home / place) for name, place in places.items()}}


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
