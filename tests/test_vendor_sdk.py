"""The vendor's own SDK, unchanged, works against the sandbox."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from magic_hour import AsyncClient, Client
from make_api_request import ApiError

from mh_notebook.sandbox import Sandbox

KINDS = ["image", "video", "audio"]
STYLE = {"style": {"prompt": "A harbour"}}
GENERATE: list[tuple[str, dict[str, Any], list[str]]] = [
    ("ai_image_generator", {"image_count": 2, **STYLE}, ["output-1.png", "output-2.png"]),
    ("text_to_video", {"end_seconds": 5, **STYLE}, ["output-1.mp4"]),
    ("ai_voice_generator", {"style": {"prompt": "Hello", "voice_name": "Gandalf"}}, ["output-1.mp3"]),
]


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("MAGIC_HOUR_POLL_INTERVAL", "0.01")
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    with Sandbox(speed=2000) as running:
        yield running


@pytest.fixture
def client(sandbox: Sandbox) -> Iterator[Client]:
    with httpx.Client(timeout=60) as connections:  # the SDK never closes its own
        yield Client(token=sandbox.token, base_url=sandbox.url, httpx_client=connections)


@pytest.fixture
async def async_client(sandbox: Sandbox) -> AsyncIterator[AsyncClient]:
    async with httpx.AsyncClient(timeout=60) as connections:
        yield AsyncClient(token=sandbox.token, base_url=sandbox.url, httpx_client=connections)


def projects(client: Client | AsyncClient, kind: str) -> Any:
    return getattr(client.v1, f"{kind}_projects")


@pytest.mark.parametrize("kind", KINDS)
def test_get_and_delete(sandbox: Sandbox, client: Client, kind: str) -> None:
    _, id_ = sandbox.add(kind, name="Mine", outcome="draft")
    got = projects(client, kind).get(id=id_)
    assert (got.id, got.name, got.status, got.downloads) == (id_, "Mine", "draft", [])
    assert projects(client, kind).delete(id=id_) is None
    with pytest.raises(ApiError) as gone:
        projects(client, kind).get(id=id_)
    assert (gone.value.status_code, gone.value.body) == (404, {"message": "Not Found"})


@pytest.mark.parametrize("kind", KINDS)
async def test_get_and_delete_awaited(sandbox: Sandbox, async_client: AsyncClient, kind: str) -> None:
    _, id_ = sandbox.add(kind, outcome="draft")
    got = await projects(async_client, kind).get(id=id_)
    assert (got.id, got.name, got.status) == (id_, None, "draft")
    assert await projects(async_client, kind).delete(id=id_) is None
    with pytest.raises(ApiError) as gone:
        await projects(async_client, kind).get(id=id_)
    assert gone.value.status_code == 404


@pytest.mark.slow
def test_every_seeded_project_is_waited_for_and_downloaded(sandbox: Sandbox, client: Client) -> None:
    ends, files = [], 0
    for kind, id_ in sandbox.refs:
        result = projects(client, kind).check_result(
            id=id_, wait_for_completion=True, download_outputs=True, download_directory="."
        )
        ends.append(result.status)
        files += len(result.downloaded_paths or [])
    assert ends == ["complete"] * 4 + ["error"] + ["complete"] * 3 + ["canceled"] + ["complete"] * 3
    assert files == 15


@pytest.mark.parametrize("kind", KINDS)
async def test_check_result_awaited(sandbox: Sandbox, async_client: AsyncClient, kind: str, tmp_path: Path) -> None:
    _, id_ = sandbox.add(kind, output_bytes=b"the very bytes")
    result = await projects(async_client, kind).check_result(
        id=id_, wait_for_completion=True, download_outputs=True, download_directory=str(tmp_path)
    )
    assert result.status == "complete"
    assert len(result.downloaded_paths) == 1
    assert (tmp_path / result.downloaded_paths[0]).read_bytes() == b"the very bytes"


@pytest.mark.parametrize(("tool", "arguments", "files"), GENERATE)
def test_generate(client: Client, tool: str, arguments: dict[str, Any], files: list[str]) -> None:
    result = getattr(client.v1, tool).generate(name="Mine", **arguments)
    assert (result.name, result.status, result.downloaded_paths) == ("Mine", "complete", files)
    assert all(Path(name).stat().st_size > 2_000 for name in files)


@pytest.mark.parametrize(("tool", "arguments", "files"), GENERATE)
async def test_generate_awaited(
    async_client: AsyncClient, tool: str, arguments: dict[str, Any], files: list[str]
) -> None:
    result = await getattr(async_client.v1, tool).generate(**arguments)
    assert (result.name, result.status, result.downloaded_paths) == (None, "complete", files)


def test_the_account_shows_the_balance(sandbox: Sandbox, client: Client) -> None:
    before = None
    while before != sandbox.balance:  # renders end meanwhile, and settle
        before = sandbox.balance
        account = client.v1.account.list()
    assert (account.credits, account.tier, account.subscription) == (before, "free", None)


async def test_the_account_shows_the_balance_awaited(sandbox: Sandbox, async_client: AsyncClient) -> None:
    assert (await async_client.v1.account.list()).email == "sandbox@example.com"
