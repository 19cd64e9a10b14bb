"""What a running sandbox remembers: its projects, its links, its faults and what was asked of it."""

from __future__ import annotations

import secrets
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import NamedTuple

from mh_notebook.sandbox import links, world
from mh_notebook.sandbox.chance import chance
from mh_notebook.sandbox.faults import Faults
from mh_notebook.sandbox.media import Output
from mh_notebook.sandbox.seeding import ProjectOptions, draw, seeded
from mh_notebook.sandbox.world import Plan

Ref = tuple[str, str]


class Request(NamedTuple):
    """One request the sandbox has seen; never its query string, never a secret.

    Attributes
    ----------
    method, path : str
        What was asked.
    host : str
        "api" or "media".
    at : float
        When it came, in seconds of the sandbox's clock.
    status : int
        What was answered; 0 when the connection was reset instead.
    authorized : bool
        Whether it carried an Authorization header.
    range : str or None
        Its Range header.

    Examples
    --------
    >>> Request("GET", "/v1/account", "api", 0.0, 200, True).path
    '/v1/account'
    """

    method: str
    path: str
    host: str
    at: float
    status: int
    authorized: bool
    range: str | None = None


@dataclass(slots=True, repr=False)
class Store:
    """The one mutable thing of a sandbox, shared by its two hosts and its face."""

    seed: int
    speed: float
    credits: int
    token: str
    link_lifetime: float
    deprecated_fields: bool
    clock: Callable[[], float]
    empty: bool = False
    media_url: str = ""
    secret: bytes = field(default_factory=lambda: secrets.token_bytes(32))
    plans: dict[Ref, Plan] = field(default_factory=dict)
    kinds: dict[str, str] = field(default_factory=dict)
    deleted: dict[Ref, float] = field(default_factory=dict)
    epochs: Counter[Ref] = field(default_factory=Counter)
    handed: set[Ref] = field(default_factory=set)
    versions: Counter[str] = field(default_factory=Counter)
    outputs: dict[tuple[str, int], Output] = field(default_factory=dict)
    requests: list[Request] = field(default_factory=list)
    faults: Faults = field(default_factory=Faults)
    begun: bool = False

    def __post_init__(self) -> None:
        for plan in () if self.empty else seeded(self.seed, self.speed):
            self.keep(plan)

    def begin(self) -> None:
        """Start the clocks of the projects that are there, once."""
        if self.begun:
            return
        self.begun, now = True, self.clock()
        for ref, plan in self.plans.items():
            self.plans[ref] = replace(plan, created_at=now)

    def keep(self, plan: Plan) -> Ref:
        """Take a plan in and return its ref."""
        ref = (plan.kind, plan.id)
        self.plans[ref] = plan
        self.kinds[plan.id] = plan.kind
        return ref

    def make(self, kind: str, type_: str | None, options: ProjectOptions) -> Plan:
        """Return the plan of a new project, whose clock starts now; it is not kept yet."""
        rng = chance(self.seed, len(self.plans))
        return draw(kind, type_, options, rng, created_at=self.clock(), speed=self.speed)

    def find(self, ref: Ref) -> Plan | None:
        """Return a project's plan, unless there is none or it was deleted."""
        return None if ref in self.deleted else self.plans.get(ref)

    def balance(self) -> int:
        """Return the credits left at this moment; a deleted project stays paid for, as it stood when it was deleted."""
        now, deleted = self.clock(), self.deleted
        plans = list(self.plans.items())
        return self.credits - sum(world.credits_at(plan, deleted.get(ref, now)) for ref, plan in plans)

    def answer(self, plan: Plan) -> dict[str, object]:
        """Return what GET answers now, with fresh links."""
        now = self.clock()
        downloads = self._downloads(plan, now) if world.status_at(plan, now) == "complete" else []
        return world.answer(plan, now, downloads, deprecated_fields=self.deprecated_fields)

    def _downloads(self, plan: Plan, now: float) -> list[dict[str, str]]:
        ref = (plan.kind, plan.id)
        stale = plan.first_link_expired and ref not in self.handed
        self.handed.add(ref)
        expires_at = now if stale else now + self.link_lifetime
        return [self._download(plan, number, expires_at) for number in range(1, plan.output_count + 1)]

    def _download(self, plan: Plan, number: int, expires_at: float) -> dict[str, str]:
        path = f"/media/{plan.id}/output-{number}.{plan.media}"
        link = links.sign(self.secret, path, expires_at, self.epochs[plan.kind, plan.id])
        return {"url": self.media_url + link, "expires_at": world.stamp(expires_at)}
