"""Keeps objects wherever fsspec can write: Amazon S3 and what speaks like it, Google Cloud Storage, SFTP."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, field_validator

from pixcrawler_core import hookimpl
from pixcrawler_core.components import Storage
from pixcrawler_core.errors import ConfigError
from pixcrawler_core.secrets import user_secrets
from pixcrawler_core.storage.protocols import Store

SECRET = re.compile(
    r"secret|passw|passphrase|pwd|token|credential|connection_string|cookie|auth(?:orization)?$|.key$",
    re.ASCII | re.IGNORECASE,
)
"""What names of secrets have in them, among arguments of file systems: those of s3fs, gcsfs, adlfs, paramiko,
and what botocore, azure-identity and requests call theirs. The id of a key, `key` of s3fs, is none."""
NO_SECRETS = frozenset(("anon", "browser", "cache", "cloud", "google_default"))
"""Values of gcsfs's `token` that say where to look for one."""


class FsspecOptions(BaseModel):
    """Options of the store `fsspec`."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    url: str = Field(
        pattern=r"^[a-z][a-z0-9+.-]*://",
        description="Where the objects are: `s3://bucket/folder`, `gs://bucket/folder`, `sftp://host/folder` "
        "or any other address of fsspec.",
    )
    filesystem: dict[str, Any] = Field(
        default_factory=dict,
        description="What fsspec's file system is made with, such as `endpoint_url` for s3; no secrets.",
    )
    secrets: dict[str, str] = Field(
        default_factory=dict,
        description="What else it is made with, and the environment variable that holds it: "
        '`secret = "S3_SECRET_KEY"`.',
    )

    @field_validator("url")
    @classmethod
    def _is_plain(cls, url: str) -> str:
        if "::" in url:
            raise ValueError("url is a chain of file systems; name one")
        if _password(url):
            raise ValueError("url has a password; give it by secrets")
        return url

    @field_validator("filesystem")
    @classmethod
    def _has_no_secrets(cls, given: dict[str, Any]) -> dict[str, Any]:
        if found := sorted(_secrets(given)):
            raise ValueError(f"{found[0]} does not belong into a file; name its variable in secrets")
        return given


def _secrets(given: object, name: str = "") -> Iterator[str]:
    """The names of secrets among arguments, at any depth; addresses with a password are some, too."""
    if isinstance(given, dict):
        for key, value in given.items():
            yield from _secrets(value, str(key))
        return
    if isinstance(given, list | tuple):
        for each in given:
            yield from _secrets(each, name)
        return
    named = SECRET.search(name) and not isinstance(given, bool) and given not in NO_SECRETS
    if named or (isinstance(given, str) and _password(given)):
        yield name


def _password(text: str) -> str | None:
    """The password in an address; None for what is none, or has none."""
    try:
        return urlsplit(text).password
    except ValueError:
        return None


def build(options: FsspecOptions) -> Store:
    """The store with its options. Raises ConfigError, also where fsspec is not installed."""
    try:
        from pixcrawler_plugins.stores.fsspec_place import opened
        from pixcrawler_plugins.stores.fsspec_store import FsspecStore
    except ImportError:
        raise ConfigError("the store fsspec needs fsspec; run: pip install 'pixcrawler[fsspec]'") from None
    return FsspecStore(opened(options.url, options.filesystem, options.secrets, user_secrets()))


@hookimpl
def register_stores() -> Iterator[Storage]:
    """The store `fsspec`."""
    yield Storage(
        name="fsspec",
        summary="object stores and servers by fsspec: S3, Google Cloud, SFTP",
        options=FsspecOptions,
        build=build,
    )
