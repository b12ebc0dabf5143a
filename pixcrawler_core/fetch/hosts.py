"""Politeness: how many requests one host gets at once and how far apart, learnt from its answers."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from dataclasses import dataclass
from types import TracebackType

from pixcrawler_core.fetch.failure import Failure
from pixcrawler_core.fetch.host import DOWN_FOR, Host
from pixcrawler_core.fetch.retry import throttled

CAPACITY = 4096
"""Hosts that are remembered; beyond, the ones idle for longest are forgotten."""


@dataclass(frozen=True, kw_only=True, slots=True)
class HostStatus:
    """How things stand with a host, for progress displays; times in seconds."""

    active: int
    waiting: int
    limit: int
    delay: float
    paused_for: float
    down_for: float


class Hosts:
    """Gives out slots, in the order in which they are asked for.

    A host may have `per_host` requests at once, `delay` seconds apart. When it answers 429 or 503, its limit
    is halved, its delay doubled and it is left alone until its Retry-After; after a run of other answers,
    the limit grows by one and the delay shrinks (additive increase, multiplicative decrease, as TCP has in
    RFC 5681). When it cannot be reached five times in a row, it counts as down for `down_for` seconds, then
    twice as long, up to ten minutes. To be used from one event loop.
    """

    def __init__(
        self,
        *,
        per_host: int,
        delay: float = 0.0,
        max_wait: float = 60.0,
        down_for: float = DOWN_FOR,
        capacity: int = CAPACITY,
    ) -> None:
        self._per_host = per_host
        self._delay = delay
        self._max_wait = max_wait
        self._down_for = down_for
        self._capacity = capacity
        self._hosts: OrderedDict[str, Host] = OrderedDict()

    def slot(self, name: str, spacing: float = 0.0) -> Slot:
        """A slot for one request, as an async context manager; `spacing` is the host's own wish in seconds.

        Entering raises Failure (`host-down`, `throttled`) at once when the host will not be asked soon.
        """
        return Slot(self._host(name, spacing), self._max_wait)

    def status(self) -> dict[str, HostStatus]:
        """All hosts that are remembered."""
        return {
            name: HostStatus(
                active=host.active,
                waiting=len(host.waiters),
                limit=host.limit,
                delay=host.delay,
                paused_for=host.paused_for(),
                down_for=host.down_for(),
            )
            for name, host in self._hosts.items()
        }

    def _host(self, name: str, spacing: float) -> Host:
        host = self._hosts.get(name)
        if host is None:
            self._forget()
            host = self._hosts[name] = Host(name, self._per_host, self._delay, self._down_for)
        else:
            self._hosts.move_to_end(name)
        host.spacing = spacing
        return host

    def _forget(self) -> None:
        if len(self._hosts) < self._capacity:
            return
        for name, host in self._hosts.items():
            if host.idle():
                del self._hosts[name]
                return


class Slot:
    """The right to send one request to a host, while it is entered."""

    __slots__ = ("_entered", "_host", "_max_wait", "_started")

    def __init__(self, host: Host, max_wait: float) -> None:
        self._host = host
        self._max_wait = max_wait
        self._started = 0.0
        self._entered = False

    async def __aenter__(self) -> Slot:
        host = self._host
        self._refuse()
        if not host.enter():
            await self._wait()
        self._entered = True
        self._started = host.now()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._entered = False
        self._host.leave()

    def answered(self) -> None:
        """The host answered, and did not complain of being asked too much."""
        self._host.answered()

    def throttled(self, retry_after: float | None) -> None:
        """The host answered 429 or 503; `retry_after` in seconds, if it said so."""
        pause = self._host.throttled(self._started, retry_after)
        if pause > self._max_wait:
            self._host.turn_away(lambda: throttled(pause, self._max_wait))

    def unreachable(self) -> None:
        """No connection to the host came about."""
        if self._host.unreachable():
            self._host.turn_away(self._down)

    async def _wait(self) -> None:
        waiter = self._host.queue()
        try:
            await waiter
        except asyncio.CancelledError:
            self._host.give_up(waiter)
            raise

    def _refuse(self) -> None:
        if self._host.down_for() > 0:
            raise self._down()
        pause = self._host.paused_for()
        if pause > self._max_wait:
            raise throttled(pause, self._max_wait)

    def _down(self) -> Failure:
        detail = f"host {self._host.name} could not be reached {self._host.failures} times in a row"
        return Failure("host-down", detail, passing=True, again=False)
