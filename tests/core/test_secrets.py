from __future__ import annotations

import logging
from collections.abc import Iterator
from pathlib import Path

import pytest
from pydantic import SecretStr

from pixcrawler_core.components import Secret, Source
from pixcrawler_core.errors import ConfigError
from pixcrawler_core.secrets import Mask, Secrets, keys_of
from pixcrawler_core.sources import KeyedOptions
from pixcrawler_core.spider import SourceSpider

SOURCE = Source(
    name="keyed",
    summary="a source with a key",
    spider=SourceSpider,
    options=KeyedOptions,
    secrets=(Secret(env="KEYED_API_KEY", url="https://keys.example/"),),
)


def test_the_environment_comes_before_the_file(tmp_path: Path) -> None:
    file = tmp_path / "secrets.toml"
    file.write_text('KEYED_API_KEY = "from the file"\nOTHER = "other"\n')
    assert Secrets({}, file).options(SOURCE)["key"].get_secret_value() == "from the file"
    found = Secrets({"KEYED_API_KEY": "from the environment"}, file).options(SOURCE)
    assert found["key"].get_secret_value() == "from the environment"
    named = Secrets({"PIXCRAWLER_SECRETS": str(file)}).get("OTHER")
    assert named is not None
    assert named.get_secret_value() == "other"


def test_a_missing_key_is_named_with_where_to_get_it(tmp_path: Path) -> None:
    secrets = Secrets({"KEYED_API_KEY": ""}, tmp_path / "secrets.toml")
    assert secrets.missing(SOURCE) == ["KEYED_API_KEY"]
    with pytest.raises(ConfigError, match=r"KEYED_API_KEY .*secrets\.toml .*https://keys\.example/"):
        secrets.options(SOURCE)


@pytest.mark.parametrize("text", ["KEY = ", "KEY = 7", "\xff"])
def test_a_file_that_cannot_be_read_is_an_error_without_its_content(tmp_path: Path, text: str) -> None:
    file = tmp_path / "secrets.toml"
    file.write_text(f"{text}\n", encoding="latin-1")
    with pytest.raises(ConfigError, match=r"secrets\.toml"):
        Secrets({}, file)


@pytest.fixture
def unmasked() -> Iterator[None]:
    factory = logging.getLogRecordFactory()
    yield
    logging.setLogRecordFactory(factory)


@pytest.mark.usefixtures("unmasked")
def test_logs_are_without_keys(caplog: pytest.LogCaptureFixture) -> None:
    options = KeyedOptions(key=SecretStr("s3cr/t +x"))
    Mask(keys_of([options])).logs()
    logger = logging.getLogger("somebody.else")
    logger.warning("GET %s and %s", "/?k=s3cr/t +x", "s3cr%2Ft%20%2Bx")
    error = ValueError("GET /?k=s3cr%2Ft+%2Bx")
    logger.error("it broke", exc_info=error)
    assert caplog.messages[0] == "GET /?k=*** and ***"
    assert "ValueError: GET /?k=***" in caplog.text
    assert "s3cr" not in caplog.text
    assert "s3cr" not in repr(options)
    assert "key" not in options.model_dump()


def test_saved_pages_are_without_keys() -> None:
    mask = Mask([SecretStr("s3cr/t")])
    assert mask.body(b'{"key": "s3cr/t", "url": "?k=s3cr%2Ft"}') == b'{"key": "***", "url": "?k=***"}'
