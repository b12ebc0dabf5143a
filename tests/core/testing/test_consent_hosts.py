from __future__ import annotations

from pathlib import Path
from urllib.parse import urljoin

import pytest
from protego import Protego

from pixcrawler_core.testing.web import SimulatedWeb
from pixcrawler_core.testing.web.client import get
from pixcrawler_core.testing.web.consent import ROBOTS, TDM

PUBLIC, PRIVATE = "/photographs/a.jpg", "/private/a.jpg"


@pytest.mark.parametrize(
    ("host", "public", "private"),
    [
        ("robots-disallow-all", False, False),
        ("robots-disallow-path", True, False),
        ("robots-crawl-delay", True, False),
        ("robots-only-others", True, True),
        ("robots-our-agent", False, False),
        ("robots-huge", True, False),
        ("robots-redirecting", False, False),
        ("robots-html-instead", True, True),
        ("robots-slow", False, False),
        ("robots-latin-1", True, False),
    ],
)
def test_rules_mean_what_the_table_says(
    simulated_web: SimulatedWeb, host: str, public: bool, private: bool
) -> None:
    url = simulated_web.url("/robots.txt", host)
    reply = get(url)
    while reply.status == 301:
        url = urljoin(url, reply.headers["location"])
        reply = get(url)
    assert reply.status == 200
    rules = Protego.parse(reply.body.decode("utf-8", "replace"))
    allowed = [rules.can_fetch(simulated_web.url(path, host), "PixCrawler") for path in (PUBLIC, PRIVATE)]
    assert allowed == [public, private]


def test_our_agent_is_named_and_others_are_welcome(simulated_web: SimulatedWeb) -> None:
    rules = Protego.parse(get(simulated_web.url("/robots.txt", "robots-our-agent")).body.decode())
    assert rules.can_fetch(PUBLIC, "otherbot")


def test_crawl_delay_is_a_second(simulated_web: SimulatedWeb) -> None:
    rules = Protego.parse(get(simulated_web.url("/robots.txt", "robots-crawl-delay")).body.decode())
    assert rules.crawl_delay("PixCrawler") == 1


@pytest.mark.parametrize(
    ("host", "status"), [("robots-allowed", 404), ("robots-500", 500), ("robots-403", 403), ("photos-1", 404)]
)
def test_statuses_of_robots_txt(simulated_web: SimulatedWeb, host: str, status: int) -> None:
    assert get(simulated_web.url("/robots.txt", host)).status == status


def test_huge_is_beyond_500_kibibytes_and_latin_1_is_not_utf_8(simulated_web: SimulatedWeb) -> None:
    assert len(get(simulated_web.url("/robots.txt", "robots-huge")).body) > 500 * 1024
    with pytest.raises(UnicodeDecodeError):
        get(simulated_web.url("/robots.txt", "robots-latin-1")).body.decode()


@pytest.mark.parametrize("host", TDM)
def test_tdm_hosts_have_their_file(simulated_web: SimulatedWeb, host: str) -> None:
    reply = get(simulated_web.url("/.well-known/tdmrep.json", host))
    assert reply.json() == TDM[host]


def test_other_hosts_have_no_tdm_file(simulated_web: SimulatedWeb) -> None:
    assert get(simulated_web.url("/.well-known/tdmrep.json", "photos-1")).status == 404


@pytest.mark.parametrize("host", [*ROBOTS, *TDM])
def test_such_hosts_serve_photographs_under_both_paths(
    simulated_web: SimulatedWeb, photographs: Path, host: str
) -> None:
    key = "red-panda/red-panda-00.jpg"
    for folder in ("photographs", "private"):
        assert get(simulated_web.url(f"/{folder}/{key}", host)).body == (photographs / key).read_bytes()


def test_every_such_host_is_documented() -> None:
    page = (Path(__file__).parents[3] / "docs" / "simulated-web.md").read_text(encoding="utf-8")
    for name, host in ROBOTS.items():
        assert f"| `{name}` | {host.does} | {host.outcome} |" in page
    for name in TDM:
        assert f"`{name}`" in page
