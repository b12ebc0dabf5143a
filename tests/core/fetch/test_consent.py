"""The consent gate against real servers: who is asked, what is obeyed, and what evidence is kept."""

from __future__ import annotations

import asyncio
import json

import pytest
from aiohttp import web

from pixcrawler_core.fetch.policies import FRESH_FOR, MemoryPolicies
from pixcrawler_core.fetch.rules import UNREACHABLE_FOR
from pixcrawler_core.records import Outcome, Stage, State
from tests.core.fetch.conftest import JPEG, Open, Site

TDMREP = "/.well-known/tdmrep.json"


def refused(outcome: Outcome) -> str | None:
    assert (outcome.state, outcome.stage, outcome.passing) == (State.REFUSED, Stage.CONSENT, False)
    assert outcome.detail
    return outcome.reason


async def test_evidence_where_a_site_says_nothing(site: Site, opened: Open) -> None:
    site.serve("/a.jpg")
    fetched = await (await opened(clock=lambda: 1_700_000_000.5)).fetch(site.url())
    assert fetched.consent == {
        "robots_txt": "none",
        "x_robots_tag": None,
        "tdm_reservation": None,
        "tdm_policy": None,
        "checked_at": "2023-11-14T22:13:20+00:00",
        "user_agent": "PixCrawler/0.1.0",
    }
    assert json.loads(json.dumps(fetched.consent)) == fetched.consent
    assert [request.path for request in site.requests] == ["/robots.txt", TDMREP, "/a.jpg"]


async def test_sites_are_asked_once_for_many_images(site: Site, opened: Open) -> None:
    async def slow(_: web.Request) -> web.Response:
        await asyncio.sleep(0.05)
        return web.Response(text="User-agent: *\nAllow: /")

    site.on("/robots.txt", slow)
    site.serve("/a.jpg")
    fetching = await opened()
    all_fetched = await asyncio.gather(*(fetching.fetch(site.url(f"/a.jpg?{n}")) for n in range(20)))
    assert {fetched.consent["robots_txt"] for fetched in all_fetched} == {"allowed"}
    assert (site.asked("/robots.txt"), site.asked(TDMREP)) == (1, 1)


async def test_cancelling_one_candidate_does_not_stop_the_question_for_others(
    site: Site, opened: Open
) -> None:
    async def slow(_: web.Request) -> web.Response:
        await asyncio.sleep(0.1)
        return web.Response(text="")

    site.on("/robots.txt", slow)
    site.serve("/a.jpg")
    fetching = await opened()
    first = asyncio.create_task(fetching.fetch(site.url()))
    second = asyncio.create_task(fetching.fetch(site.url()))
    await asyncio.sleep(0.05)
    first.cancel()
    assert (await second).size == len(JPEG)
    assert site.asked("/robots.txt") == 1


async def test_disallowed_images_are_not_asked_for(site: Site, opened: Open) -> None:
    site.serve("/robots.txt", "User-agent: *\nDisallow: /private/\nAllow: /private/open\n")
    site.serve("/private/a.jpg")
    site.serve("/private/open.jpg")
    fetching = await opened()
    outcome = await fetching.failure(site.url("/private/a.jpg"))
    assert refused(outcome) == "robots"
    assert outcome.consent is not None
    assert outcome.consent["robots_txt"] == "disallowed"
    assert outcome.consent["checked_at"]
    assert outcome.final_url == site.url("/private/a.jpg")
    assert site.asked("/private/a.jpg") == 0
    assert (await fetching.fetch(site.url("/private/open.jpg"))).consent["robots_txt"] == "allowed"


async def test_robots_can_be_left_unasked(site: Site, opened: Open) -> None:
    site.serve("/robots.txt", "User-agent: *\nDisallow: /")
    site.serve("/a.jpg")
    fetched = await (await opened(robots=False)).fetch(site.url())
    assert fetched.consent["robots_txt"] == "not asked"
    assert site.asked("/robots.txt") == 0


async def test_opt_outs_can_be_left_unasked(site: Site, opened: Open) -> None:
    site.serve(TDMREP, '[{"location": "/", "tdm-reservation": 1}]')
    site.serve("/a.jpg", headers={"X-Robots-Tag": "noai", "tdm-reservation": "1"})
    fetched = await (await opened(opt_out=False)).fetch(site.url())
    assert fetched.consent["x_robots_tag"] == "not asked"
    assert fetched.consent["tdm_reservation"] == "not asked"
    assert site.asked(TDMREP) == 0


@pytest.mark.parametrize("status", [400, 401, 403, 404, 410])
async def test_unavailable_robots_means_allowed(site: Site, opened: Open, status: int) -> None:
    site.serve("/robots.txt", b"User-agent: *\nDisallow: /", status=status)
    site.serve("/a.jpg")
    assert (await (await opened()).fetch(site.url())).consent["robots_txt"] == "none"


@pytest.mark.parametrize("status", [429, 500, 599])
async def test_unreachable_robots_means_disallowed_for_now(site: Site, opened: Open, status: int) -> None:
    now = [1000.0]
    site.serve("/robots.txt", b"", status=status)
    site.serve("/a.jpg")
    fetching = await opened(retries=1, clock=lambda: now[0])
    outcome = await fetching.failure(site.url())
    assert (outcome.state, outcome.reason, outcome.passing) == (State.FAILED, "robots-unreachable", True)
    assert site.asked("/a.jpg") == 0
    asked = site.asked("/robots.txt")
    assert (await fetching.failure(site.url())).reason == "robots-unreachable"
    assert site.asked("/robots.txt") == asked
    site.serve("/robots.txt", "")
    now[0] += UNREACHABLE_FOR
    assert (await fetching.fetch(site.url())).consent["robots_txt"] == "none"


async def test_robots_out_of_reach(opened: Open, closed_port: int) -> None:
    outcome = await (await opened(retries=0)).failure(f"http://a.localhost:{closed_port}/a.jpg")
    assert (outcome.reason, outcome.passing) == ("robots-unreachable", True)
    assert "Connection refused" in str(outcome.detail)


async def test_slow_robots_is_out_of_reach(site: Site, opened: Open) -> None:
    async def slow(_: web.Request) -> web.Response:
        await asyncio.sleep(30)
        return web.Response()

    site.on("/robots.txt", slow)
    outcome = await (await opened(retries=0, read_timeout=0.1)).failure(site.url())
    assert outcome.reason == "robots-unreachable"


@pytest.mark.parametrize(("hops", "expected"), [(5, "disallowed"), (6, "none")])
async def test_redirected_robots(site: Site, opened: Open, hops: int, expected: str) -> None:
    for hop in range(hops):
        path = f"/robots{hop}.txt" if hop else "/robots.txt"
        site.redirect(path, f"http://other{hop}.localhost:{site.port}/robots{hop + 1}.txt")
    site.serve(f"/robots{hops}.txt", "User-agent: *\nDisallow: /")
    site.serve("/a.jpg")
    fetching = await opened()
    if expected == "none":
        assert (await fetching.fetch(site.url())).consent["robots_txt"] == "none"
    else:
        assert refused(await fetching.failure(site.url())) == "robots"


async def test_robots_is_read_to_500_kib_only(site: Site, opened: Open) -> None:
    padding = "# padding line of a robots.txt\n" * (500 * 1024 // 31)
    site.serve("/robots.txt", f"User-agent: *\nDisallow: /early\n{padding}\nDisallow: /late\n")
    site.serve("/late.jpg")
    fetching = await opened()
    assert (await fetching.fetch(site.url("/late.jpg"))).consent["robots_txt"] == "allowed"
    assert refused(await fetching.failure(site.url("/early.jpg"))) == "robots"


async def test_crawl_delay_spaces_requests(site: Site, opened: Open) -> None:
    site.serve("/robots.txt", "User-agent: *\nCrawl-delay: 0.1\n")
    site.serve("/a.jpg")
    fetching = await opened(opt_out=False)
    await fetching.fetch(site.url())
    started = asyncio.get_running_loop().time()
    await asyncio.gather(*(fetching.fetch(site.url()) for _ in range(3)))
    assert asyncio.get_running_loop().time() - started >= 0.28
    assert fetching.fetcher.hosts()["a.localhost"].delay == 0.1


async def test_rules_are_kept_for_a_day_across_runs(site: Site, opened: Open) -> None:
    now = [1000.0]
    policies = MemoryPolicies()
    site.serve("/robots.txt", "User-agent: *\nDisallow: /private/")
    site.serve(TDMREP, '[{"location": "/reserved/", "tdm-reservation": 1}]')
    site.serve("/a.jpg")
    for _ in range(2):
        fetching = await opened(policies, clock=lambda: now[0])
        await fetching.fetch(site.url())
        assert refused(await fetching.failure(site.url("/private/a.jpg"))) == "robots"
        assert refused(await fetching.failure(site.url("/reserved/a.jpg"))) == "tdm-reservation"
    assert (site.asked("/robots.txt"), site.asked(TDMREP)) == (1, 1)
    kept = await policies.get(f"http://a.localhost:{site.port}")
    assert json.loads(json.dumps(kept)) == kept
    now[0] += FRESH_FOR
    await fetching.fetch(site.url())
    assert (site.asked("/robots.txt"), site.asked(TDMREP)) == (2, 2)


@pytest.mark.parametrize(
    ("headers", "reason"),
    [
        ([("X-Robots-Tag", "noai")], "x-robots-tag"),
        ([("x-robots-tag", "all"), ("X-Robots-Tag", "nosnippet, NoImageAI")], "x-robots-tag"),
        ([("X-Robots-Tag", "pixcrawler: noindex")], "x-robots-tag"),
        ([("X-Robots-Tag", "none")], "x-robots-tag"),
        ([("tdm-reservation", "1")], "tdm-reservation"),
        ([("TDM-Reservation", " 1 "), ("tdm-policy", "https://a.example/terms")], "tdm-reservation"),
        ([("X-Robots-Tag", "googlebot: noindex")], None),
        ([("X-Robots-Tag", "unavailable_after: 25 Jun 2010 15:00:00 PST, nosnippet")], None),
        ([("tdm-reservation", "0")], None),
        ([("tdm-reservation", "2")], None),
    ],
)
async def test_headers_are_judged_before_the_body(
    site: Site, opened: Open, headers: list[tuple[str, str]], reason: str | None
) -> None:
    async def answer(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        for name, value in headers:
            response.headers.add(name, value)
        await response.prepare(request)
        if reason is None:
            await response.write(JPEG)
            await response.write_eof()
        else:
            await asyncio.sleep(30)
        return response

    site.on("/a.jpg", answer)
    fetching = await opened(read_timeout=1, retries=0)
    if reason is None:
        await fetching.fetch(site.url())
        return
    outcome = await fetching.failure(site.url())
    assert refused(outcome) == reason
    assert outcome.consent is not None
    if reason == "x-robots-tag":
        assert outcome.consent["x_robots_tag"] == ", ".join(value for _, value in headers)
    else:
        assert outcome.consent["tdm_reservation"] == 1
        assert outcome.consent["tdm_policy"] == dict(headers).get("tdm-policy")


async def test_an_opt_out_on_a_redirect_counts(site: Site, opened: Open) -> None:
    site.serve("/a.jpg", b"", status=302, headers={"Location": "/b.jpg", "X-Robots-Tag": "noai"})
    site.serve("/b.jpg")
    assert refused(await (await opened()).failure(site.url())) == "x-robots-tag"
    assert site.asked("/b.jpg") == 0


async def test_every_hop_needs_consent(site: Site, opened: Open) -> None:
    site.redirect("/a.jpg", site.url("/b.jpg", "closed.localhost"))
    site.serve("/robots.txt", "User-agent: *\nDisallow: /", host="closed.localhost")
    site.serve("/b.jpg")
    outcome = await (await opened()).failure(site.url())
    assert refused(outcome) == "robots"
    assert outcome.final_url == site.url("/b.jpg", "closed.localhost")
    assert site.asked("/b.jpg") == 0


async def test_tdmrep_file(site: Site, opened: Open) -> None:
    rules = [
        {"location": "/open/", "tdm-reservation": 0},
        {"location": "/", "tdm-reservation": 1, "tdm-policy": "https://a.example/terms"},
    ]
    site.serve(TDMREP, json.dumps(rules))
    site.serve("/open/a.jpg")
    site.serve("/open/reserved.jpg", headers={"tdm-reservation": "1"})
    fetching = await opened()
    assert (await fetching.fetch(site.url("/open/a.jpg"))).consent["tdm_reservation"] == 0
    assert refused(await fetching.failure(site.url("/open/reserved.jpg"))) == "tdm-reservation"
    outcome = await fetching.failure(site.url())
    assert refused(outcome) == "tdm-reservation"
    assert outcome.consent is not None
    assert outcome.consent["tdm_policy"] == "https://a.example/terms"
    assert "https://a.example/terms" in str(outcome.detail)
    assert site.asked("/a.jpg") == 0


@pytest.mark.parametrize("status", [200, 403, 500])
async def test_unreadable_tdmrep_means_no_reservation(site: Site, opened: Open, status: int) -> None:
    site.serve(TDMREP, "<html>welcome</html>", status=status)
    site.serve("/a.jpg")
    assert (await (await opened(retries=0)).fetch(site.url())).consent["tdm_reservation"] is None


async def test_own_product_token_counts_too(site: Site, opened: Open) -> None:
    site.serve("/robots.txt", "User-agent: MyLab\nDisallow: /")
    site.serve("/a.jpg")
    assert refused(await (await opened(user_agent="MyLab/2.0")).failure(site.url())) == "robots"
    assert (await (await opened()).fetch(site.url())).consent["robots_txt"] == "allowed"
