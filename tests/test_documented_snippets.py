"""Every Python snippet of the vendor's documents runs as it stands, once its import line names this package.

The snippets are those of the Python SDK's page on image projects and of the OpenAPI documents of image and video
projects; the TypeScript SDK's page on audio projects is here in its Python form. `{kind}` stands for the kind.
"""

import ast
import inspect

import pytest

import mh_notebook as mh

HEAD = """
from mh_notebook import {client}
from os import getenv

client = {client}(token=getenv("API_TOKEN"))
"""
CHECK_RESULT = """
res = {wait}client.v1.{kind}_projects.check_result(
  id="cuid-example",
  wait_for_completion=True,
  download_outputs=True,
  download_directory="outputs",
)
"""
DELETE = """
res = {wait}client.v1.{kind}_projects.delete(id="cuid-example")
"""
GET = """
res = {wait}client.v1.{kind}_projects.get(id="cuid-example")
"""


@pytest.fixture
def world(monkeypatch):
    with mh.Sandbox(speed=2000) as sandbox:
        monkeypatch.setenv("API_TOKEN", sandbox.token)
        monkeypatch.setenv("MAGIC_HOUR_BASE_URL", sandbox.url)
        monkeypatch.setenv("MAGIC_HOUR_POLL_INTERVAL", "0.02")
        yield sandbox


def run(snippet, kind, client):
    """Run a snippet as a notebook cell is run: with await at its top level where it has one."""
    text = (HEAD + snippet).format(kind=kind, client=client, wait="await " if client == "AsyncClient" else "")
    names = {}
    code = compile(text, "snippet", "exec", flags=ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)
    return names, eval(code, names) if code.co_flags & inspect.CO_COROUTINE else exec(code, names)


@pytest.mark.parametrize("kind", ["image", "video", "audio"])
@pytest.mark.parametrize("snippet", [GET, CHECK_RESULT, DELETE], ids=["get", "check_result", "delete"])
def test_a_documented_snippet_runs_blocking(world, snippet, kind, tmp_path):
    world.add(kind, id="cuid-example")
    names, _ = run(snippet, kind, "Client")
    judge(snippet, kind, names["res"], tmp_path)
    names["client"].close()


@pytest.mark.parametrize("kind", ["image", "video", "audio"])
@pytest.mark.parametrize("snippet", [GET, CHECK_RESULT, DELETE], ids=["get", "check_result", "delete"])
async def test_a_documented_snippet_runs_awaited(world, snippet, kind, tmp_path):
    world.add(kind, id="cuid-example")
    names, cell = run(snippet, kind, "AsyncClient")
    await cell
    judge(snippet, kind, names["res"], tmp_path)
    await names["client"].close()


def judge(snippet, kind, res, tmp_path):
    if snippet is DELETE:
        assert res is None
        return
    assert (res.kind, res.id) == (kind, "cuid-example")
    assert res.type_ == res.type
    if snippet is CHECK_RESULT:
        assert res.status == "complete"
        assert [path.name for path in (tmp_path / "outputs").iterdir()] == [
            f"cuid-example-1{ {'image': '.png', 'video': '.mp4', 'audio': '.mp3'}[kind] }"
        ]


def test_the_documented_answers_are_read_with_the_names_they_show(world):
    """The example responses: every field they show is an attribute of that name."""
    world.add("image", id="cuid-example")
    with mh.Client(token=world.token) as client:
        image = client.v1.image_projects.get("cuid-example")
        assert isinstance(image.total_frame_cost, int)
        for name in ("created_at", "credits_charged", "downloads", "enabled", "error", "id", "image_count", "name"):
            assert hasattr(image, name)
