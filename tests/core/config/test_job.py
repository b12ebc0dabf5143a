from __future__ import annotations

import ipaddress
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import SecretStr, ValidationError

from pixcrawler_core.config.job import Category, FetchOptions, Job, JobFile
from pixcrawler_core.config.problems import OptionsError, parse_options
from pixcrawler_core.config.sources import DEFAULT_ENGINES


def job(**tables: Any) -> Job:
    return Job(folder=Path("/jobs"), **dict(parse_options(JobFile, tables, "job")))


def fetch(**table: Any) -> FetchOptions:
    return parse_options(FetchOptions, table, "[fetch]")


def wrong(**table: Any) -> str:
    with pytest.raises(OptionsError) as caught:
        fetch(**table)
    return str(caught.value)


def test_keywords_become_categories_of_a_hundred_images() -> None:
    made = job(job={"name": "Wild Cats!", "keywords": ["Red Panda", "lynx"]})
    assert made.slug == "wild-cats"
    assert made.categories == (
        Category(name="Red Panda", keywords=("Red Panda",), max_images=100),
        Category(name="lynx", keywords=("lynx",), max_images=100),
    )
    assert made.categories[0].slug == "red-panda"
    assert made.engines == DEFAULT_ENGINES
    assert made.job.validation == "fast"


def test_categories_keep_their_number_or_take_the_jobs() -> None:
    named = [{"name": "a", "keywords": ["x", "y"], "max_images": 5}, {"name": "b", "keywords": ["z"]}]
    made = job(job={"name": "n", "max_images": 7}, category=named)
    assert [category.max_images for category in made.categories] == [5, 7]


def test_a_list_takes_all_and_gives_its_name() -> None:
    made = job(urls={"file": "lists/Some Birds.csv.gz"})
    assert (made.name, made.slug, made.max_images) == ("Some Birds", "some-birds", None)
    assert (made.engines, made.categories) == (("urls",), ())
    assert made.source_options("urls") == {"file": "lists/Some Birds.csv.gz"}
    assert job(job={"max_images": 3}, urls={"file": "x"}).max_images == 3


def test_plugin_tables_are_kept_as_written() -> None:
    made = job(
        job={"name": "n", "keywords": ["k"]},
        sources={"engines": ["openverse"], "openverse": {"page_size": 5}, "wikimedia": {}},
        validators={"size": {"min_width": 3}, "blur": {"enabled": False}},
        dedup={"phash": {"distance": 4}},
        labels={"labelers": ["title"], "category": {}, "title": {"words": 3}},
        export={"formats": ["zip"], "zip": {"a": 1}},
    )
    assert made.source_options("openverse") == {"page_size": 5}
    assert made.source_options("other") == {}
    assert made.validator_tables == {"size": {"enabled": True, "min_width": 3}, "blur": {"enabled": False}}
    assert made.dedup.tables == {"phash": {"distance": 4}}
    assert made.export.tables == {"zip": {"a": 1}}
    assert made.labels.tables == {"category": {}, "title": {"words": 3}}
    assert made.unused_tables == ["[sources.wikimedia]", "[dedup.phash]", "[labels.category]"]


def test_the_category_is_the_label_unless_a_job_says_otherwise() -> None:
    assert job(job={"name": "n", "keywords": ["k"]}).labels.labelers == ("category",)
    assert job(job={"name": "n", "keywords": ["k"]}, labels={"labelers": []}).labels.labelers == ()


def test_a_job_survives_being_stored() -> None:
    made = job(job={"name": "n", "keywords": ["k"]}, sources={"openverse": {"page_size": 5}})
    stored = made.model_dump(mode="json")
    assert "folder" not in stored
    assert Job(folder=made.folder, **dict(parse_options(JobFile, stored, "job"))) == made


def test_a_job_cannot_be_changed() -> None:
    made = job(job={"name": "n", "keywords": ["k"]})
    with pytest.raises(ValidationError, match="frozen"):
        made.fetch.retries = 5


@pytest.mark.parametrize("name", ["", "  ", "!!!", "a\nb", "a\x00", "a\u2028b", "x" * 101, "雪" * 80])
def test_names_that_no_folder_can_have_are_refused(name: str) -> None:
    with pytest.raises(OptionsError, match=r"name is"):
        job(job={"name": name})


@settings(max_examples=100)
@given(st.text(max_size=210))
def test_every_accepted_name_gives_a_safe_folder_name(name: str) -> None:
    try:
        slug = job(job={"name": name, "keywords": ["k"]}).slug
    except OptionsError:
        return
    assert slug.strip("-") == slug != ""
    assert set(slug) <= set("abcdefghijklmnopqrstuvwxyz0123456789-")
    assert len(slug) <= 100


def test_repeated_words_are_refused() -> None:
    with pytest.raises(OptionsError, match=r"'lynx' more than once"):
        job(job={"keywords": ["Lynx", " lynx"]})
    with pytest.raises(OptionsError, match=r"'openverse' more than once"):
        job(sources={"engines": ["openverse", "openverse"]})


@pytest.mark.parametrize(
    ("text", "size"),
    [(1, 1), ("7", 7), ("50MB", 50_000_000), ("20 MiB", 20 * 2**20), ("1.5 kb", 1500), ("1 GiB", 2**30)],
)
def test_sizes_have_units(text: int | str, size: int) -> None:
    assert fetch(max_bytes=text).max_bytes == size


@pytest.mark.parametrize("text", [0, -1, "0", "11 GiB", "many", "5 bananas", True, 1.5, [], "", "1e400 MB"])
def test_sizes_that_are_none_are_refused(text: object) -> None:
    assert wrong(max_bytes=text).startswith("[fetch] max_bytes")


def test_sizes_may_be_given_in_python_too() -> None:
    assert FetchOptions(max_bytes=10).max_bytes == 10


def test_the_contact_goes_into_the_user_agent() -> None:
    assert FetchOptions().agent == FetchOptions().user_agent
    assert fetch(user_agent="Cats/1", contact="me@example.org").agent == "Cats/1 (+me@example.org)"


@pytest.mark.parametrize("key", ["user_agent", "contact"])
@pytest.mark.parametrize("text", ["a\r\nX-Evil: 1", "a\x00", "a\x7f", "a\tb", "é", ""])
def test_headers_cannot_be_injected(key: str, text: str) -> None:
    assert f"{key} is" in wrong(**{key: text})


@pytest.mark.parametrize("contact", ["a) evil", "(a", "back\\slash"])
def test_a_contact_stays_within_its_comment(contact: str) -> None:
    assert "contact is" in wrong(contact=contact)


@pytest.mark.parametrize(
    "proxy", ["http://proxy", "http://proxy:3128/", "http://u:p%40@10.0.0.1:3128", "http://[::1]:3128"]
)
def test_proxies_are_kept_secret(proxy: str) -> None:
    options = fetch(proxies=[proxy])
    assert [secret.get_secret_value() for secret in options.proxies] == [proxy]
    assert proxy not in repr(options)
    assert proxy not in options.model_dump_json()


@pytest.mark.parametrize(
    "proxy",
    [
        "proxy:3128",
        "https://proxy",
        "socks5://proxy",
        "http://:80",
        "http://p:99999",
        "http://p:0",
        "http://p:x",
        "http://p/path",
        "http://p?q",
        "http://p#f",
        "http://[::1",
        "http://p\n:80",
        "http://p p",
        "http://é",
    ],
)
def test_what_is_no_proxy_is_refused_without_showing_it(proxy: str) -> None:
    message = wrong(proxies=["http://fine", proxy])
    assert message.startswith("[fetch] item 2 of proxies: it ")
    assert proxy not in message


@pytest.mark.parametrize(
    ("host", "kept"),
    [
        ("NAS.local", "nas.local"),
        ("10.1.2.3/8", "10.0.0.0/8"),
        ("127.0.0.1", "127.0.0.1"),
        ("::1", "::1"),
        ("FE80::/10", "fe80::/10"),
        ("my_host", "my_host"),
    ],
)
def test_private_hosts_are_names_addresses_and_networks(host: str, kept: str) -> None:
    assert fetch(allow_private_hosts=[host]).allow_private_hosts == (kept,)


@pytest.mark.parametrize(
    "host", ["http://nas", "nas:80", "a b", "-a", "", "*.local", "10.0.0.0/99", "300.1.1.1", "127.1", "a..b"]
)
def test_what_is_no_host_is_refused(host: str) -> None:
    (problem,) = wrong(allow_private_hosts=["fine", host]).splitlines()
    assert f"item 2 of allow_private_hosts is {host!r}: it should be a host name" in problem


def test_a_proxy_needs_a_host() -> None:
    assert wrong(proxies=["http://"]).startswith("[fetch] item 1 of proxies: it should look like")


def test_private_hosts_may_all_be_allowed() -> None:
    assert fetch(allow_private_hosts=True).allow_private_hosts is True
    assert FetchOptions().allow_private_hosts == ()


@settings(max_examples=50)
@given(st.ip_addresses())
def test_every_address_is_a_private_host(address: ipaddress.IPv4Address | ipaddress.IPv6Address) -> None:
    assert fetch(allow_private_hosts=[str(address)]).allow_private_hosts == (str(address),)


@pytest.mark.parametrize(
    ("key", "least", "most"),
    [
        ("concurrency", 1, 512),
        ("per_host", 1, 64),
        ("delay", 0, 60),
        ("max_redirects", 0, 20),
        ("retries", 0, 10),
    ],
)
def test_numbers_have_ranges(key: str, least: int, most: int) -> None:
    assert getattr(fetch(**{key: least}), key) == least
    assert getattr(fetch(**{key: most}), key) == most
    assert f"{key} is" in wrong(**{key: least - 1})
    assert f"{key} is" in wrong(**{key: most + 1})


@pytest.mark.parametrize(
    "key", ["delay", "timeout", "connect_timeout", "read_timeout", "backoff", "max_wait"]
)
@pytest.mark.parametrize("value", [float("nan"), float("inf"), -1.0])
def test_times_are_finite(key: str, value: float) -> None:
    assert f"{key} is" in wrong(**{key: value})


def test_ports_are_port_numbers() -> None:
    assert fetch(ports=[80, 443]).ports == (80, 443)
    assert FetchOptions(proxies=(SecretStr("http://p"),)).ports is None
    assert "item 1 of ports is 0" in wrong(ports=[0])
    assert wrong(ports=[]) == "[fetch] ports is []: it should have at least 1 item, not 0"
