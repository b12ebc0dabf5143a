"""Keeps objects wherever fsspec can write: Amazon S3 and what speaks like it, Google Cloud Storage, SFTP."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, field_validator

from pixcrawler_core import hookimpl
from pixcrawler_core.components import Storage
from pixcrawler_core.errors import ConfigError
from pixcrawler_core.secrets import user_secrets
from pixcrawler_core.storage.protocols import Store

SECRET_NAMES = frozenset(
    ("account_key", "client_secret", "connection_string", "passphrase", "password", "sas_token", "secret")
)
"""Arguments of file systems that are secrets whatever they hold."""


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
        if urlsplit(url).password:
            raise ValueError("url has a password; give it by secrets")
        return url

    @field_validator("filesystem")
    @classmethod
    def _has_no_secrets(cls, given: dict[str, Any]) -> dict[str, Any]:
        names = given.keys() | {key for each in given.values() if isinstance(each, dict) for key in each}
        if found := sorted(names & SECRET_NAMES):
            raise ValueError(f"{found[0]} does not belong into a file; name its variable in secrets")
        return given


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
