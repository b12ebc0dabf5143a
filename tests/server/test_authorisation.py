"""Who may call what: every operation there is, as everybody (OWASP API1 and API5).

An operation that takes a body, or has a field in its path, and is not in `samples`, fails here.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, fields

import pytest
from falcon.testing import Result
from pixcrawler_server.openapi import operations_of
from pixcrawler_server.operations import Access, Budget, Operation
from pixcrawler_server.paths import FIELD, without_converters
from pixcrawler_server.settings import LimitsTable

from pixcrawler_core.service import Route, Scope
from tests.server.conftest import Api, Caller, MakeApi
from tests.server.samples import BEFORE, BODIES, EDITORS_MAY_NOT, IDS, OF_NOBODY, VIEWERS_MAY, World

MANY = "1000000/second"
REFUSED = (401, 403, 404)


@dataclass(frozen=True)
class Call:
    """An operation, as tests call it."""

    method: str
    path: str
    operation: Operation

    @property
    def name(self) -> str:
        """What samples call it: `GET /api/v1/projects/{project_id}`."""
        return f"{self.method} {without_converters(self.path)}"

    @property
    def fields(self) -> list[str]:
        """The fields of its path."""
        return [field["name"] for field in FIELD.finditer(self.path)]

    @property
    def owned(self) -> bool:
        """Whether it is about a thing that somebody owns."""
        return bool(set(self.fields) - OF_NOBODY)

    def by(self, world: World, caller: Caller) -> Result:
        """What a caller is answered, about a thing that the world's owner has."""
        path = self.path_in(world)
        if self.name in BEFORE and caller.user is not None:
            BEFORE[self.name](caller)
        sent = BODIES[self.name](world) if self.name in BODIES else {}
        return caller(self.method, f"/{path}", **sent)

    def path_in(self, world: World) -> str:
        """Its path, with the ids of what the world's owner has."""
        ids = {name: str(IDS[name](world)) for name in self.fields}
        return FIELD.sub(lambda field: ids[field["name"]], self.path)


class Loose(World):
    """A world in which the datasets are in no project."""

    def project(self) -> None:  # type: ignore[override]
        """None."""


LOOSE = {"candidate_id", "dataset_id", "export_id", "image_id", "job_id", "schedule_id", "task_id"}
"""What is in a dataset, or is one."""
NEED_AN_OWNER = {f"POST /api/v1/jobs/{{job_id}}/{name}" for name in ("pause", "resume", "retry")}
"""They begin jobs, which the plan of an owner allows, or let them wait for that."""


@pytest.fixture
def world(make_api: MakeApi) -> World:
    names = [name for name in LimitsTable.model_fields if name != "storage"]
    plan = {"projects": 10_000, "datasets": 10_000, "concurrent_jobs": 10_000, "jobs_per_day": 10_000}
    api = make_api(limits=dict.fromkeys(names, MANY), plans={"free": plan})
    people = [api.user(f"{name}@example.org") for name in ("owner", "viewer", "editor", "other")]
    owner, viewer, editor, other = people
    return World(api, owner, viewer, editor, other, api.admin())


def calls(api: Api) -> Iterator[Call]:
    """All operations of all routes."""
    for route in api.services.registry.all(Route).values():
        for method, operation in operations_of(route.build(api.services)):
            yield Call(method.upper(), route.path, operation)


def test_every_operation_has_its_samples(world: World) -> None:
    found = list(calls(world.api))
    needed = {each.name for each in found if each.operation.body or each.operation.upload}
    assert needed - BODIES.keys() == set()
    assert {field for each in found for field in each.fields} - IDS.keys() == set()


def refused(
    world: World, wanted: Callable[[Call], object], caller: Caller, statuses: tuple[int, ...]
) -> list[str]:
    """Of the operations that are wanted, those that are not refused with one of the statuses."""
    told = ((call, call.by(world, caller).status_code) for call in calls(world.api) if wanted(call))
    return [f"{call.name}: {status}" for call, status in told if status not in statuses]


def allowed(world: World, wanted: Callable[[Call], object], caller: Caller) -> list[str]:
    """Of the operations that are wanted, those that are refused."""
    told = ((call, call.by(world, caller).status_code) for call in calls(world.api) if wanted(call))
    return [f"{call.name}: {status}" for call, status in told if status in REFUSED or status >= 500]


def test_head_is_get_without_the_body(world: World) -> None:
    """RFC 9110, section 9.3.2. Streams have no end, and a sign-in that comes back is done by GET alone."""
    found = [each for each in calls(world.api) if each.method == "GET"]
    told = {}
    for call in found:
        path, sent = f"/{call.path_in(world)}", BODIES[call.name](world) if call.name in BODIES else {}
        get, head = (world.admin(method, path, **sent) for method in ("GET", "HEAD"))
        assert head.content == b"", call.name
        if (get.status_code, get.headers.get("ETag")) != (head.status_code, head.headers.get("ETag")):
            told[call.name] = head.status_code
    other = {call.name: 405 for call in found if call.operation.budget in (Budget.STREAM, Budget.LOGIN)}
    assert told == other
    assert sum(world.api.services.budgets.taken.values()) == 0


def test_a_number_that_no_row_has_is_told_like_one_of_a_row_that_is_gone(world: World) -> None:
    """There are 32 and 63 bits for them."""
    found = 0
    for call in calls(world.api):
        path = without_converters(call.path).removeprefix("/api/v1")
        fields_of = [each for each in FIELD.finditer(call.path) if each["kind"] in ("int", "row")]
        if call.method != "GET" or len(call.fields) > len(fields_of) or not fields_of:
            continue
        told = [
            world.admin("GET", path.format(**{fields_of[0]["name"]: number})).json["error"]
            for number in (2**31 - 1, 2**31, 2**63, 10**300, 0)
        ]
        messages = {re.sub(r"'\d+'", "N", each["message"]) for each in told}
        assert ({each["code"] for each in told}, len(messages)) == ({"NOT_FOUND"}, 1), call.name
        found += 1
    assert found > 10


def test_nobody_does_anything_that_is_not_public(world: World) -> None:
    nobody = world.api.anonymous
    assert refused(world, lambda call: call.operation.access is not Access.PUBLIC, nobody, (401,)) == []


def test_the_owner_may(world: World) -> None:
    assert allowed(world, lambda call: call.operation.access is Access.USER, world.owner) == []


def test_an_admin_may(world: World) -> None:
    assert (
        allowed(world, lambda call: call.operation.access in (Access.USER, Access.ADMIN), world.admin) == []
    )


def test_what_is_in_no_project_is_for_admins_alone(world: World) -> None:
    """The command line makes datasets so."""
    loose = Loose(*(getattr(world, each.name) for each in fields(World)))
    users = (Access.USER, Access.SIGNED_IN)
    owned = [each for each in calls(world.api) if each.operation.access in users and LOOSE & {*each.fields}]
    assert refused(loose, owned.__contains__, world.owner, (404,)) == []
    assert allowed(loose, lambda call: call in owned and call.name not in NEED_AN_OWNER, world.admin) == []
    assert refused(loose, lambda call: call.name in NEED_AN_OWNER, world.admin, (409,)) == []


def test_a_stranger_does_not_learn_what_there_is(world: World) -> None:
    def wanted(call: Call) -> bool:
        return call.owned and call.operation.access in (Access.USER, Access.SIGNED_IN)

    assert refused(world, wanted, world.other, (404,)) == []


def test_a_viewer_reads_and_changes_nothing(world: World) -> None:
    def reads(call: Call) -> bool:
        return call.operation.access is Access.USER and (call.method == "GET" or call.name in VIEWERS_MAY)

    def changes(call: Call) -> bool:
        return call.owned and call.operation.access is Access.USER and not reads(call)

    assert allowed(world, reads, world.viewer) == []
    assert refused(world, changes, world.viewer, (403,)) == []


def test_an_editor_changes_all_but_what_only_the_owner_may(world: World) -> None:
    def mine(call: Call) -> bool:
        return call.owned and call.operation.access is Access.USER

    assert allowed(world, lambda call: mine(call) and call.name not in EDITORS_MAY_NOT, world.editor) == []
    assert refused(world, lambda call: call.name in EDITORS_MAY_NOT, world.editor, (403,)) == []


def test_only_an_admin_does_what_is_for_admins(world: World) -> None:
    admins = [call for call in calls(world.api) if call.operation.access is Access.ADMIN]
    assert refused(world, admins.__contains__, world.owner, (403,)) == []


def test_a_key_needs_the_scope(world: World) -> None:
    for scope in Scope:
        key = world.api.key(world.owner, *(set(Scope) - {scope}))

        def needs(call: Call, scope: Scope = scope) -> bool:
            return call.operation.scope is scope

        assert refused(world, needs, key, (403,)) == []


def test_no_key_does_what_is_for_who_signed_in(world: World) -> None:
    key = world.api.key(world.admin, *Scope)
    assert refused(world, lambda call: call.operation.access is Access.SIGNED_IN, key, (403,)) == []


def test_every_operation_for_users_has_a_scope(world: World) -> None:
    users = (call for call in calls(world.api) if call.operation.access is Access.USER)
    assert [call.name for call in users if call.operation.scope is None] == []
