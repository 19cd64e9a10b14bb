"""The key and the download links are nowhere: not in a repr, log, error, frame, file, page or saved notebook."""

import logging
import pickle
import traceback
from pathlib import Path

import pytest
from kernels import running_kernel

import mh_notebook as mh
from mh_notebook.protocol.redaction import Secret


def links(projects):
    return [str(download.url) for project in projects for download in project.downloads]


def secrets_of(sandbox, projects):
    """The key, each link, and what makes each link one: its token."""
    found = [sandbox.token, *links(projects)]
    return found + [link.partition("auth-token=")[2] for link in links(projects)]


@pytest.fixture
def complete(client, sandbox):
    refs = [
        sandbox.add(kind, extra={"preview_url": "https://cdn.example/x?auth-token=abc"})
        for kind in ("image", "video", "audio")
    ]
    client.projects.watch(refs).wait(30)
    projects = client.projects.get(refs)
    assert len(links(projects)) == 3
    return projects


def assert_nowhere(text, secrets):
    assert [secret for secret in secrets if secret in text] == []


def test_no_repr_or_html_shows_them(client, sandbox, complete):
    secrets = [*secrets_of(sandbox, complete), "auth-token"]
    monitor = client.projects.watch(complete)
    monitor.wait(30)
    things = [
        client,
        sandbox,
        monitor,
        monitor.errors,
        *complete,
        *(p.downloads for p in complete),
        client.v1,
        client.projects,
    ]
    for thing in things:
        assert_nowhere(repr(thing) + str(thing) + f"{thing!r}", secrets)
        for method in ("_repr_html_", "_repr_mimebundle_", "__rich_repr__"):
            if hasattr(thing, method):
                assert_nowhere(str(getattr(thing, method)()), secrets)


def test_no_frame_shows_them_in_any_form(client, sandbox, complete, tmp_path):
    secrets = [*secrets_of(sandbox, complete), "auth-token"]
    files = client.projects.download(complete, tmp_path)
    for frame in (client.projects.frame(complete), client.history(), mh.history(), files, mh.doctor()):
        assert len(frame) >= 3
        for text in (
            frame.to_csv(),
            frame.to_json(date_format="iso"),
            frame.to_html(),
            frame.to_string(),
            str(frame.to_dict()),
        ):
            assert_nowhere(text, secrets)


def test_no_history_file_holds_them(client, sandbox, complete, tmp_path):
    client.close()
    contents = b"".join(path.read_bytes() for path in tmp_path.glob("history.sqlite*"))
    assert len(contents) > 4000
    for secret in [*secrets_of(sandbox, complete), "auth-token"]:
        assert secret.encode() not in contents


def failures(sandbox, project):
    """Ways to fail, each raising an error of ours."""
    with sandbox.client(timeout=0.5, progress=False) as client:
        path = f"/v1/image-projects/{project.id}"
        for fault in ({"status": 401}, {"status": 500, "times": 9}, {"body": b"<html>"}, {"reset": True, "times": 9}):
            sandbox.add_fault(path, **fault)
            yield lambda: client.v1.image_projects.get(project.id)
            sandbox.add_fault(path, times=1, status=404)  # whatever is left of the fault is used up by then
            for _ in range(9):
                if _quiet(lambda: client.v1.image_projects.get(project.id)):
                    break
        for fault in ({"status": 500}, {"expired": True}, {"reset": True}, {"cut_after": 10}):
            sandbox.add_fault("/media/*", times=5, **fault)
            yield lambda: client.v1.image_projects.check_result(project.id, download_directory="outputs")
        yield lambda: mh.Client(token=sandbox.token, base_url="http://example.com")


def _quiet(call):
    try:
        call()
    except mh.MagicHourError:
        return False
    return True


def test_no_error_traceback_or_log_shows_them_even_with_local_variables(sandbox, complete, caplog, capfd, monkeypatch):
    monkeypatch.setattr("mh_notebook.protocol.retrying.FIRST_PAUSE", 0.01)
    caplog.set_level(logging.DEBUG)
    secrets = [*secrets_of(sandbox, complete), "auth-token"]
    seen = 0
    for call in failures(sandbox, complete[0]):
        try:
            call()
        except mh.MagicHourError as error:
            seen += 1
            verbose = "".join(traceback.TracebackException.from_exception(error, capture_locals=True).format())
            ours = verbose.replace(repr(sandbox.token), "")  # this test's own local variables name it
            assert_nowhere(str(error) + repr(error), secrets)
            assert_nowhere("\n".join(line for line in ours.splitlines() if "secrets = [" not in line), secrets)
    assert seen >= 6
    assert_nowhere(caplog.text, secrets)
    assert_nowhere("".join(capfd.readouterr()), secrets)


@pytest.mark.kernel
def test_no_saved_notebook_or_page_holds_them(tmp_path):
    from mh_notebook.notebooks import quickstart, run_notebook

    kept = tmp_path / "kept.ipynb"
    run = run_notebook(quickstart(), tmp_path / "output" / "page.html", keep=kept)
    for text in (kept.read_text(), run.page.read_text(), quickstart().read_text()):
        assert "auth-token" not in text
        assert "mhk_sandbox" not in text
        assert "Bearer" not in text


@pytest.mark.kernel
def test_no_message_of_a_kernel_holds_them(tmp_path):
    """What goes over the wire to the front end: displays, widgets, results, an error's traceback."""
    with running_kernel(tmp_path) as kernel:
        kernel.run("import mh_notebook as mh; sandbox = mh.Sandbox(speed=2000); client = sandbox.client()")
        token = kernel.value("sandbox.token")
        kernel.run("get_ipython().run_line_magic('xmode', 'Verbose')")
        cells = (
            "m = client.projects.watch(sandbox.refs, download=True); m.wait()",
            "m.projects",
            "client.projects.get('image:no-such-id')",
            (
                "sandbox.add_fault('/media/*', times=9, status=500); "
                "client.v1.image_projects.check_result(sandbox.add('image')[1], download_directory='other')"
            ),
        )
        for cell in cells:
            message_id = kernel.send(cell)
            kernel.reply(message_id)
            text = str([message["content"] for message in kernel.messages(message_id)])
            assert token not in text
            assert "auth-token=" not in text


def test_a_secret_is_a_string_like_any_other_but_for_its_repr():
    secret = Secret("https://host/path?auth-token=abc")
    assert (secret, len(secret), f"{secret}") == (
        "https://host/path?auth-token=abc",
        32,
        "https://host/path?auth-token=abc",
    )
    assert repr([secret]) == "['[secret]']"
    assert pickle.loads(pickle.dumps(secret)) == secret
    assert Path(secret).name == "path?auth-token=abc"
