"""On a real ipykernel: no queued cell is lost, an interrupt is felt, a watch keeps its pace. No mocks."""

from itertools import pairwise
from statistics import median

import pytest
from kernels import running_kernel

pytestmark = pytest.mark.kernel

START = """
import asyncio, os, time, threading
import mh_notebook as mh
sandbox = mh.Sandbox(speed=60)
client = sandbox.client()
slow = [sandbox.add("image", queue_seconds=10**7) for _ in range(3)]  # these never end

def asked():
    return len([r for r in sandbox.requests if r.path.endswith(slow[0][1])])

def own_tasks():  # of calls and watches; not aiohttp's passing ones, as a background watch connects anew
    names = [task.get_coro().__qualname__ for task in asyncio.all_tasks(client._thread.loop)]
    return len([name for name in names if name.startswith(("Monitor.", "Watching.", "_tracked"))])
"""


@pytest.fixture(scope="module")
def kernel(tmp_path_factory):
    with running_kernel(tmp_path_factory.mktemp("kernel")) as kernel:
        kernel.run(f"import os; os.environ['MH_NOTEBOOK_HISTORY'] = {str(tmp_path_factory.mktemp('h') / 'h.sqlite')!r}")
        reply, printed = kernel.run(START)
        assert (reply["status"], printed) == ("ok", "")
        yield kernel


def test_a_blocking_call_with_three_cells_queued_behind_it_runs_them_all(kernel):
    for _ in range(3):
        cells = [
            "seen = []; project = client.v1.image_projects.check_result(sandbox.add('image')[1])",
            "seen.append(project.status)",
            "seen.append(client.projects.frame(sandbox.refs).shape[0] == len(sandbox.refs))",
            "seen.append(await asyncio.sleep(0, 'awaited'))",
        ]
        replies = [kernel.reply(message_id) for message_id in [kernel.send(cell) for cell in cells]]
        assert [reply["status"] for reply in replies] == ["ok"] * 4
        assert kernel.value("seen") == "['complete', True, 'awaited']"


@pytest.mark.parametrize(
    "cell",
    [
        "client.v1.image_projects.check_result(slow[0][1])",
        "await asyncio.sleep(0); client.v1.image_projects.check_result(slow[0][1])",
        "await client.projects.watch(slow[0])",
        "client.projects.watch(slow[0]).wait()",
    ],
    ids=["pure cell", "cell that also awaits", "await monitor", "monitor.wait"],
)
def test_an_interrupt_is_felt_within_half_a_second(kernel, cell):
    """The call ends, the kernel lives, nothing of the call is left running, and background watches go on."""
    kernel.run("background = client.projects.watch(slow[1:])\nwhile own_tasks() < 4: time.sleep(0.01)")
    felt = []
    for _ in range(3):
        assert kernel.value("own_tasks()") == "4"  # the background watch: itself, its two rows, its drawing
        kernel.run("before = own_tasks()")
        reply, seconds = kernel.interrupt_after(0.6, kernel.send(cell))
        assert reply["status"] == "error"
        assert reply["ename"] in ("KeyboardInterrupt", "CancelledError")
        felt.append(seconds)
        if "watch" in cell:  # a watch is a background thing of its own: stopped by name, not by an interrupt
            kernel.run("[task.cancel() for task in client._core.watches if task is not background._task]")
        kernel.run("time.sleep(0.2)")
        assert kernel.value("own_tasks() - before") == "0"
        assert kernel.value("client.account().tier") == "free"
    assert median(felt) <= 0.5  # from the signal to the reply in this process, on a machine that may be busy
    assert kernel.value("background.done, len(background.frame)") == "(False, 2)"
    kernel.run("background.stop()")


def test_a_blocking_call_from_a_callback_on_the_loop_thread_returns(kernel):
    patched = "hasattr(type(asyncio.get_running_loop()), '_nest_patched')"
    before = kernel.value(patched)
    kernel.run(
        "called = threading.Event(); result = []\n"
        "def callback(monitor):\n"
        "    result.append(client.projects.frame(sandbox.refs).shape[0] == len(sandbox.refs)); called.set()\n"
        "monitor = client.projects.watch(sandbox.add('image')); monitor.on_complete(callback)"
    )
    assert kernel.value("called.wait(20), result, monitor.errors") == "(True, [True], [])"
    assert kernel.value(patched) == before


def test_a_watch_keeps_moving_while_another_cell_blocks_for_five_seconds(kernel):
    """The panel is never older than 1.2 s."""
    kernel.run("moving = client.projects.watch(slow)")
    blocked = kernel.send("time.sleep(5)")
    times = [at for at, message in kernel.listen(5.0) if message["msg_type"] in ("comm_msg", "update_display_data")]
    kernel.reply(blocked)
    kernel.run("moving.stop()")
    gaps = [later - earlier for earlier, later in pairwise(times)]
    assert len(times) >= 5
    assert max(gaps) <= 1.2


def test_the_end_of_a_watch_is_html_that_needs_no_kernel_and_leaves_no_comm(kernel):
    kernel.run("from ipywidgets import Widget; import ipywidgets.widgets.widget as w; before = len(w._instances)")
    message_id = kernel.send("done = client.projects.watch([sandbox.add('image'), sandbox.add('audio')]); done.wait();")
    kernel.reply(message_id)
    updates = [m for m in kernel.messages(message_id) if m["msg_type"] == "update_display_data"]
    final = updates[-1]["content"]["data"]
    assert sorted(final) == ["text/html", "text/plain"]
    assert final["text/html"].count("complete") >= 2
    assert "<script" not in final["text/html"]
    assert kernel.value("len(w._instances) - before") == "0"


def test_a_watch_as_the_last_line_of_a_cell_is_shown_once(kernel):
    message_id = kernel.send("client.projects.watch(sandbox.add('image'))")
    kernel.reply(message_id)
    kinds = [m["msg_type"] for m in kernel.messages(message_id)]
    assert kinds.count("display_data") == 1
    assert kinds.count("execute_result") == 0


def test_nothing_is_printed_and_no_thread_is_left_by_cells_run_again(kernel):
    kernel.run("import gc; threads = threading.active_count()")
    for _ in range(5):
        reply, printed = kernel.run(
            "again = sandbox.client(); again.v1.image_projects.check_result(sandbox.add('image')[1])"
        )
        assert (reply["status"], printed) == ("ok", "")
    kernel.run("again.close(); del again; gc.collect(); time.sleep(0.5)")
    assert int(kernel.value("threading.active_count() - threads")) <= 0


def test_the_kernels_own_loop_is_not_ours(kernel):
    assert kernel.value("asyncio.get_running_loop() is client._thread.loop") == "False"
