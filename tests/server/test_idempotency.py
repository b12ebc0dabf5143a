"""Requests that are done once, however often they are sent."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace
from typing import Any

import pytest
from falcon.testing import ASGIConductor, Result
from pixcrawler_server.bodies import Input, View
from pixcrawler_server.errors import Conflict, Unavailable
from pixcrawler_server.operations import Access, Budget, operation
from pixcrawler_server.replies import send

from pixcrawler_core import hookimpl
from pixcrawler_core.catalog.models import IdempotencyKey, Project
from pixcrawler_core.registry import Registry, load
from pixcrawler_core.service import Principal, Route, Scope
from tests.server.conftest import Api, Caller, error_code

SECRET = "pxc_a-secret-that-is-shown-once"  # noqa: S105  # it is none


class Work(Input):
    how: str = ""


class Done(View):
    times: int
    secret: str


class Workshop:
    """Counts how often it works; waits where it is told to."""

    def __init__(self) -> None:
        self.times = 0
        self.begun, self.go_on = threading.Event(), threading.Event()

    @operation(
        access=Access.USER,
        scope=Scope.PROFILE,
        budget=Budget.WRITE,
        body=Work,
        answers={201: Done},
        errors=(409,),
    )
    async def on_post(self, req: Any, resp: Any, principal: Principal, body: Work) -> None:
        """Work."""
        self.times += 1
        if body.how == "slowly":
            self.begun.set()
            self.go_on.wait(20)
        if body.how == "away":
            raise Unavailable("away")
        if body.how == "conflict":
            raise Conflict("there is one already")
        if body.how == "broken":
            raise RuntimeError("broken")
        send(resp, Done(times=self.times, secret=SECRET), 201, location="/somewhere")
        resp.set_header("ETag", '"x"')


@pytest.fixture
def workshop() -> Workshop:
    return Workshop()


@pytest.fixture
def registry(workshop: Workshop) -> Registry:
    """All plugins, and the workshop."""

    @hookimpl
    def register_routes() -> Iterator[Route]:
        yield Route(name="work", summary="Work", path="/api/v1/work", build=lambda _: workshop)

    found = load(installed=False)
    found.manager.register(SimpleNamespace(register_routes=register_routes), "workshop")
    return found


def ask(caller: Caller, key: str, how: str = "", path: str = "/work") -> Result:
    return caller("POST", path, {"how": how}, headers={"Idempotency-Key": key})


def aside(api: Api, caller: Caller, how: str = "") -> Result:
    """Ask under the key `k-1` on an event loop of this thread, as another process would."""

    async def asked() -> Result:
        conductor = ASGIConductor(api.app)
        headers = {**caller.headers, "Idempotency-Key": "k-1"}
        return await conductor.simulate_post("/api/v1/work", json={"how": how}, headers=headers)

    return asyncio.run(asked())


def test_the_same_request_again_gets_the_same_answer(api: Api, workshop: Workshop) -> None:
    ada = api.user()
    first, again = ask(ada, "k-1"), ask(ada, "k-1")
    assert (first.status_code, again.status_code, workshop.times) == (201, 201, 1)
    assert again.json == first.json
    for name in ("Location", "ETag", "Content-Type"):
        assert again.headers[name] == first.headers[name]
    assert "Idempotent-Replayed" not in first.headers
    assert again.headers["Idempotent-Replayed"] == "true"
    assert again.headers["X-Request-ID"] != first.headers["X-Request-ID"]


def test_without_a_key_and_with_another_it_is_done_again(api: Api, workshop: Workshop) -> None:
    ada, bob = api.user(), api.user("bob@example.org")
    ask(ada, "k-1")
    ada("POST", "/work", {})
    ask(ada, "k-2")
    ask(bob, "k-1")
    assert workshop.times == 4


def test_a_key_stands_for_one_request(api: Api, workshop: Workshop) -> None:
    ada = api.user()
    ask(ada, "k-1")
    assert error_code(ask(ada, "k-1", "other")) == "KEY_REUSED"
    assert workshop.times == 1


def test_a_key_of_another_operation(api: Api) -> None:
    ada = api.user()
    ask(ada, "k-1")
    other = ada("POST", "/projects", {"name": "Cats"}, headers={"Idempotency-Key": "k-1"})
    assert (other.status_code, error_code(other)) == (422, "KEY_REUSED")
    assert not Project.select().exists()


def test_what_is_no_key(api: Api, workshop: Workshop) -> None:
    ada = api.user()
    for key in ("", "a b", "é", "x" * 256, "a\tb", "\x7f"):
        assert error_code(ask(ada, key)) == "VALIDATION_ERROR"
    assert workshop.times == 0


def test_while_the_first_is_at_work_others_wait(api: Api, workshop: Workshop) -> None:
    ada = api.user()
    with ThreadPoolExecutor(1) as pool:
        first = pool.submit(aside, api, ada, "slowly")
        assert workshop.begun.wait(20)
        second = ask(ada, "k-1", "slowly")
        assert (second.status_code, error_code(second), second.headers["Retry-After"]) == (
            409,
            "CONFLICT",
            "1",
        )
        workshop.go_on.set()
        assert first.result().status_code == 201
    assert ask(ada, "k-1", "slowly").headers["Idempotent-Replayed"] == "true"
    assert workshop.times == 1


def test_of_many_at_once_one_works(api: Api, workshop: Workshop) -> None:
    ada = api.user()
    together = threading.Barrier(8)

    def one(_: int) -> int:
        together.wait()
        return aside(api, ada).status_code

    with ThreadPoolExecutor(8) as pool:
        statuses = set(pool.map(one, range(8)))
    assert workshop.times == 1
    assert 201 in statuses <= {201, 409}


def test_answers_that_are_kept_and_that_are_not(api: Api, workshop: Workshop) -> None:
    ada = api.user()
    for how, status, times in (("away", 503, 2), ("conflict", 409, 1), ("broken", 500, 1)):
        before = workshop.times
        told = [ask(ada, f"k-{how}", how).status_code for _ in range(2)]
        assert (told, workshop.times - before) == ([status, status], times)


def test_what_was_refused_may_be_sent_again_under_its_key(api: Api, workshop: Workshop) -> None:
    ada = api.user()
    wrong = ada("POST", "/work", {"what": 1}, headers={"Idempotency-Key": "k-1"})
    assert (wrong.status_code, ask(ada, "k-1").status_code, workshop.times) == (422, 201, 1)


def test_a_server_that_was_killed_does_not_keep_the_key(api: Api, workshop: Workshop) -> None:
    ada = api.user()
    ask(ada, "k-1")
    IdempotencyKey.update(status=None, body=None).execute()  # as it was while the first was at work
    assert ask(ada, "k-1").status_code == 409
    api.clock.forward(minutes=2)
    assert ask(ada, "k-1").status_code == 201
    assert ask(ada, "k-1").headers["Idempotent-Replayed"] == "true"
    assert workshop.times == 2


def test_who_comes_back_late_does_not_overwrite(api: Api, workshop: Workshop) -> None:
    ada = api.user()
    with ThreadPoolExecutor(1) as pool:
        first = pool.submit(aside, api, ada, "slowly")
        assert workshop.begun.wait(20)
        IdempotencyKey.update(owner="somebody else", status=201).execute()
        workshop.go_on.set()
        assert first.result().status_code == 201
    assert IdempotencyKey.get().body is None


def test_answers_are_forgotten_after_a_day(api: Api, workshop: Workshop) -> None:
    ada = api.user()
    key = api.key(ada, Scope.PROFILE)
    ask(key, "k-1")
    api.clock.forward(hours=24)
    assert "Idempotent-Replayed" not in ask(key, "k-1").headers
    assert (workshop.times, IdempotencyKey.select().count()) == (2, 1)


def test_answers_are_kept_encrypted(api: Api) -> None:
    ask(api.user(), "k-1")
    kept = bytes(IdempotencyKey.get().body or b"")
    assert kept
    assert SECRET.encode() not in kept


def test_the_document_tells_of_the_header(api: Api) -> None:
    paths = api.anonymous("GET", "//openapi.json").json["paths"]
    post, get = paths["/api/v1/projects"]["post"], paths["/api/v1/projects"]["get"]
    (told,) = (each for each in post["parameters"] if each["in"] == "header")
    assert (told["name"], told["required"]) == ("Idempotency-Key", False)
    assert "409" in post["responses"]
    assert not [each for each in get["parameters"] if each["in"] == "header"]
