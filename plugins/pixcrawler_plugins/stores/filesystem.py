"""Keeps objects in a folder: plain files at hand, packs for what is seldom needed."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from datetime import timedelta
from functools import partial
from pathlib import Path
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, field_validator

from pixcrawler_core import hookimpl
from pixcrawler_core.components import Storage
from pixcrawler_core.storage.errors import StoreRefused
from pixcrawler_core.storage.protocols import Store

KEY_ENV = "PIXCRAWLER_SIGNING_KEY"
TAKEN = ("hot", "odd", "warm", "index", "tmp")
"""Folders in the store's own that are not for what is archived."""


class FilesystemOptions(BaseModel):
    """Where the objects lie, and how."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    path: Path = Field(
        description="Folder of the store; it is made if need be. A relative one starts from the folder of "
        "the file that names it."
    )
    cold_path: Path | None = Field(
        default=None,
        description="Folder of what is archived, which may be on another, slower disk. Not given: `cold` in "
        "the store's folder.",
    )
    level: int = Field(
        default=3,
        ge=1,
        le=19,
        description="How packs are compressed with Zstandard: from 1, the quickest, to 19, the smallest; "
        "images that are compressed already hardly get smaller.",
    )
    rehydration_seconds: int = Field(
        default=0,
        ge=0,
        le=7 * 24 * 3600,
        description="Seconds until what is archived can be read after it was asked for, unless it is asked "
        "for with high priority.",
    )
    durable: bool = Field(
        default=False,
        description="Whether each object is on the disk before it counts as stored. Otherwise a power cut "
        "may cost those of the last seconds; the end of the program costs none.",
    )
    base_url: str | None = Field(
        default=None,
        description="Where the objects are served, for addresses that are valid for a time. They are signed "
        "with the key in `signing_key_env`.",
    )
    signing_key_env: str = Field(
        default=KEY_ENV,
        description="Variable of the environment that holds the signing key: 32 characters at least.",
    )

    @field_validator("path", "cold_path", mode="before")
    @classmethod
    def _is_named(cls, given: object) -> object:
        if given == "":
            raise ValueError("it is empty; name a folder")
        if "\0" in str(given):
            raise ValueError(f"{given!r} has a zero byte, which no folder can have")
        return given

    @field_validator("path", "cold_path")
    @classmethod
    def _is_whole(cls, path: Path | None) -> Path | None:
        try:
            return path and path.expanduser()
        except RuntimeError:
            raise ValueError(f"{path} begins with a user who is not known; write the whole path") from None

    @field_validator("base_url")
    @classmethod
    def _is_an_address(cls, url: str | None) -> str | None:
        if url is None:
            return None
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname or parts.query or parts.fragment:
            raise ValueError(f"base_url {url!r} must be an http or https address without query")
        return url


def build(options: FilesystemOptions) -> Store:
    """The store with its options."""
    from pixcrawler_core.storage.local.store import LocalStore
    from pixcrawler_core.storage.signing import signed

    key = _signing_key(options, os.environ)
    _check_folders(options.path, options.cold_path)
    return LocalStore(
        options.path,
        cold=options.cold_path,
        level=options.level,
        wait=timedelta(seconds=options.rehydration_seconds),
        durable=options.durable,
        sign=partial(signed, options.base_url, key) if options.base_url else None,
    )


def _check_folders(path: Path, cold: Path | None) -> None:
    """Raise StoreRefused for what is no folder, and where two uses of one folder would mix."""
    for folder in filter(None, (path, cold)):
        there = next(each for each in (folder.absolute(), *folder.absolute().parents) if each.exists())
        if not there.is_dir():
            raise StoreRefused(f"{there} is no folder, so no store can be in {folder}; name another path")
    if cold is None:
        return
    whole, slow = path.resolve(), cold.resolve()
    if whole.is_relative_to(slow) or any(slow.is_relative_to(whole / each) for each in TAKEN):
        raise StoreRefused(
            f"cold_path {cold} is a folder that the store {path} uses for something else; name another one"
        )


def _signing_key(options: FilesystemOptions, environment: Mapping[str, str]) -> bytes:
    from pixcrawler_core.storage.signing import SHORTEST_KEY

    key = environment.get(options.signing_key_env, "").encode()
    if options.base_url and len(key) < SHORTEST_KEY:
        raise StoreRefused(
            f"the store {options.path} signs addresses below {options.base_url}: set "
            f"{options.signing_key_env} to a key of {SHORTEST_KEY} characters at least"
        )
    return key


@hookimpl
def register_stores() -> Iterator[Storage]:
    """The store `filesystem`."""
    yield Storage(
        name="filesystem",
        summary="a folder: plain files, and packs of what is seldom needed",
        options=FilesystemOptions,
        build=build,
    )
