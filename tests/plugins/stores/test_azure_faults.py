"""What `azure` does when the network or the service fails."""

from __future__ import annotations

import hashlib
import time
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from logging import getLogger
from pathlib import Path

import pytest

from pixcrawler_core.storage.errors import ObjectDamaged, StoreError, StoreRefused, StoreUnavailable
from tests.plugins.stores.azure_stores import filed, new_container, opened, read
from tests.plugins.stores.azurite import KEY, connection_string
from tests.plugins.stores.conftest import Spoilt
from tests.plugins.stores.proxy import Asked, Fault, Reply


def once(reply: Reply | int, method: str = "PUT", within: str = "") -> Fault:
    """A fault that befalls the first request of a kind."""
    left = [reply]

    def fault(asked: Asked) -> Reply | int | None:
        fits = asked.method == method and within in asked.target
        return left.pop() if left and fits else None

    return fault


def test_a_connection_cut_in_a_block_is_taken_up(spoilt: Spoilt, tmp_path: Path) -> None:
    path = filed(tmp_path, 3.5)
    with opened(spoilt.login) as store:
        spoilt.proxy.fault = once(300_000, within="comp=block&")
        stat = store.put("a", path)
        assert stat.sha256 == hashlib.sha256(path.read_bytes()).hexdigest()
        assert read(store, "a") == path.read_bytes()
        assert spoilt.proxy.count("PUT", "comp=block&") == 5


def test_a_connection_cut_in_an_answer_is_taken_up(spoilt: Spoilt, tmp_path: Path) -> None:
    path = filed(tmp_path, 2.5)
    cut = [100_000]

    def change(asked: Asked, reply: Reply) -> None:
        if asked.method == "GET" and len(reply.body) > 500_000 and cut:
            reply.cut = cut.pop()

    with opened(spoilt.login) as store:
        store.put("a", path)
        spoilt.proxy.change = change
        assert read(store, "a") == path.read_bytes()
        assert not cut


@pytest.mark.parametrize(("status", "dated"), [(429, False), (503, False), (503, True)])
def test_a_throttled_request_waits_as_long_as_it_is_asked_to(
    spoilt: Spoilt, tmp_path: Path, status: int, dated: bool
) -> None:
    """In seconds, or until a date, which has no fractions."""
    path = filed(tmp_path, 0.1)
    with opened(spoilt.login) as store:
        store.put("a", path)
        until = format_datetime(datetime.now(UTC) + timedelta(seconds=2), usegmt=True)
        busy = Reply(status, {"Retry-After": until if dated else "1", "x-ms-error-code": "ServerBusy"})
        spoilt.proxy.fault = once(busy, "HEAD")
        began = time.monotonic()
        assert store.stat("a")
        assert 0.9 <= time.monotonic() - began < 3


@pytest.mark.parametrize(("status", "code"), [(429, "TooManyRequests"), (503, "ServerBusy"), (500, "")])
def test_throttling_without_end_is_told(spoilt: Spoilt, tmp_path: Path, status: int, code: str) -> None:
    spoilt.proxy.fault = lambda _: Reply(status, {"Retry-After": "0", "x-ms-error-code": code})
    with opened(spoilt.login, create_container=False, retries=2) as store:
        with pytest.raises(StoreUnavailable, match=f"HTTP {status}.*try again later"):
            store.put("a", filed(tmp_path, 0.1))
        assert spoilt.proxy.count("PUT") == 3


def test_a_store_that_is_not_reached_is_told() -> None:
    with (
        opened(connection_string("http://127.0.0.1:9"), create_container=False, retries=0) as store,
        pytest.raises(StoreUnavailable, match=r"127\.0\.0\.1 does not answer"),
    ):
        store.stat("a")


def test_a_store_that_keeps_silent_is_told(spoilt: Spoilt) -> None:
    def silent(_: Asked) -> None:
        time.sleep(0.6)

    spoilt.proxy.fault = silent
    with (
        opened(spoilt.login, create_container=False, retries=0, timeout=0.2) as store,
        pytest.raises(StoreUnavailable, match="does not answer"),
    ):
        store.stat("a")


def test_a_wrong_key_is_refused(azure_address: str, tmp_path: Path) -> None:
    wrong = KEY.replace("E", "F", 1)
    with opened(connection_string(azure_address, wrong), create_container=False) as store:
        for ask in (
            lambda: store.stat("a"),
            lambda: list(store.list()),
            lambda: store.put("a", filed(tmp_path, 0.1)),
            lambda: store.put("a", filed(tmp_path, 2)),
            lambda: store.delete(["a"]),
        ):
            with pytest.raises(StoreRefused, match="check the secret") as caught:
                ask()
            assert wrong not in str(caught.value)
            assert caught.value.__cause__ is None


def test_a_clock_that_is_wrong_is_told(spoilt: Spoilt, azure_address: str) -> None:
    """Azure refuses what is signed too early or too late; the date of its answer tells why."""
    late = format_datetime(datetime.now(UTC) + timedelta(minutes=40), usegmt=True)
    refusal = {"Date": late, "x-ms-error-code": "AuthenticationFailed"}
    spoilt.proxy.fault = lambda _: Reply(403, refusal)
    with (
        opened(spoilt.login, create_container=False) as store,
        pytest.raises(StoreRefused, match="40 minutes apart; set the clock"),
    ):
        store.stat("a")


def test_a_container_that_is_not_there_is_named(azure_address: str, tmp_path: Path) -> None:
    name = new_container()
    with opened(connection_string(azure_address), container=name, create_container=False) as store:
        for ask in (
            lambda: store.stat("a"),
            lambda: list(store.list()),
            lambda: store.put("a", filed(tmp_path, 0.1)),
            lambda: store.put("a", filed(tmp_path, 2)),
            lambda: store.delete(["a"]),
            lambda: read(store, "a"),
        ):
            with pytest.raises(StoreRefused, match=f"{name}.*create_container = true"):
                ask()


def test_bytes_that_change_on_the_way_are_found(spoilt: Spoilt, tmp_path: Path) -> None:
    """A read of the whole by its SHA-256, a read of a part by Azure's MD5, whichever range it is."""

    spared = [0]

    def change(asked: Asked, reply: Reply) -> None:
        if asked.method == "GET" and spoilt.proxy.count("GET") > spared[0]:
            reply.body = bytes((reply.body[0] ^ 1,)) + reply.body[1:]

    with opened(spoilt.login, retries=1) as store:
        store.put("a", filed(tmp_path, 2.5))
        spoilt.proxy.change = change
        for spared[0] in (0, 1):
            for part in ((0, None), (10, 2_000_000)):
                spoilt.proxy.asked.clear()
                with pytest.raises(ObjectDamaged, match="'a'"):
                    read(store, "a", *part)


def test_a_block_that_changes_on_the_way_is_not_kept(spoilt: Spoilt, tmp_path: Path) -> None:
    """The service proves the MD5 that is sent with it; Azurite has another code for that than Azure."""
    with opened(spoilt.login, retries=0) as store:
        spoilt.proxy.spoil_body = True
        for mib in (0.5, 2.5):
            with pytest.raises(StoreError, match="'a'"):
                store.put("a", filed(tmp_path, mib))
        spoilt.proxy.spoil_body = False
        assert store.stat("a") is None


def test_an_object_that_is_replaced_while_it_is_read(spoilt: Spoilt, tmp_path: Path) -> None:
    """Is read anew if it is small; parts of two are never mixed."""
    old, new = filed(tmp_path, 2.5), filed(tmp_path, 2.5, "new")
    large = filed(tmp_path, 8.5, "large")
    with opened(spoilt.login, concurrency=2) as store:
        store.put("a", old)
        store.put("large", large)
        seen: list[int] = []

        def change(asked: Asked, reply: Reply) -> None:
            if asked.method == "GET" and not seen:
                seen.append(1)
                store.put("a", new)
                store.put("large", new)

        spoilt.proxy.change = change
        assert read(store, "a") == new.read_bytes()
        store.put("large", large)
        seen.clear()
        with pytest.raises(StoreUnavailable, match="replaced meanwhile"):
            read(store, "large")


def test_no_redirect_is_followed(spoilt: Spoilt) -> None:
    """It would be given the login, too."""
    spoilt.proxy.fault = lambda asked: Reply(307, {"Location": f"{spoilt.address}/elsewhere"})
    with opened(spoilt.login, create_container=False) as store:
        for ask in (lambda: store.stat("a"), lambda: list(store.list())):
            with pytest.raises(StoreRefused, match="HTTP 307"):
                ask()
    assert not spoilt.proxy.count("GET", "elsewhere") + spoilt.proxy.count("HEAD", "elsewhere")


def test_no_secret_is_told(
    spoilt: Spoilt, tmp_path: Path, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    """Neither in logs of any level, nor in errors, nor by what is made of the options."""
    caplog.set_level("DEBUG")
    with opened(spoilt.login, retries=0) as store:
        store.put("a", filed(tmp_path, 0.1))
        spoilt.proxy.fault = lambda _: 0
        with pytest.raises(StoreUnavailable) as caught:
            store.copy("a", "b")
        url = store.url
        spoilt.proxy.reset()
        signature = url("a", timedelta(minutes=5)).rpartition("sig=")[2]
    getLogger("any").error("with %s", KEY)
    told = caplog.text + repr(caught.value) + repr(store) + "".join(capfd.readouterr())
    assert "urllib3" in told
    assert KEY not in told
    assert signature not in told
