"""The API host: GET and DELETE of projects, the account, and the creating calls."""

from __future__ import annotations

import hmac

from mh_notebook.sandbox.answers import Answer, Ask, as_json, refusal
from mh_notebook.sandbox.catalog import COLLECTIONS
from mh_notebook.sandbox.creating import TOOLS, create
from mh_notebook.sandbox.store import Store


def answer(store: Store, ask: Ask) -> Answer:
    """Answer one request to the API host."""
    if not _authorized(store, ask):
        return refusal(401)
    match ask.path.strip("/").split("/"):
        case ["v1", collection, id_] if collection in COLLECTIONS:
            return _project(store, ask.method, COLLECTIONS[collection], id_)
        case ["v1", "account"]:
            return _account(store) if ask.method == "GET" else refusal(405)
        case ["v1", tool] if tool in TOOLS:
            return create(store, tool, ask.body) if ask.method == "POST" else refusal(405)
    return refusal(404)


def _authorized(store: Store, ask: Ask) -> bool:
    given = ask.headers.get("Authorization", "").encode(errors="replace")
    return hmac.compare_digest(given, f"Bearer {store.token}".encode())


def _project(store: Store, method: str, kind: str, id_: str) -> Answer:
    plan = store.find((kind, id_))
    if plan is None:
        return refusal(404)
    if method == "GET":
        return as_json(store.answer(plan))
    if method != "DELETE":
        return refusal(405)
    if plan.template:
        return refusal(422, "Templates cannot be deleted")
    store.deleted[kind, id_] = store.clock()
    return Answer(204)


def _account(store: Store) -> Answer:
    owner = {"id": "cm0sandboxaccount00000000", "email": "sandbox@example.com"}
    return as_json({**owner, "credits": store.balance(), "tier": "free", "subscription": None})
