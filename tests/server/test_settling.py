"""Meters are told what was used, each row once."""

from __future__ import annotations

import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from threading import Barrier

import pytest
from pixcrawler_server.settling import BATCH, Settled, Settler

from pixcrawler_core.catalog.models import BillingAccount, MeterDelivery, MeterMark, Role, User
from pixcrawler_core.catalog.usage import Used, add_usage
from pixcrawler_core.metering import Kind, MeterRefused, MeterUnavailable, Usage
from tests.conftest import Command
from tests.server.conftest import Api, Caller

DAY = timedelta(days=1)


class Ledger:
    """A meter that keeps what it is told, and fails where it is told to."""

    def __init__(self) -> None:
        self.told: list[int] = []
        self.users: list[tuple[str, bool]] = []
        self.fail: Callable[[Usage], None] = lambda _: None

    def charge(self, usage: Usage, /) -> str:
        self.told.append(usage.id)
        self.users.append((usage.customer, usage.since is not None))
        self.fail(usage)
        return f"charge {usage.id}"

    def close(self) -> None:
        """Nothing is open."""


def use(api: Api, who: Caller, *amounts: int) -> None:
    for amount in amounts:
        entry = Used(user=who.id, kind=Kind.IMAGES, amount=amount, source=f"{who.id}:{amount}")
        add_usage([entry], api.clock())


def settler(api: Api, meter: Ledger, memory: timedelta | None = None) -> Settler:
    return Settler(api.services.catalog.database, {"ledger": meter}, {"ledger": memory}, api.clock)


def states() -> list[str]:
    return [each.state for each in MeterDelivery.select().order_by(MeterDelivery.record)]


def test_every_row_is_told_once(api: Api) -> None:
    ada, meter = api.user(), Ledger()
    use(api, ada, 1, 2)
    told = [settler(api, meter).settle()["ledger"].told for _ in range(2)]
    use(api, ada, 3)
    settler(api, meter).settle()
    assert (told, meter.told) == ([2, 0], [1, 2, 3])
    assert MeterDelivery.get().reference == "charge 1"


def test_who_pays_is_told_with_it(api: Api) -> None:
    ada, bob, meter = api.user(), api.user("bob@example.org"), Ledger()
    BillingAccount.create(user=ada.id, meter="ledger", customer="cus_1", since=api.clock())
    BillingAccount.create(user=bob.id, meter="another", customer="cus_2", since=api.clock())
    use(api, ada, 1)
    use(api, bob, 2)
    settler(api, meter).settle()
    assert meter.users == [("cus_1", True), ("", False)]


def test_a_meter_that_is_away_is_asked_again_later_and_not_for_every_row(api: Api) -> None:
    ada, meter = api.user(), Ledger()
    use(api, ada, 1, 2, 3)

    def away(_: Usage) -> None:
        raise MeterUnavailable("away")

    meter.fail = away
    told = settler(api, meter).settle()["ledger"]
    assert (told.told, told.waiting, told.error, meter.told) == (0, 1, "away", [1])
    meter.fail = lambda _: None
    assert settler(api, meter).settle()["ledger"].told == 2
    api.clock.forward(minutes=1)
    assert settler(api, meter).settle()["ledger"].told == 1
    assert meter.told == [1, 2, 3, 1]


def test_what_a_meter_refuses_is_not_told_again_and_what_breaks_it_holds_up_nothing(api: Api) -> None:
    ada, meter = api.user(), Ledger()
    use(api, ada, 1, 2, 3)

    def fail(usage: Usage) -> None:
        if usage.id == 1:
            raise MeterRefused("no")
        if usage.id == 2:
            raise RuntimeError("broken")

    meter.fail = fail
    settler(api, meter).settle()
    assert states() == ["refused", "waiting", "done"]
    api.clock.forward(hours=2)
    settler(api, meter).settle()
    assert meter.told == [1, 2, 3, 2]


def test_who_is_killed_in_the_middle_leaves_the_row_to_others(api: Api) -> None:
    ada, meter = api.user(), Ledger()
    use(api, ada, 1)

    def killed(_: Usage) -> None:
        raise KeyboardInterrupt

    meter.fail = killed
    try:
        settler(api, meter).settle()
    except KeyboardInterrupt:
        meter.fail = lambda _: None
    assert settler(api, meter).settle()["ledger"].told == 0
    api.clock.forward(minutes=5)
    assert settler(api, meter).settle()["ledger"].told == 1


def test_what_a_meter_may_have_forgotten_is_left_to_a_person(api: Api) -> None:
    ada, meter = api.user(), Ledger()
    use(api, ada, 1, 2)

    def lost(usage: Usage) -> None:
        raise MeterUnavailable("lost", untold=usage.id == 2)

    meter.fail = lost
    settler(api, meter, DAY).settle()
    settler(api, meter, DAY).settle()
    api.clock.forward(days=1)
    meter.fail = lambda _: None
    told = settler(api, meter, DAY).settle()["ledger"]
    assert (told.unsure, told.told, states()) == (1, 1, ["unsure", "done"])


def test_two_at_once_tell_each_row_once(api: Api) -> None:
    ada, meter = api.user(), Ledger()
    use(api, ada, *range(1, 31))
    together = Barrier(2)

    def one(_: int) -> Settled:
        together.wait()
        try:
            return settler(api, meter).settle()["ledger"]
        finally:
            api.services.catalog.database.close()

    with ThreadPoolExecutor(2) as pool:
        assert sum(each.told for each in pool.map(one, range(2))) == 30
    assert sorted(meter.told) == list(range(1, 31))


def test_what_is_done_is_not_looked_at_again(api: Api) -> None:
    ada, meter = api.user(), Ledger()
    use(api, ada, *range(1, 6))
    settler(api, meter).settle()
    assert MeterMark.get_or_none() is None
    api.clock.forward(minutes=11)
    use(api, ada, 6)
    settler(api, meter).settle()
    assert MeterMark.get().record == 5
    api.clock.forward(minutes=11)
    settler(api, meter).settle()
    assert (MeterMark.get().record, meter.told) == (6, [1, 2, 3, 4, 5, 6])
    assert BATCH > 5


@pytest.mark.drill
def test_the_command_tells_the_meters_of_the_settings(pixcrawler: Command, workspace: Path) -> None:
    file = workspace / "usage.jsonl"
    workspace.mkdir()
    (workspace / "server.toml").write_text(
        f'[billing]\nmeters = ["log"]\n[meters.log]\npath = "{file}"\n', encoding="utf-8"
    )
    environment = {"PIXCRAWLER_PASSWORD": "correct horse battery"}
    pixcrawler("users", "create", "ada@example.org", environment=environment)
    from pixcrawler_core.workspace import Workspace

    opened = Workspace(workspace)
    opened.open()
    user = User.get(User.role == Role.USER)
    add_usage([Used(user=user.id, kind=Kind.IMAGES, amount=5, source="a")], user.created_at)
    opened.close()
    told = [pixcrawler("billing", "settle", "--json") for _ in range(2)]
    assert [(each.code, each.json["log"]["told"]) for each in told] == [(0, 1), (0, 0)]
    assert [json.loads(line)["amount"] for line in file.read_text().splitlines()] == [5]


def test_a_meter_that_there_is_not_is_an_error(pixcrawler: Command, workspace: Path) -> None:
    workspace.mkdir()
    (workspace / "server.toml").write_text('[billing]\nmeters = ["gold"]\n', encoding="utf-8")
    done = pixcrawler("billing", "settle")
    assert done.code == 2
    assert "no meter is called 'gold'" in done.stderr
