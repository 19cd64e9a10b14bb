"""A real Jupyter kernel, driven as a front end drives it: code in, messages out."""

import queue
import time
from contextlib import contextmanager

from jupyter_client.manager import KernelManager

PATIENCE = 60.0  # seconds; a loaded machine is slow, a hanging kernel is a failure


class Kernel:
    """One kernel and the messages it sends."""

    def __init__(self, manager, client):
        self.manager, self.client = manager, client

    def send(self, code):
        """Queue a cell, as running several cells one after another does; return its message id."""
        return self.client.execute(code)

    def reply(self, message_id):
        """Wait for the reply of a queued cell."""
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            reply = self.client.get_shell_msg(timeout=PATIENCE)
            if reply["parent_header"].get("msg_id") == message_id:
                return reply["content"]
        raise AssertionError("no reply came")

    def run(self, code):
        """Run a cell to its end; return (reply, what it printed)."""
        message_id = self.send(code)
        reply = self.reply(message_id)
        printed = "".join(
            message["content"]["text"] for message in self.messages(message_id) if message["msg_type"] == "stream"
        )
        return reply, printed

    def value(self, expression):
        """Evaluate an expression in the kernel and return its printed form."""
        reply, printed = self.run(f"print(({expression}))")
        assert reply["status"] == "ok", "\n".join(reply["traceback"])
        return printed.strip()

    def messages(self, message_id):
        """Every message of a cell up to the kernel's being idle again."""
        found = []
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            message = self.client.get_iopub_msg(timeout=PATIENCE)
            if message["parent_header"].get("msg_id") != message_id:
                continue
            found.append(message)
            if message["msg_type"] == "status" and message["content"]["execution_state"] == "idle":
                return found
        raise AssertionError("the kernel did not become idle")

    def listen(self, seconds):
        """Every message of the next seconds, each with the time it came."""
        found, deadline = [], time.monotonic() + seconds
        while (left := deadline - time.monotonic()) > 0:
            try:
                message = self.client.get_iopub_msg(timeout=left)
            except queue.Empty:
                break
            found.append((time.monotonic(), message))
        return found

    def interrupt_after(self, seconds, message_id):
        """Interrupt a running cell; return (reply, seconds from the interrupt to the reply)."""
        time.sleep(seconds)  # the cell must really be waiting
        started = time.monotonic()
        self.manager.interrupt_kernel()
        reply = self.reply(message_id)
        return reply, time.monotonic() - started


@contextmanager
def running_kernel(tmp_path):
    """Start a kernel in a folder of its own, and end it."""
    manager = KernelManager(kernel_name="python3", connection_file=str(tmp_path / "kernel.json"))
    manager.start_kernel(cwd=str(tmp_path))
    client = manager.client()
    client.start_channels()
    try:
        client.wait_for_ready(timeout=PATIENCE)
        yield Kernel(manager, client)
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)
        manager.cleanup_resources()
