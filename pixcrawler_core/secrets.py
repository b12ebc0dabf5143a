"""Keys of sources: from the environment, else from a file of the user's. They never go into a job file."""

from __future__ import annotations

import logging
import os
import tomllib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, quote_plus

import click
from pydantic import SecretStr

from pixcrawler_core.errors import ConfigError

if TYPE_CHECKING:
    from pixcrawler_core.components import Source

VARIABLE = "PIXCRAWLER_SECRETS"
"""Names the file of secrets, where it is not in its usual place."""


class Secrets:
    """Values by the name of their variable; `file` is TOML such as `FLICKR_API_KEY = "..."`, and optional."""

    def __init__(self, environment: Mapping[str, str], file: Path | None = None) -> None:
        self.file = Path(environment[VARIABLE]) if environment.get(VARIABLE) else file
        self._values = {**_read(self.file), **{name: value for name, value in environment.items() if value}}

    def get(self, name: str) -> SecretStr | None:
        """The value of a variable, None if it is not set anywhere."""
        value = self._values.get(name)
        return SecretStr(value) if value else None

    def missing(self, source: Source) -> list[str]:
        """Names of the variables that a source needs and that are not set."""
        return [secret.env for secret in source.secrets if self.get(secret.env) is None]

    def options(self, source: Source) -> dict[str, SecretStr]:
        """The keys of a source by the names of its options. Raises ConfigError for one that is not set."""
        found: dict[str, SecretStr] = {}
        for secret in source.secrets:
            value = self.get(secret.env)
            if value is None:
                where = f" or in {self.file}" if self.file else ""
                raise ConfigError(
                    f"source {source.name!r} needs a key: set {secret.env} in the environment{where} "
                    f"(you get one at {secret.url})"
                )
            found[secret.option] = value
        return found


def user_secrets() -> Secrets:
    """Those of the user who runs this process: the environment, and `secrets.toml` in the user's settings."""
    return Secrets(os.environ, Path(click.get_app_dir("pixcrawler")) / "secrets.toml")


class Mask:
    """Takes keys out of what is shown: plain, and as they are written in addresses."""

    def __init__(self, secrets: Iterable[SecretStr]) -> None:
        plain = {secret.get_secret_value() for secret in secrets} - {""}
        quoted = {form for value in plain for form in (quote(value, safe=""), quote_plus(value))}
        self._values = sorted(plain | quoted, key=len, reverse=True)

    def text(self, text: str) -> str:
        """The text without the keys."""
        for value in self._values:
            text = text.replace(value, "***")
        return text

    def body(self, body: bytes) -> bytes:
        """The bytes without the keys."""
        for value in self._values:
            body = body.replace(value.encode(), b"***")
        return body

    def logs(self) -> None:
        """From now on no record of a log has a key in it, whoever handles it: libraries log addresses."""
        if not self._values:
            return
        make = logging.getLogRecordFactory()

        def masked(*args: Any, **kwargs: Any) -> logging.LogRecord:
            record = make(*args, **kwargs)
            record.msg, record.args = self.text(record.getMessage()), None
            if record.exc_info:
                record.exc_text = self.text(logging.Formatter().formatException(record.exc_info))
            record.stack_info = self.text(record.stack_info) if record.stack_info else None
            return record

        logging.setLogRecordFactory(masked)


def keys_of(options: Iterable[object]) -> list[SecretStr]:
    """The keys in checked options of sources."""
    fields = (value for each in options for value in vars(each).values())
    values = (each for value in fields for each in (value if isinstance(value, tuple) else (value,)))
    return [value for value in values if isinstance(value, SecretStr)]


def _read(file: Path | None) -> dict[str, str]:
    if file is None or not file.is_file():
        return {}
    try:
        values: dict[str, Any] = tomllib.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise ConfigError(f"the file of secrets {file} cannot be read: {type(error).__name__}") from None
    odd = [name for name, value in values.items() if not isinstance(value, str)]
    if odd:
        raise ConfigError(f'{file}: {odd[0]} should be a text, as {odd[0]} = "..."')
    return values
