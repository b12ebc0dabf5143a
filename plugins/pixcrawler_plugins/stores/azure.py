"""Keeps objects in a container of Azure Blob Storage, in its tiers Hot, Cool and Archive."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, ValidationInfo, field_validator

from pixcrawler_core import hookimpl
from pixcrawler_core.components import Storage
from pixcrawler_core.errors import PluginError
from pixcrawler_core.secrets import user_secrets
from pixcrawler_core.storage.keys import check_key
from pixcrawler_core.storage.protocols import Store
from pixcrawler_plugins.services import is_here


class AzureOptions(BaseModel):
    """Options of the store `azure`."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    container: str = Field(
        min_length=3,
        max_length=63,
        pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$",
        description="Name of the container: small letters, digits and single hyphens.",
    )
    prefix: str = Field(
        default="", max_length=512, description="Folder in the container, below which all objects are."
    )
    credential: Literal["connection_string", "sas_url", "identity"] = Field(
        default="connection_string",
        description="How to log in: a connection string, a URL with a shared access signature (SAS), "
        "or an identity of Microsoft Entra (`DefaultAzureCredential`).",
    )
    connection_string_env: str = Field(
        default="AZURE_STORAGE_CONNECTION_STRING",
        pattern="^[A-Za-z_][A-Za-z0-9_]*$",
        description="Environment variable that holds the connection string.",
    )
    sas_url_env: str = Field(
        default="AZURE_STORAGE_SAS_URL",
        pattern="^[A-Za-z_][A-Za-z0-9_]*$",
        description="Environment variable with the URL of the container, or the account, and a SAS.",
    )
    account_url: str | None = Field(
        default=None,
        validate_default=True,
        description="Address of the account, for `identity`: `https://NAME.blob.core.windows.net`.",
    )
    create_container: bool = Field(
        default=False, description="Make the container if it is not there; nobody else can read it."
    )
    concurrency: int = Field(default=8, ge=1, le=64, description="Requests under way at once.")
    block_mib: int = Field(
        default=4,
        ge=1,
        le=100,
        description="MiB of a block; a file of more than one is sent in blocks, and in larger ones if it "
        "would have more than 50,000.",
    )
    timeout: float = Field(default=60, gt=0, le=600, description="Seconds to wait for an answer.")
    retries: int = Field(
        default=4,
        ge=0,
        le=10,
        description="Times a request is sent again that was not answered, or not well (408, 429, 5xx).",
    )

    @field_validator("prefix")
    @classmethod
    def _is_folder(cls, prefix: str) -> str:
        folder = prefix.removesuffix("/")
        if folder:
            check_key(folder)
        return f"{folder}/" if folder else ""

    @field_validator("account_url")
    @classmethod
    def _is_account(cls, url: str | None, info: ValidationInfo) -> str | None:
        if (url is not None) != (info.data.get("credential") == "identity"):
            raise ValueError('account_url goes with credential = "identity", and that with account_url')
        if url is not None:
            check_endpoint(url)
            parts = urlsplit(url)
            if parts.query or parts.fragment or parts.username or parts.password:
                raise ValueError("account_url must be a plain address, without keys or a signature")
        return url


def check_endpoint(url: str) -> None:
    """Raise ValueError for an address that is not encrypted, unless it is of this machine."""
    parts = urlsplit(url)
    if not parts.hostname or parts.scheme not in ("http", "https"):
        raise ValueError("the address of the store must begin with https://")
    if parts.scheme == "http" and not is_here(parts.hostname):
        raise ValueError(f"the store at {parts.hostname!r} must be asked by https, not by http")


def build(options: AzureOptions) -> Store:
    """The store; nothing is asked of Azure yet.

    Raises PluginError when Azure's libraries are not installed, and ConfigError for a secret that is not set
    or cannot be used.
    """
    try:
        from pixcrawler_plugins.stores.azure_account import connect
        from pixcrawler_plugins.stores.azure_store import AzureStore
    except ModuleNotFoundError as error:
        if (error.name or "").split(".")[0] != "azure":
            raise
        raise PluginError(
            "the store azure needs azure-storage-blob and azure-identity, which are not installed: "
            "pip install 'pixcrawler[azure]'"
        ) from error
    return AzureStore(connect(options, user_secrets()), options)


@hookimpl
def register_stores() -> Iterator[Storage]:
    """The store `azure`."""
    yield Storage(
        name="azure",
        summary="a container of Azure Blob Storage, with its tiers",
        options=AzureOptions,
        build=build,
    )
