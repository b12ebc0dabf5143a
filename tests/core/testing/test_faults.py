from __future__ import annotations

import io
import time
import zipfile
import zlib
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any

import pytest
from PIL import Image, UnidentifiedImageError

from pixcrawler_core.testing.web import SimulatedWeb
from pixcrawler_core.testing.web.client import Reply, get, raw
from pixcrawler_core.testing.web.faults import FAULTS

KEY = "lighthouse/lighthouse-03.jpg"
GIBIBYTE = 1 << 30


@pytest.fixture
def original(photographs: Path) -> bytes:
    return (photographs / KEY).read_bytes()


def fetch(web: SimulatedWeb, kind: str, argument: int | None = None) -> Reply:
    return get(web.fault_url(kind, KEY, argument))


def last_record(web: SimulatedWeb) -> dict[str, Any]:
    """The newest line of the log once its request has ended."""
    for _ in range(200):
        record = web.log()[-1]
        if record["ended"] is not None:
            return record
        time.sleep(0.01)
    raise AssertionError(f"{record} did not end")


def decode(body: bytes) -> Image.Image:
    with Image.open(io.BytesIO(body)) as image:
        image.load()
        return image


@pytest.mark.parametrize("kind", ["ok", "noai", "other-agent-noai"])
def test_whole_photograph_comes(simulated_web: SimulatedWeb, original: bytes, kind: str) -> None:
    assert fetch(simulated_web, kind).body == original
    record = last_record(simulated_web)
    assert (record["status"], record["sent"], record["completed"]) == (200, len(original), True)


def test_slow_takes_its_time(simulated_web: SimulatedWeb, original: bytes) -> None:
    started = time.monotonic()
    assert fetch(simulated_web, "slow").body == original
    assert time.monotonic() - started > 1.3
    assert last_record(simulated_web)["completed"]


@pytest.mark.parametrize(("kind", "end"), [("truncated", "closed"), ("stalled", "silent")])
def test_half_a_body_comes(simulated_web: SimulatedWeb, original: bytes, kind: str, end: str) -> None:
    received, how = raw(simulated_web.fault_url(kind, KEY), timeout=0.5)
    head, _, body = received.partition(b"\r\n\r\n")
    assert how == end
    assert f"content-length: {len(original)}".encode() in head.lower()
    assert body == original[: len(original) // 2]
    record = last_record(simulated_web)
    assert (record["status"], record["sent"], record["completed"]) == (200, len(original) // 2, False)


def test_reset_is_a_reset_without_a_status(simulated_web: SimulatedWeb) -> None:
    assert raw(simulated_web.fault_url("reset", KEY)) == (b"", "reset")
    record = last_record(simulated_web)
    assert (record["status"], record["completed"]) == (0, False)


@pytest.mark.parametrize(
    ("kind", "content_type", "error"),
    [
        ("cut", "image/jpeg", OSError),
        ("corrupt", "image/jpeg", OSError),
        ("html", "image/jpeg", UnidentifiedImageError),
        ("empty", "image/jpeg", UnidentifiedImageError),
        ("zip", "image/jpeg", UnidentifiedImageError),
        ("polyglot", "image/gif", UnidentifiedImageError),
        ("svg", "image/svg+xml", UnidentifiedImageError),
        ("bomb", "image/png", Image.DecompressionBombError),
    ],
)
def test_undecodable_files(
    simulated_web: SimulatedWeb, kind: str, content_type: str, error: type[Exception]
) -> None:
    reply = fetch(simulated_web, kind)
    assert (reply.status, reply.headers["content-type"].partition(";")[0]) == (200, content_type)
    with pytest.raises(error):
        decode(reply.body)


def test_corrupt_has_a_sound_header_and_the_old_length(simulated_web: SimulatedWeb, original: bytes) -> None:
    body = fetch(simulated_web, "corrupt").body
    assert len(body) == len(original)
    with Image.open(io.BytesIO(body)) as image:
        assert image.size == (640, 480)


def test_archive_and_polyglot_carry_their_load(simulated_web: SimulatedWeb, original: bytes) -> None:
    with zipfile.ZipFile(io.BytesIO(fetch(simulated_web, "zip").body)) as archive:
        assert archive.read("photograph.jpg") == original
    polyglot = fetch(simulated_web, "polyglot").body
    assert polyglot.startswith(b"GIF89a")
    assert b"<html><script>" in polyglot
    assert b"<script>" in fetch(simulated_web, "svg").body


def test_decodable_but_unwanted_files(simulated_web: SimulatedWeb, original: bytes) -> None:
    with Image.open(io.BytesIO(fetch(simulated_web, "animated").body)) as gif:
        assert (gif.format, getattr(gif, "n_frames", 1)) == ("GIF", 3)
    assert decode(fetch(simulated_web, "tiny").body).size == (96, 96)
    again = fetch(simulated_web, "recompressed").body
    assert again != original
    assert decode(again).size == (640, 480)


def test_wrong_type_and_duplicates_are_the_photograph(simulated_web: SimulatedWeb, original: bytes) -> None:
    reply = fetch(simulated_web, "wrong-type")
    assert reply.headers["content-type"].startswith("text/html")
    assert reply.body == original
    assert fetch(simulated_web, "duplicate", 1).body == fetch(simulated_web, "duplicate", 2).body == original


def test_png_bomb_is_small_and_declares_3_6_gigapixels(simulated_web: SimulatedWeb) -> None:
    body = fetch(simulated_web, "bomb").body
    assert 1_024 < len(body) < 4_000
    assert (int.from_bytes(body[16:20], "big"), int.from_bytes(body[20:24], "big")) == (60_000, 60_000)


def test_gzip_bomb_unpacks_to_a_gibibyte(simulated_web: SimulatedWeb) -> None:
    reply = fetch(simulated_web, "gzip-bomb")
    assert reply.headers["content-encoding"] == "gzip"
    assert len(reply.body) < 2_000_000
    assert int.from_bytes(reply.body[-4:], "little") == GIBIBYTE
    unpacked = zlib.decompressobj(wbits=31).decompress(reply.body, 1 << 26)
    assert unpacked == bytes(1 << 26)


def test_huge_declared_stops_when_the_client_hangs_up(simulated_web: SimulatedWeb) -> None:
    received, how = raw(simulated_web.fault_url("huge-declared", KEY), limit=100)
    assert how == "limit"
    assert f"Content-Length: {10 * GIBIBYTE}".encode() in received
    record = last_record(simulated_web)
    assert (record["completed"], record["sent"] < GIBIBYTE) == (False, True)


def test_huge_undeclared_goes_on_without_a_length(simulated_web: SimulatedWeb) -> None:
    received, how = raw(simulated_web.fault_url("huge-undeclared", KEY), limit=20_000_000)
    assert (how, b"content-length" in received[:500].lower()) == ("limit", False)
    record = last_record(simulated_web)
    assert (record["completed"], record["sent"] >= 19_000_000) == (False, True)


@pytest.mark.parametrize(
    ("kind", "location"),
    [
        ("redirect-private", "http://10.0.0.1/a.jpg"),
        ("redirect-metadata", "http://169.254.169.254/latest/meta-data/"),
        ("redirect-file", "file:///etc/passwd"),
        ("redirect-ftp", "ftp://ftp.localhost/a.jpg"),
        ("redirect-loop", f"/fault/redirect-loop/{KEY}"),
    ],
)
def test_redirects_lead_where_they_should_not(simulated_web: SimulatedWeb, kind: str, location: str) -> None:
    reply = fetch(simulated_web, kind)
    assert (reply.status, reply.headers["location"]) == (302, location)


def test_redirect_leads_to_the_photograph_on_another_host(
    simulated_web: SimulatedWeb, original: bytes
) -> None:
    location = fetch(simulated_web, "redirect").headers["location"]
    assert location == simulated_web.photograph_url(KEY)
    assert get(location).body == original


def test_redirect_chain_has_the_asked_length(simulated_web: SimulatedWeb, original: bytes) -> None:
    reply = fetch(simulated_web, "redirect-chain", 3)
    hops = 0
    while reply.status == 302:
        hops += 1
        reply = get(simulated_web.url(reply.headers["location"], "faulty-1"))
    assert (hops, reply.body) == (3, original)


@pytest.mark.parametrize("kind", ["404", "410", "403", "500"])
def test_plain_error_statuses(simulated_web: SimulatedWeb, kind: str) -> None:
    assert [fetch(simulated_web, kind).status for _ in range(2)] == [int(kind)] * 2


@pytest.mark.parametrize(
    ("kind", "statuses"), [("429", [429, 200]), ("500-once", [500, 200]), ("429-forever", [429, 429])]
)
def test_errors_that_pass_and_that_stay(simulated_web: SimulatedWeb, kind: str, statuses: list[int]) -> None:
    assert [fetch(simulated_web, kind).status for _ in range(2)] == statuses
    simulated_web.reset()
    assert fetch(simulated_web, kind).status == statuses[0]


def test_429_asks_for_a_second(simulated_web: SimulatedWeb) -> None:
    assert fetch(simulated_web, "429").headers["retry-after"] == "1"


def test_503_names_a_date_just_ahead(simulated_web: SimulatedWeb) -> None:
    reply = fetch(simulated_web, "503")
    wait = parsedate_to_datetime(reply.headers["retry-after"]) - datetime.now(UTC)
    assert reply.status == 503
    assert 0 < wait.total_seconds() <= 2


@pytest.mark.parametrize(
    ("kind", "name", "value"),
    [
        ("noai", "x-robots-tag", "noai"),
        ("noimageai", "x-robots-tag", "noimageai"),
        ("noindex", "x-robots-tag", "noindex"),
        ("noimageindex", "x-robots-tag", "noimageindex"),
        ("agent-noai", "x-robots-tag", "pixcrawler: noai"),
        ("other-agent-noai", "x-robots-tag", "otherbot: noai"),
        ("tdm-reserved", "tdm-reservation", "1"),
    ],
)
def test_opt_out_headers(simulated_web: SimulatedWeb, kind: str, name: str, value: str) -> None:
    assert fetch(simulated_web, kind).headers[name] == value


def test_log_tells_that_a_client_left_at_the_headers(simulated_web: SimulatedWeb) -> None:
    raw(simulated_web.fault_url("noai", KEY), limit=10)
    record = last_record(simulated_web)
    assert (record["sent"], record["completed"]) == (0, False)


@pytest.mark.parametrize(
    "path", ["/fault/unknown/x", f"/fault/redirect-chain/many/{KEY}", "/fault/ok/nobody.jpg", "/fault"]
)
def test_what_does_not_exist_is_not_found(simulated_web: SimulatedWeb, path: str) -> None:
    assert get(simulated_web.url(path)).status == 404


@pytest.mark.parametrize("kind", ["ok", "noai", "truncated"])
def test_head_gets_no_body(simulated_web: SimulatedWeb, kind: str) -> None:
    reply = get(simulated_web.fault_url(kind, KEY), method="HEAD")
    assert (reply.status, reply.body) == (200, b"")


def test_every_fault_is_documented() -> None:
    page = (Path(__file__).parents[3] / "docs" / "simulated-web.md").read_text(encoding="utf-8")
    for kind, fault in FAULTS.items():
        assert f"| `{kind}` | {fault.does} | {fault.outcome} |" in page
