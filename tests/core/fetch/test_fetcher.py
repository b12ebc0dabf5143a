"""The fetch stage against real servers: what is fetched, what fails, and how often it is tried."""

from __future__ import annotations

import asyncio
import gzip
import hashlib
import random
import zlib
from pathlib import Path

import pytest
from aiohttp import web

from pixcrawler_core.errors import WorkspaceError
from pixcrawler_core.fetch.fetcher import Fetched
from pixcrawler_core.records import Stage, State
from tests.core.fetch.conftest import JPEG, Open, Site


def content(fetched: Fetched) -> bytes:
    return fetched.path.read_bytes()


def files(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


async def test_original_bytes_end_in_the_blob_store(site: Site, opened: Open) -> None:
    site.serve("/a.jpg")
    fetching = await opened(contact="mailto:me@example.com")
    fetched = await fetching.fetch(site.url("/a.jpg#top"))
    assert content(fetched) == JPEG
    assert fetched.sha256 == hashlib.sha256(JPEG).hexdigest()
    assert (fetched.size, fetched.http_status, fetched.final_url) == (len(JPEG), 200, site.url("/a.jpg"))
    assert fetching.fetcher.stats == {"fetched": 1}
    assert fetching.fetcher.bytes_fetched == len(JPEG)
    sent = site.requests[-1].headers
    assert sent["User-Agent"].startswith("PixCrawler/")
    assert sent["User-Agent"].endswith("(+mailto:me@example.com)")
    assert sent["Accept-Encoding"] == "identity"
    assert "Cookie" not in sent


async def test_bodies_beyond_a_megabyte(site: Site, opened: Open) -> None:
    body = JPEG + random.Random(1).randbytes(5_000_000)
    site.serve("/big.jpg", body)
    fetching = await opened()
    fetched = await fetching.fetch(site.url("/big.jpg"), expected_sha256=hashlib.sha256(body).hexdigest())
    assert content(fetched) == body


@pytest.mark.parametrize("size", [10, 3_000_000])
async def test_unexpected_bytes_are_not_stored(site: Site, opened: Open, tmp_path: Path, size: int) -> None:
    site.serve("/a.jpg", JPEG + bytes(size))
    fetching = await opened()
    outcome = await fetching.failure(site.url(), expected_sha256="0" * 64)
    assert (outcome.reason, outcome.passing) == ("sha256-mismatch", False)
    assert not files(tmp_path)


@pytest.mark.parametrize("status", [400, 401, 403, 404, 410, 451, 204, 206, 304, 501])
async def test_final_answers_are_not_asked_twice(site: Site, opened: Open, status: int) -> None:
    site.serve("/a.jpg", b"", status=status)
    fetching = await opened()
    outcome = await fetching.failure(site.url())
    assert (outcome.state, outcome.stage, outcome.reason) == (State.FAILED, Stage.FETCH, f"http-{status}")
    assert (outcome.http_status, outcome.passing) == (status, False)
    assert site.asked("/a.jpg") == 1


@pytest.mark.parametrize("status", [408, 425, 500, 502, 504])
async def test_passing_answers_are_tried_again(site: Site, opened: Open, status: int) -> None:
    site.serve("/a.jpg", b"", status=status)
    fetching = await opened(retries=2, backoff=1)
    outcome = await fetching.failure(site.url())
    assert (outcome.reason, outcome.passing) == (f"http-{status}", True)
    assert site.asked("/a.jpg") == 3
    assert len(fetching.slept) == 2
    assert fetching.slept[0] <= 1
    assert fetching.slept[1] <= 2


async def test_success_on_the_second_try(site: Site, opened: Open) -> None:
    async def once(_: web.Request) -> web.Response:
        if site.asked("/a.jpg") == 1:
            return web.Response(status=500, headers={"Retry-After": "7"})
        return web.Response(body=JPEG)

    site.on("/a.jpg", once)
    fetching = await opened()
    assert (await fetching.fetch(site.url())).size == len(JPEG)
    assert fetching.slept == [7.0]


async def test_throttled_host_is_left_alone_for_as_long_as_it_asks(site: Site, opened: Open) -> None:
    times: list[float] = []

    async def once(_: web.Request) -> web.Response:
        times.append(asyncio.get_running_loop().time())
        if len(times) == 1:
            return web.Response(status=429, headers={"Retry-After": "1"})
        return web.Response(body=JPEG)

    site.on("/a.jpg", once)
    fetching = await opened()
    await fetching.fetch(site.url())
    assert 0.99 <= times[1] - times[0] < 1.5
    status = fetching.fetcher.hosts()["a.localhost"]
    assert (status.limit, status.delay) == (4, 0.25)


async def test_longer_retry_after_than_allowed_fails_all_of_the_host(site: Site, opened: Open) -> None:
    site.serve("/a.jpg", b"", status=503, headers={"Retry-After": "3600"})
    site.serve("/b.jpg")
    fetching = await opened(max_wait=10)
    for path in ("/a.jpg", "/b.jpg"):
        outcome = await fetching.failure(site.url(path))
        assert (outcome.reason, outcome.passing, outcome.state) == ("throttled", True, State.FAILED)
    assert site.asked("/a.jpg") == 1
    assert site.asked("/b.jpg") == 0
    assert (await fetching.fetch(site.url("/b.jpg", "b.localhost"))).size == len(JPEG)


@pytest.mark.parametrize(
    ("body", "looks"),
    [
        (b"<!DOCTYPE html><html><body>Not here</body></html>", "HTML"),
        (b'<?xml version="1.0"?>\n<svg xmlns="http://www.w3.org/2000/svg"><script/></svg>', "SVG"),
        (b"<svg onload='alert(1)'/>", "SVG"),
        (b"hotlinking is not allowed", "plain text"),
        (b'{"error": "gone"}', "JSON"),
        (b"PK\x03\x04" + bytes(100), "ZIP"),
        (b"%PDF-1.7" + bytes(100), "PDF"),
        (bytes(100), "unknown kind"),
    ],
)
async def test_what_is_no_image_is_refused(site: Site, opened: Open, body: bytes, looks: str) -> None:
    site.serve("/a.jpg", body)
    outcome = await (await opened()).failure(site.url())
    assert (outcome.reason, outcome.passing) == ("not-an-image", False)
    assert outcome.detail is not None
    assert looks in outcome.detail
    assert "image/jpeg" in outcome.detail


async def test_a_declared_type_does_not_matter_where_the_bytes_are_an_image(site: Site, opened: Open) -> None:
    site.serve("/a.jpg", JPEG, content_type="text/html")
    assert (await (await opened()).fetch(site.url())).size == len(JPEG)


async def test_reading_stops_at_once_when_it_is_no_image(site: Site, opened: Open) -> None:
    written = 0

    async def endless(request: web.Request) -> web.StreamResponse:
        nonlocal written
        response = web.StreamResponse()
        await response.prepare(request)
        for _ in range(2000):
            await response.write(b"<html>" + bytes(100_000))
            written += 100_006
        return response

    site.on("/a.jpg", endless)
    assert (await (await opened()).failure(site.url())).reason == "not-an-image"
    assert written < 50_000_000


async def test_empty_body(site: Site, opened: Open) -> None:
    site.serve("/a.jpg", b"")
    assert (await (await opened()).failure(site.url())).reason == "empty-body"


async def test_declared_size_beyond_the_limit_is_not_read(site: Site, opened: Open) -> None:
    async def huge(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Length": str(10 * 2**30)})
        await response.prepare(request)
        await asyncio.sleep(30)
        return response

    site.on("/a.jpg", huge)
    outcome = await (await opened()).failure(site.url())
    assert (outcome.reason, outcome.passing) == ("too-large", False)
    assert outcome.detail is not None
    assert "10,737,418,240" in outcome.detail


async def test_undeclared_size_is_cut_at_the_limit(site: Site, opened: Open, tmp_path: Path) -> None:
    async def endless(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        while True:
            await response.write(JPEG * 100)

    site.on("/a.jpg", endless)
    outcome = await (await opened(max_bytes="3 MiB")).failure(site.url())
    assert outcome.reason == "too-large"
    assert not files(tmp_path)


async def test_body_of_exactly_the_limit(site: Site, opened: Open) -> None:
    site.serve("/a.jpg")
    assert (await (await opened(max_bytes=len(JPEG))).fetch(site.url())).size == len(JPEG)
    assert (await (await opened(max_bytes=len(JPEG) - 1)).failure(site.url())).reason == "too-large"


@pytest.mark.parametrize("promised", [True, False])
async def test_body_cut_short(site: Site, opened: Open, *, promised: bool) -> None:
    async def cut(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Length": "100000"} if promised else {})
        await response.prepare(request)
        await response.write(JPEG)
        assert request.transport is not None
        request.transport.close()
        return response

    site.on("/a.jpg", cut)
    outcome = await (await opened(retries=1)).failure(site.url())
    assert (outcome.reason, outcome.passing) == ("truncated-body", True)
    assert site.asked("/a.jpg") == 2


@pytest.mark.parametrize(
    ("encoding", "compress"),
    [
        ("gzip", gzip.compress),
        ("x-gzip", lambda data: gzip.compress(data[:300]) + gzip.compress(data[300:])),
        ("deflate", zlib.compress),
        ("Deflate", lambda data: zlib.compress(data, wbits=-15)),
    ],
)
async def test_compressed_although_not_asked_for(
    site: Site, opened: Open, encoding: str, compress: type[bytes]
) -> None:
    site.serve("/a.jpg", compress(JPEG), headers={"Content-Encoding": encoding})
    assert content(await (await opened()).fetch(site.url())) == JPEG


async def test_gzip_bomb_stops_at_the_limit(site: Site, opened: Open, tmp_path: Path) -> None:
    site.serve("/a.jpg", gzip.compress(JPEG + bytes(20_000_000)), headers={"Content-Encoding": "gzip"})
    assert (await (await opened(max_bytes="2 MiB")).failure(site.url())).reason == "too-large"
    assert not files(tmp_path)


@pytest.mark.parametrize(
    ("encoding", "body", "reason"),
    [
        ("br", b"whatever", "unsupported-encoding"),
        ("gzip, gzip", b"whatever", "unsupported-encoding"),
        ("gzip", JPEG, "unsupported-encoding"),
        ("gzip", gzip.compress(JPEG)[:-9], "truncated-body"),
    ],
)
async def test_bad_encodings(site: Site, opened: Open, encoding: str, body: bytes, reason: str) -> None:
    site.serve("/a.jpg", body, headers={"Content-Encoding": encoding})
    assert (await (await opened(retries=0)).failure(site.url())).reason == reason


async def test_silence_and_trickle(site: Site, opened: Open) -> None:
    async def stalled(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Length": "100000"})
        await response.prepare(request)
        await response.write(JPEG)
        await asyncio.sleep(30)
        return response

    async def trickle(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Length": "100000"})
        await response.prepare(request)
        while True:
            await response.write(JPEG[:70])
            await asyncio.sleep(0.02)

    site.on("/stalled.jpg", stalled)
    site.on("/trickle.jpg", trickle)
    silent = await (await opened(retries=0, read_timeout=0.2)).failure(site.url("/stalled.jpg"))
    assert (silent.reason, silent.passing) == ("timeout", True)
    assert "silent for 0.2 s" in str(silent.detail)
    slow = await (await opened(retries=0, timeout=0.3)).failure(site.url("/trickle.jpg"))
    assert (slow.reason, slow.passing) == ("timeout", True)
    assert "longer than 0.3 s" in str(slow.detail)


async def test_reset_connection(site: Site, opened: Open) -> None:
    async def reset(request: web.Request) -> web.Response:
        assert request.transport is not None
        request.transport.abort()
        return web.Response()

    site.on("/a.jpg", reset)
    outcome = await (await opened(retries=1)).failure(site.url())
    assert (outcome.reason, outcome.passing) == ("connection", True)


async def test_host_that_cannot_be_reached_is_given_up(closed_port: int, opened: Open) -> None:
    fetching = await opened(robots=False, opt_out=False, retries=0)
    url = f"http://a.localhost:{closed_port}/a.jpg"
    reasons = [(await fetching.failure(url)).reason for _ in range(7)]
    assert reasons == ["connection"] * 5 + ["host-down"] * 2
    assert (await fetching.failure(url)).passing
    assert fetching.fetcher.hosts()["a.localhost"].down_for > 30


async def test_what_is_not_http(opened: Open) -> None:
    async def garbage(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"SSH-2.0-OpenSSH_9.2\r\n\r\n")
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(garbage, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    fetching = await opened(robots=False, opt_out=False)
    async with server:
        outcome = await fetching.failure(f"http://localhost:{port}/a.jpg")
    assert (outcome.reason, outcome.passing) == ("bad-response", False)


async def test_encrypted_connection_to_a_plain_server(site: Site, opened: Open) -> None:
    fetching = await opened(robots=False, opt_out=False)
    outcome = await fetching.failure(site.url().replace("http:", "https:"))
    assert (outcome.reason, outcome.passing) == ("tls", False)


async def test_redirects_are_followed_and_counted(site: Site, opened: Open) -> None:
    for number in range(5):
        site.redirect(f"/{number}", f"{number + 1}?x={number}", status=(301, 302, 303, 307, 308)[number])
    site.serve("/5")
    fetched = await (await opened()).fetch(site.url("/0"))
    assert fetched.final_url == site.url("/5?x=4")
    outcome = await (await opened(max_redirects=4)).failure(site.url("/0"))
    assert (outcome.reason, outcome.passing) == ("too-many-redirects", False)
    assert (await (await opened(max_redirects=0)).failure(site.url("/0"))).reason == "too-many-redirects"


async def test_all_hops_share_the_time_of_an_attempt(site: Site, opened: Open) -> None:
    async def slow(request: web.Request) -> web.Response:
        await asyncio.sleep(0.1)
        return web.Response(status=302, headers={"Location": f"/{int(request.path[1:]) + 1}"})

    for number in range(5):
        site.on(f"/{number}", slow)
    site.serve("/5")
    outcome = await (await opened(timeout=0.35, retries=0)).failure(site.url("/0"))
    assert outcome.reason == "timeout"
    assert site.asked("/4") == 0


async def test_redirect_loop(site: Site, opened: Open) -> None:
    site.redirect("/a.jpg", "/b.jpg")
    site.redirect("/b.jpg", "/a.jpg#again")
    outcome = await (await opened()).failure(site.url())
    assert (outcome.reason, outcome.passing) == ("redirect-loop", False)
    assert site.asked("/a.jpg") == 1


@pytest.mark.parametrize("target", ["file:///etc/passwd", "ftp://a.localhost/x", "", "http://[::1"])
async def test_redirects_to_what_is_not_for_us(site: Site, opened: Open, target: str) -> None:
    site.redirect("/a.jpg", target)
    outcome = await (await opened()).failure(site.url())
    assert (outcome.reason, outcome.passing, outcome.http_status) == ("bad-redirect", False, 302)


async def test_credentials_of_a_redirect_are_dropped(site: Site, opened: Open) -> None:
    site.redirect("/a.jpg", f"http://name:word@b.localhost:{site.port}/b.jpg")
    site.serve("/b.jpg")
    fetched = await (await opened()).fetch(site.url())
    assert fetched.final_url == site.url("/b.jpg", "b.localhost")
    assert "Authorization" not in site.requests[-1].headers


async def test_redirect_with_bytes_beyond_ascii(site: Site, opened: Open) -> None:
    site.redirect("/a.jpg", "/ü.jpg")
    site.serve("/ü.jpg")
    assert (await (await opened()).fetch(site.url())).final_url == site.url("/%C3%BC.jpg")


@pytest.mark.parametrize("url", ["", "no url", "ftp://a.example/x", "http://name:word@a.example/x", "data:,"])
async def test_bad_urls(opened: Open, url: str) -> None:
    outcome = await (await opened()).failure(url)
    assert (outcome.state, outcome.reason, outcome.passing) == (State.FAILED, "bad-url", False)
    assert "word" not in str(outcome.detail)


async def test_concurrency_is_bounded_per_host_and_in_all(site: Site, opened: Open) -> None:
    async def slow(_: web.Request) -> web.Response:
        await asyncio.sleep(0.02)
        return web.Response(body=JPEG)

    site.on("/a.jpg", slow)
    one = await opened(per_host=3, concurrency=10)
    await asyncio.gather(*(one.fetch(site.url()) for _ in range(20)))
    assert site.most_active == 3
    site.most_active = 0
    many = await opened(per_host=3, concurrency=4)
    await asyncio.gather(*(many.fetch(site.url(host=f"{n % 5}.localhost")) for n in range(30)))
    assert site.most_active == 4


async def test_delay_between_starts(site: Site, opened: Open) -> None:
    site.serve("/a.jpg")
    fetching = await opened(delay=0.05, robots=False, opt_out=False)
    started = asyncio.get_running_loop().time()
    await asyncio.gather(*(fetching.fetch(site.url()) for _ in range(5)))
    assert asyncio.get_running_loop().time() - started >= 0.2


async def test_slot_is_free_while_a_retry_waits(site: Site, opened: Open) -> None:
    site.serve("/b.jpg")

    async def meanwhile(_: float) -> None:
        await fetching.fetch(site.url("/b.jpg"))
        site.serve("/a.jpg")

    fetching = await opened(per_host=1, concurrency=1, sleep=meanwhile)
    site.serve("/a.jpg", b"", status=500)
    assert (await fetching.fetch(site.url())).size == len(JPEG)


async def test_full_disk_ends_the_run_and_not_only_an_image(site: Site, opened: Open, tmp_path: Path) -> None:
    site.serve("/a.jpg")
    fetching = await opened()
    (tmp_path / "blobs").write_text("in the way")
    with pytest.raises(WorkspaceError):
        await fetching.fetch(site.url())


async def test_cancelled_fetches_leave_nothing_behind(site: Site, opened: Open, tmp_path: Path) -> None:
    async def slow(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        for _ in range(300):
            await response.write(JPEG * 20)
            await asyncio.sleep(0.001)
        return response

    site.on("/a.jpg", slow)
    fetching = await opened()
    tasks = [asyncio.create_task(fetching.fetch(site.url())) for _ in range(12)]
    await asyncio.sleep(0.3)
    for task in tasks:
        task.cancel()
    results = await asyncio.gather(*tasks, return_exceptions=True)
    assert all(isinstance(result, asyncio.CancelledError) for result in results)
    assert not files(tmp_path / "blobs" / "tmp")
    status = fetching.fetcher.hosts()["a.localhost"]
    assert (status.active, status.waiting) == (0, 0)
    site.serve("/b.jpg")
    assert (await fetching.fetch(site.url("/b.jpg"))).size == len(JPEG)
