"""The media host: signed links, ranges and validators, as a storage host serves them."""

from __future__ import annotations

import re

from mh_notebook.sandbox import links
from mh_notebook.sandbox.answers import Answer, Ask, as_xml
from mh_notebook.sandbox.media import Output, output
from mh_notebook.sandbox.store import Store
from mh_notebook.sandbox.world import Plan, status_at

_PATH = re.compile(r"/media/([^/]+)/output-(\d{1,3})\.(\w+)")
_RANGE = re.compile(r"bytes=(\d*)-(\d*)")


def answer(store: Store, ask: Ask) -> Answer:
    """Answer one request to the media host; drawing a picture may take some tens of milliseconds."""
    if ask.method not in ("GET", "HEAD"):
        return as_xml(405, "MethodNotAllowed", "Only GET and HEAD are allowed.")
    found = _PATH.fullmatch(ask.path)
    id_, number, media = found.groups() if found else ("", "0", "")
    ref = (store.kinds.get(id_, ""), id_)
    token = ask.query.get("auth-token", "")
    verdict = links.verdict(store.secret, ask.path, token, store.clock(), store.epochs[ref])
    if verdict == "expired":
        return expired()
    if verdict == "forged":
        return as_xml(403, "AccessDenied", "Access denied.")
    plan = store.find(ref)
    if plan is None or not _made(store, plan, int(number), media):
        return as_xml(404, "NoSuchKey", "The specified key does not exist.")
    version = store.versions[ask.path]
    if (ask.path, version) not in store.outputs:
        store.outputs[ask.path, version] = output(plan, int(number), version)
    return _ranged(store.outputs[ask.path, version], ask)


def expired() -> Answer:
    """Answer as for a link whose time is over."""
    return as_xml(403, "ExpiredToken", "The provided token has expired.")


def _made(store: Store, plan: Plan, number: int, media: str) -> bool:
    there = media == plan.media and 1 <= number <= plan.output_count
    return there and status_at(plan, store.clock()) == "complete"


def _ranged(file: Output, ask: Ask) -> Answer:
    size = len(file.data)
    headers = {"Content-Type": file.content_type, "Accept-Ranges": "bytes"}
    headers |= {"ETag": file.etag, "Last-Modified": file.modified}
    wanted = _RANGE.fullmatch(ask.headers.get("Range", ""))
    unchanged = ask.headers.get("If-Range", file.etag) in file.validators
    if not (wanted and any(wanted.groups()) and unchanged):
        return Answer(200, headers, file.data)
    first, last = _span(wanted.group(1), wanted.group(2), size)
    if first > last:
        return Answer(416, headers | {"Content-Range": f"bytes */{size}"})
    headers["Content-Range"] = f"bytes {first}-{last}/{size}"
    return Answer(206, headers, memoryview(file.data)[first : last + 1])


def _span(first: str, last: str, size: int) -> tuple[int, int]:
    if not first:  # bytes=-5: the last five
        return max(size - int(last), 0), size - 1
    return int(first), min(int(last or size), size - 1)
