"""Jobs as users order, change and end them."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from falcon.testing import ASGIConductor
from pixcrawler_server.jobs.orders import over_tables
from pixcrawler_server.jobs.restrictions import OPEN
from pixcrawler_server.jobs.views import JobDetail

from pixcrawler_core.catalog.audit import verify
from pixcrawler_core.catalog.models import (
    ActivityLog,
    CrawlJob,
    CrawlTally,
    JobEvent,
    JobStatus,
    UsageHour,
    User,
)
from pixcrawler_core.catalog.sql import Sql
from pixcrawler_core.config.job import JobFile
from pixcrawler_core.config.load import check_tables
from pixcrawler_core.jobs.ordering import order, stored_job
from pixcrawler_core.jobs.transitions import TRANSITIONS
from pixcrawler_core.registry import Registry
from pixcrawler_core.service import Scope
from tests.server.conftest import PASSWORD, TABLES, Api, Caller, MakeApi, error_code

NOT_ASKED_FOR = {
    ("retry", JobStatus.RUNNING),
    ("retry", JobStatus.PAUSED),
    ("cancel", JobStatus.CANCELLING),
}
"""What a worker or `resume` does to a job, and users do not."""
CHANGED: dict[str, Any] = {
    "storage": {"stores": ["filesystem"], "filesystem": {"path": "/"}},
    "events": {"sinks": ["file"], "file": {"path": "/x"}},
}
"""Tables of a job file that are not for users: a new one has to be listed here, or opened to them."""
LLM = {"url": "https://llm.example/v1", "model": "m"}


def ordered(caller: Caller, dataset: str, tables: Any = None, **more: Any) -> Any:
    return caller("POST", "/jobs", {"dataset": dataset, "tables": tables or TABLES, **more})


def test_a_job_is_ordered_shown_and_cancelled(api: Api) -> None:
    ada = api.user()
    dataset = api.dataset(api.project(ada))
    made = ordered(ada, dataset)
    assert (made.status_code, made.json["status"], made.json["dataset"]) == (201, "queued", dataset)
    place = made.headers["Location"].removeprefix("/api/v1")
    shown = ada("GET", place)
    assert shown.json["tables"]["job"]["keywords"] == ["red panda"]
    JobDetail.model_validate_json(shown.text)
    assert ada("GET", place, headers={"If-None-Match": shown.headers["ETag"]}).status_code == 304
    assert ada("POST", f"{place}/cancel").json["status"] == "cancelled"
    again = ada("POST", f"{place}/cancel")
    assert (again.status_code, error_code(again)) == (409, "CONFLICT")
    actions = [each.action for each in ActivityLog.select().order_by(ActivityLog.id)]
    assert actions == ["job ordered", "job queued", "job cancelled"]
    assert verify(Sql(api.services.catalog.database)) is None
    assert [each.status for each in JobEvent.select().order_by(JobEvent.id)] == [
        "draft",
        "queued",
        "cancelled",
    ]


def test_a_draft_is_changed_and_begun(api: Api) -> None:
    ada = api.user()
    made = ordered(ada, api.dataset(api.project(ada)), draft=True)
    assert made.json["status"] == "draft"
    path = f"/jobs/{made.json['id']}"
    tag = ada("GET", path).headers["ETag"]
    tables = {"job": {"keywords": ["snow leopard"], "max_images": 7}}
    changed = ada("PATCH", path, {"tables": tables, "priority": 3}, headers={"If-Match": tag})
    assert (changed.json["keywords"], changed.json["max_images"]) == (["snow leopard"], 7)
    assert ada("PATCH", path, {"priority": 1}, headers={"If-Match": tag}).status_code == 412
    assert ada("POST", f"{path}/retry").json["status"] == "queued"
    refused = ada("PATCH", path, {"priority": 1})
    assert (refused.status_code, error_code(refused)) == (409, "CONFLICT")


@pytest.mark.parametrize(
    ("tightened", "told"),
    [
        ({"crawl": {"refused": ["openverse"]}}, "not to be used"),
        ({"crawl": {"keywords": 1}}, "1 keywords"),
        ({"plans": {"free": {"images_per_job": 3}}}, "3 images"),
    ],
)
def test_what_is_begun_later_keeps_to_the_rules_of_then(
    make_api: MakeApi, tightened: dict[str, Any], told: str
) -> None:
    before = make_api()
    ada = before.user()
    project = before.project(ada)
    tables = {"job": {"keywords": ["a", "b"], "max_images": 2}, "sources": {"engines": ["openverse"]}}
    jobs = [ordered(ada, before.dataset(project), tables, draft=draft).json["id"] for draft in (True, False)]
    paused = ordered(ada, before.dataset(project), tables).json["id"]
    assert ada("POST", f"/jobs/{jobs[1]}/cancel").status_code == 200
    assert ada("POST", f"/jobs/{paused}/pause").status_code == 200
    ada = make_api(**tightened).again(ada)
    for path in (*(f"/jobs/{job}/retry" for job in jobs), f"/jobs/{paused}/resume"):
        refused = ada("POST", path)
        assert (refused.status_code, told in refused.json["error"]["message"]) in ((422, True), (403, True))


def test_who_changes_or_begins_a_draft_of_the_machine_orders_it(api: Api, registry: Registry) -> None:
    ada, bob = api.user(), api.user("bob@example.org")
    dataset = api.dataset(api.project(ada, editor=bob))
    job = check_tables({**TABLES, "job": {**TABLES["job"], "name": "x"}}, registry, Path("/jobs"))
    made = order(job, dataset, now=api.clock(), draft=True).id
    assert bob("PATCH", f"/jobs/{made}", {"priority": 1}).status_code == 200
    assert CrawlJob.get_by_id(made).ordered_by == ""
    assert bob("PATCH", f"/jobs/{made}", {"tables": TABLES}).status_code == 200
    assert (CrawlJob.get_by_id(made).ordered_by, CrawlJob.get_by_id(made).folder) == (str(bob.id), "")
    assert ada("POST", f"/jobs/{made}/retry").status_code == 200
    assert CrawlJob.get_by_id(made).ordered_by == str(ada.id)


def test_a_draft_of_the_machine_keeps_to_the_rules_where_a_user_begins_it(
    api: Api, registry: Registry
) -> None:
    ada = api.user()
    tables = {"job": {**TABLES["job"], "name": "x"}, "fetch": {"allow_private_hosts": ["10.0.0.1"]}}
    job = check_tables(tables, registry, Path("/jobs"))
    made = order(job, api.dataset(api.project(ada)), now=api.clock(), draft=True).id
    refused = ada("POST", f"/jobs/{made}/retry")
    assert (refused.status_code, "allow_private_hosts" in refused.json["error"]["message"]) == (422, True)


def test_a_dataset_has_one_job_at_a_time(api: Api) -> None:
    ada = api.user()
    dataset = api.dataset(api.project(ada))
    assert ordered(ada, dataset).status_code == 201
    refused = ordered(ada, dataset)
    assert (refused.status_code, error_code(refused)) == (409, "CONFLICT")


@pytest.mark.parametrize(
    ("tables", "told"),
    [
        ({"jobs": {}}, "did you mean 'job'?"),
        ({"job": {"keyword": ["x"]}}, "did you mean 'keywords'?"),
        ({"job": {"keywords": []}}, "nothing to look for"),
        ({"job": {"keywords": ["x"]}, "sources": {"engines": ["openvers"]}}, "did you mean 'openverse'?"),
        ({**TABLES, "sources": {"openverse": {"dely": 1}}}, "did you mean 'delay'?"),
        ({**TABLES, "sources": {"openverse": {"endpoint": "https://evil.example/"}}}, "endpoint"),
        ({**TABLES, "sources": {"bing": {"user_agent": "Mozilla/5.0"}}}, "[sources.bing] user_agent"),
        ({**TABLES, "sources": {"engines": ["flickr"]}}, "needs a key"),
        (
            {**TABLES, "sources": {"engines": ["bing"], "bing": {"accept_terms": True}}},
            "is off on this server",
        ),
        ({**TABLES, "sources": {"engines": ["bing"]}}, "is off on this server"),
        ({**TABLES, "fetch": {"allow_private_hosts": True}}, "allow_private_hosts"),
        ({**TABLES, "fetch": {"allow_private_hosts": ["127.0.0.1"]}}, "allow_private_hosts"),
        ({**TABLES, "fetch": {"proxies": ["http://u:p@example.org:80"]}}, "proxies"),
        ({**TABLES, "fetch": {"robots": False}}, "must stay true"),
        ({**TABLES, "fetch": {"opt_out": False}}, "must stay true"),
        ({**TABLES, "fetch": {"user_agent": "Mozilla/5.0"}}, "user_agent"),
        ({"job": {"name": "x"}, "urls": {"file": "/etc/passwd"}}, "[urls]"),
        ({**TABLES, "storage": {"keys": "/etc/shadow"}}, "[storage]"),
        ({**TABLES, "storage": {"stores": ["filesystem"], "filesystem": {"path": "/"}}}, "[storage]"),
        ({**TABLES, "events": {"sinks": ["file"], "file": {"path": "/tmp/x"}}}, "[events]"),  # noqa: S108
        ({**TABLES, "dedup": {"scope": "workspace"}}, "scope"),
        ({**TABLES, "export": {"policy": "/etc/passwd"}}, "policy"),
        ({**TABLES, "validators": {"placeholder": {"known": "/etc/passwd"}}}, "placeholder"),
        ({**TABLES, "keywords": {"expanders": ["llm"], "llm": LLM}}, "not to be used"),
        ({**TABLES, "keywords": {"expanders": ["llm"], "llm": LLM}}, "[keywords.llm] url"),
    ],
)
def test_tables_that_are_refused(api: Api, tables: Any, told: str) -> None:
    ada = api.user()
    refused = ordered(ada, api.dataset(api.project(ada)), tables)
    assert (refused.status_code, error_code(refused)) == (422, "VALIDATION_ERROR")
    assert told in str(refused.json["error"]["details"])
    assert refused.json["error"]["details"]["field"].startswith("tables")
    assert CrawlJob.select().count() == 0


def test_tables_that_nobody_thought_of_are_refused(api: Api) -> None:
    ada = api.user()
    dataset = api.dataset(api.project(ada))
    for name in JobFile.model_fields.keys() - set(OPEN):
        refused = ordered(ada, dataset, {**TABLES, name: CHANGED[name]})
        told = refused.json["error"]["details"]["errors"]
        assert (refused.status_code, f"tables.{name}" in [each["field"] for each in told]) == (422, True)


def test_there_is_an_end_to_keywords(make_api: MakeApi) -> None:
    api = make_api(crawl={"keywords": 3})
    ada = api.user()
    tables = {"job": {"name": "x", "keywords": ["a", "b", "c", "d"]}}
    refused = ordered(ada, api.dataset(api.project(ada)), tables)
    assert "3 keywords" in refused.json["error"]["message"]


@pytest.mark.parametrize(
    ("tables", "told"),
    [
        ({"job": {"keywords": ["a", "b", "c", "d"]}, "keywords": {"blocklist": ["a"]}}, "have 3 keywords"),
        ({"job": {"keywords": ["a"]}, "keywords": {"blocklist": ["a", "b", "c", "d"]}}, "have 3 words"),
        ({"job": {"keywords": [[n] for n in range(600)]}}, "have 1030 values"),
    ],
)
def test_words_are_counted_before_they_are_compared(make_api: MakeApi, tables: Any, told: str) -> None:
    api = make_api(crawl={"keywords": 3})
    ada = api.user()
    refused = ordered(ada, api.dataset(api.project(ada)), tables)
    assert [told in each["constraint"] for each in refused.json["error"]["details"]["errors"]] == [True]
    said = ada("POST", "/jobs/file", {"tables": tables}).json["problems"]
    assert [told in each["message"] for each in said] == [True]


@pytest.mark.parametrize("table", ["urls", "dedup"])
def test_nobody_learns_which_files_the_server_has(api: Api, tmp_path: Path, table: str) -> None:
    ada = api.user()
    dataset = api.dataset(api.project(ada))
    (tmp_path / "a").write_text("")
    answers = []
    for name in ("a", "b"):
        path = str(tmp_path / name)
        asked = {"urls": {"file": path}, "job": {"name": "x"}} if table == "urls" else TABLES
        tables = {**asked, "dedup": {"against": [path]}} if table == "dedup" else asked
        order, file = ordered(ada, dataset, tables), ada("POST", "/jobs/file", {"tables": tables})
        answers.append((order.json["error"]["details"], file.json["problems"]))
    assert answers[0] == answers[1]
    assert "no collection" not in str(answers)


@pytest.mark.parametrize(
    ("name", "tables"),
    [
        ("openverse", {**TABLES, "sources": {"engines": ["openverse"]}}),
        ("wordnet", {**TABLES, "keywords": {"expanders": ["wordnet"]}}),
        ("blur", {**TABLES, "validators": {"blur": {}}}),
        ("blur", {"job": {**TABLES["job"], "validation": "medium"}}),
        ("phash", {**TABLES, "dedup": {"methods": ["phash"]}}),
        ("category", {**TABLES, "labels": {"labelers": ["category"]}}),
        ("zip", {**TABLES, "export": {"formats": ["zip"]}}),
    ],
)
def test_plugins_that_the_server_refuses_are_used_by_no_job(
    make_api: MakeApi, name: str, tables: Any
) -> None:
    api = make_api(crawl={"refused": [name]})
    ada = api.user()
    refused = ordered(ada, api.dataset(api.project(ada)), tables)
    assert f"{name!r}" in refused.json["error"]["message"]
    assert "not to be used" in refused.json["error"]["message"]


def test_a_check_of_a_level_that_is_refused_is_switched_off(make_api: MakeApi) -> None:
    api = make_api(crawl={"refused": ["blur"]})
    ada = api.user()
    tables = {"job": {**TABLES["job"], "validation": "medium"}, "validators": {"blur": {"enabled": False}}}
    assert ordered(ada, api.dataset(api.project(ada)), tables).status_code == 201


def test_only_who_has_a_verified_address_orders_and_only_editors_do(api: Api) -> None:
    ada, bob, eve = api.user(), api.user("b@x.org"), api.user("e@x.org")
    new = api.user("n@x.org", email_verified_at=None)
    dataset = api.dataset(api.project(ada, viewer=bob, editor=new))
    told = [ordered(each, dataset).status_code for each in (new, bob, eve)]
    assert told == [403, 403, 404]
    assert CrawlJob.select().count() == 0
    assert api.key(ada, Scope.JOBS_READ)("POST", "/jobs", {}).status_code == 403


@pytest.mark.parametrize(
    ("plan", "quota"),
    [
        ({"images_per_job": 4}, "images_per_job"),
        ({"concurrent_jobs": 0}, "concurrent_jobs"),
        ({"jobs_per_day": 0}, "jobs_per_day"),
        ({"storage_bytes": 0}, "storage_bytes"),
    ],
)
def test_plans_have_an_end(make_api: MakeApi, plan: dict[str, int], quota: str) -> None:
    api = make_api(plans={"free": plan})
    ada = api.user()
    refused = ordered(ada, api.dataset(api.project(ada)))
    assert (refused.status_code, error_code(refused)) == (403, "QUOTA_EXCEEDED")
    assert refused.json["error"]["details"]["quota"] == quota
    assert CrawlJob.select().count() == 0
    admin = api.admin()
    assert ordered(admin, api.dataset(api.project(admin, "Mine"))).status_code == 201


def test_runs_go_by_the_storage_that_the_plan_has_when_a_job_is_begun(make_api: MakeApi) -> None:
    ada = make_api().user()
    api = make_api(plans={"free": {"storage_bytes": 12345}})
    assert ordered(api.again(ada), api.dataset(api.project(ada))).status_code == 201
    assert User.get_by_id(ada.id).storage_quota == 12345


def test_images_are_counted_over_all_categories(make_api: MakeApi) -> None:
    api = make_api(plans={"free": {"images_per_job": 15}})
    ada = api.user()
    two = {"job": {"max_images": 8}, "category": [{"name": each, "keywords": [each]} for each in ("a", "b")]}
    assert error_code(ordered(ada, api.dataset(api.project(ada)), two)) == "QUOTA_EXCEEDED"


def test_the_day_counts_what_was_begun_even_of_datasets_that_are_gone(make_api: MakeApi) -> None:
    api = make_api(plans={"free": {"jobs_per_day": 1}})
    ada = api.user()
    project = api.project(ada)
    first = ordered(ada, api.dataset(project)).json
    CrawlJob.delete().where(CrawlJob.id == first["id"]).execute()
    assert error_code(ordered(ada, api.dataset(project, "more"))) == "QUOTA_EXCEEDED"
    api.clock.forward(hours=25)
    api.services.principals.forget()
    assert ordered(api.key(ada, *Scope), api.dataset(project, "late")).status_code == 201


def test_orders_at_the_same_moment_do_not_overrun_a_plan(make_api: MakeApi) -> None:
    api = make_api(plans={"free": {"concurrent_jobs": 2}})
    ada = api.user()
    project = api.project(ada)
    datasets = [api.dataset(project) for _ in range(6)]

    async def at_once() -> list[int]:
        async with ASGIConductor(api.app) as conductor:
            bodies = [{"dataset": each, "tables": TABLES} for each in datasets]
            posts = [conductor.post("/api/v1/jobs", json=each, headers=ada.headers) for each in bodies]
            answers = await asyncio.gather(*posts)
        return sorted(answer.status_code for answer in answers)

    assert asyncio.run(at_once()) == [201, 201, 403, 403, 403, 403]


@pytest.mark.parametrize("status", list(JobStatus))
def test_illegal_changes_are_conflicts(api: Api, status: JobStatus) -> None:
    ada = api.user()
    path = f"/jobs/{api.job(api.dataset(api.project(ada)), status)}"
    acts = {"cancel": {"cancelled", "cancelling"}, "retry": {"queued"}, "pause": {"paused"}}
    for act, targets in acts.items():
        CrawlJob.update(status=status).execute()
        answer = ada("POST", f"{path}/{act}")
        possible = targets & TRANSITIONS[status]
        if (act, status) in NOT_ASKED_FOR:
            possible = set()
        assert answer.status_code == (200 if possible else 409), act
        assert (answer.json.get("status") in possible) is bool(possible)


def test_a_paused_job_goes_on(api: Api) -> None:
    ada = api.user()
    path = f"/jobs/{ordered(ada, api.dataset(api.project(ada))).json['id']}"
    assert ada("POST", f"{path}/resume").status_code == 409
    assert ada("POST", f"{path}/pause").json["status"] == "paused"
    assert ada("POST", f"{path}/resume").json["status"] == "queued"


def test_jobs_are_listed_by_dataset_and_status(api: Api) -> None:
    ada, eve = api.user(), api.user("e@x.org")
    one, two = (api.dataset(api.project(ada, name)) for name in ("one", "two"))
    keys = [api.job(each, JobStatus.FAILED) for each in (one, one, two)] + [api.job(two)]
    api.job(api.dataset(api.project(eve)))

    def listed(**params: Any) -> list[int]:
        return [each["id"] for each in ada("GET", "/jobs", params=params).json["items"]]

    assert listed() == keys[::-1]
    assert listed(dataset=one) == keys[1::-1]
    assert listed(status="failed", dataset=two) == [keys[2]]
    first = ada("GET", "/jobs", params={"limit": 3}).json
    assert listed(limit=3, cursor=first["next_cursor"]) == [keys[0]]
    other = ada("GET", "/jobs", params={"limit": 3, "cursor": first["next_cursor"], "dataset": one})
    assert error_code(other) == "VALIDATION_ERROR"


def test_what_the_plan_includes_is_used_up_first(make_api: MakeApi) -> None:
    api = make_api(billing={"images": 1000}, plans={"free": {"included_images": 8}})
    ada = api.user()
    body = {"dataset": api.dataset(api.project(ada)), "tables": TABLES}
    assert ada("POST", "/jobs/estimate", body).json["charged_cents"] == 0
    hour = f"{api.clock():%Y-%m-%d} 00"
    UsageHour.create(user=ada.id, hour=hour, kind="images", project=0, amount=5)
    told = ada("POST", "/jobs/estimate", body).json
    assert (told["charged_cents"], told["cost_cents"]) == (2, 5)


def test_what_a_job_would_take(make_api: MakeApi) -> None:
    api = make_api(billing={"images": 1000})
    ada = api.user()
    dataset = api.dataset(api.project(ada))
    told = ada("POST", "/jobs/estimate", {"dataset": dataset, "tables": TABLES}).json
    assert (told["images"], told["based_on"], told["cost_cents"]) == (5, "usual figures", 5)
    assert told["charged_cents"] == 5
    assert told["bytes"] > told["stored_bytes"] > 0
    assert CrawlJob.select().count() == 0


def test_an_estimate_goes_by_what_was_counted_of_past_jobs(api: Api) -> None:
    """And reads no row of their ledgers, of which there may be millions."""
    ada = api.user()
    done, now = api.job(api.dataset(api.project(ada)), JobStatus.COMPLETED), api.clock()
    times = {"started_at": now - timedelta(seconds=100), "completed_at": now}
    CrawlJob.update(**times).where(CrawlJob.id == done).execute()
    for state, images, size in (("accepted", 200, 900_000), ("rejected", 100, 600_000), ("failed", 100, 0)):
        CrawlTally.create(
            job=done, day="2026-01-15", engine="met", state=state, reason="", images=images, bytes=size
        )
    told = ada("POST", "/jobs/estimate", {"tables": TABLES}).json
    assert (told["based_on"], told["jobs"], told["accepted_share"]) == ("past jobs", 1, 0.5)
    assert (told["bytes_per_image"], told["seconds_per_image"]) == (5000, 0.5)


def test_what_jobs_fetch_and_keep_is_capped(make_api: MakeApi, registry: Registry) -> None:
    api = make_api(crawl={"max_bytes": 1000, "ports": [80, 443]})
    ada = api.user()
    dataset = api.dataset(api.project(ada))
    tables = {
        **TABLES,
        "fetch": {"max_bytes": "20 MiB", "ports": [443, 8080]},
        "sources": {"save_pages": True},
    }
    row = CrawlJob.get_by_id(ada("POST", "/jobs", {"dataset": dataset, "tables": tables}).json["id"])
    run = stored_job(row, registry, over_tables(api.services.settings.crawl, row.tables))
    assert (run.fetch.max_bytes, run.fetch.ports, run.sources.save_pages) == (1000, (443,), False)
    usual = over_tables(api.services.settings.crawl, TABLES)["fetch"]
    assert (usual["max_bytes"], usual["ports"]) == (1000, [80, 443])
    tables = {**TABLES, "fetch": {"ports": [25]}}
    refused = ada("POST", "/jobs", {"dataset": dataset, "tables": tables})
    assert refused.json["error"]["details"]["field"] == "tables.fetch.ports"


@pytest.mark.parametrize("how", ["suspended", "erasing"])
def test_jobs_of_who_is_suspended_or_erasing_are_paused(api: Api, how: str) -> None:
    ada, bob, root = api.user(), api.user("bob@example.org"), api.admin()
    project = api.project(ada, editor=bob)
    hers = [api.job(api.dataset(project), status) for status in (JobStatus.QUEUED, JobStatus.RUNNING)]
    ended = api.job(api.dataset(project), JobStatus.COMPLETED)
    ordered_by_her = api.job(api.dataset(api.project(bob, "Dogs")), JobStatus.QUEUED, ordered_by=str(ada.id))
    others = api.job(api.dataset(api.project(bob, "Birds")), JobStatus.RUNNING)
    if how == "suspended":
        done = root("PATCH", f"/admin/users/{ada.id}", {"status": "suspended"})
    else:
        done = ada("POST", "/me/erasure", {"password": PASSWORD})
    assert done.status_code in (200, 202)
    for key in (*hers, ordered_by_her):
        assert bob("GET", f"/jobs/{key}").json["status"] == "paused"
        assert JobEvent.get(JobEvent.job == key).why.split()[-1] == how.replace("erasing", "erased")
    assert CrawlJob.get_by_id(ended).status == "completed"
    assert CrawlJob.get_by_id(others).status == "running"
    refused = bob("POST", f"/jobs/{hers[0]}/resume")
    assert (refused.status_code, error_code(refused)) == (403, "FORBIDDEN")
    assert bob("POST", f"/jobs/{ordered_by_her}/resume").status_code == 200
