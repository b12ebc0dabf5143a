"""Logs in to Azure Blob Storage, and signs addresses."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from typing import Any
from urllib.parse import parse_qs, urlsplit, urlunsplit

import requests
from azure.core.pipeline.transport import RequestsTransport
from azure.identity import DefaultAzureCredential
from azure.storage.blob import BlobSasPermissions, BlobServiceClient, ContainerClient, generate_blob_sas
from pydantic import SecretStr
from requests.adapters import HTTPAdapter

from pixcrawler_core.errors import ConfigError
from pixcrawler_core.secrets import Mask, Secrets
from pixcrawler_core.storage.errors import StoreRefused
from pixcrawler_plugins.stores.azure import AzureOptions, check_endpoint
from pixcrawler_plugins.stores.azure_retry import PatientRetry

CONNECTIONS = 64
"""Connections that are kept open; as many as `concurrency` may be."""
PIECE = 256 << 10
"""Bytes that are read from a connection at once."""
SKEW = timedelta(minutes=15)
"""How far clocks may be apart: Azure takes no signed request that is older."""
LONGEST_DELEGATION = timedelta(days=7)
"""How long a user delegation key may be good for: learn.microsoft.com, "Get User Delegation Key"."""


@dataclass(frozen=True)
class Account:
    """A container, and what addresses into it are signed with."""

    container: ContainerClient
    key: SecretStr | None = None
    """The account's key; None where the login is of another kind."""
    service: BlobServiceClient | None = None
    """For user delegation keys, where the login is an identity."""

    def signed(self, blob: str, lifetime: timedelta, now: datetime) -> str:
        """An address at which a blob can be read until `now + lifetime`.

        Raises StoreRefused where the login cannot sign, or for a lifetime that is too long.
        """
        client = self.container.get_blob_client(blob)
        sas = generate_blob_sas(
            account_name=str(client.account_name),
            container_name=self.container.container_name,
            blob_name=blob,
            permission=BlobSasPermissions(read=True),
            expiry=now + lifetime,
            protocol=urlsplit(client.url).scheme,
            **self._signer(blob, lifetime, now),
        )
        return f"{client.url}?{sas}"

    def _signer(self, blob: str, lifetime: timedelta, now: datetime) -> dict[str, Any]:
        if self.key is not None:
            return {"account_key": self.key.get_secret_value()}
        if self.service is None:
            raise StoreRefused(
                f"a login by a SAS cannot sign an address for {blob!r}; use a connection string with the "
                'account\'s key, or credential = "identity"'
            )
        if lifetime > LONGEST_DELEGATION:
            raise StoreRefused(
                f"an address for {blob!r} that an identity signs is good for 7 days at most, not {lifetime}"
            )
        key = self.service.get_user_delegation_key(now - SKEW, now + lifetime)
        return {"user_delegation_key": key}

    def close(self) -> None:
        """Let go of all connections."""
        self.container.close()
        if self.service is not None:
            self.service.close()


def connect(options: AzureOptions, secrets: Secrets) -> Account:
    """The container that the options name, without asking Azure anything yet.

    Raises ConfigError for a secret that is not set, or cannot be used; its value is not told.
    """
    session = requests.Session()
    transport = _transport(options, session)
    account = _account(options, secrets, _settings(options, transport))
    found = session.merge_environment_settings(account.container.url, {}, None, True, None)
    session.proxies, transport.connection_config.verify = found["proxies"], found["verify"]
    session.trust_env = False  # it would be asked for each request, and a ~/.netrc for another login
    return account


def _account(options: AzureOptions, secrets: Secrets, settings: dict[str, Any]) -> Account:
    if options.credential == "identity":
        return _by_identity(options, settings)
    name = options.sas_url_env if options.credential == "sas_url" else options.connection_string_env
    secret = secrets.get(name)
    if secret is None:
        where = f" or in {secrets.file}" if secrets.file else ""
        raise ConfigError(f"the store azure needs {name}: set it in the environment{where}")
    try:
        if options.credential == "sas_url":
            return _by_sas(options, secret.get_secret_value(), settings)
        return _by_string(options, secret.get_secret_value(), settings)
    except ValueError as error:
        raise ConfigError(f"{name} cannot be used for the store azure: {error}") from None


def _by_identity(options: AzureOptions, settings: dict[str, Any]) -> Account:
    url = str(options.account_url)
    credential = DefaultAzureCredential()
    service = BlobServiceClient(url, credential=credential, **settings)
    return Account(
        ContainerClient(url, options.container, credential=credential, **settings), service=service
    )


def _by_string(options: AzureOptions, value: str, settings: dict[str, Any]) -> Account:
    container = ContainerClient.from_connection_string(value, options.container, **settings)
    check_endpoint(container.url)
    key = getattr(container.credential, "account_key", None)
    if key is None:  # a connection string may hold a signature in its place
        _conceal(urlsplit(container.url).query)
        return Account(container)
    _mask(key)
    return Account(container, SecretStr(key))


def _by_sas(options: AzureOptions, value: str, settings: dict[str, Any]) -> Account:
    check_endpoint(value)
    parts = urlsplit(value)
    if "sig" not in parse_qs(parts.query):
        raise ValueError("it has no signature; it should end with ?sv=...&sig=...")
    path = parts.path.rstrip("/")
    if not path.endswith(f"/{options.container}"):
        path = f"{path}/{options.container}"
    if parts.scheme == "https" and path.count("/") > 1 and not parts.port:
        raise ValueError(f"it is not of the container {options.container!r}")
    _conceal(parts.query)
    url = urlunsplit(parts._replace(path=path, fragment=""))
    return Account(ContainerClient.from_container_url(url, **settings))


def _transport(options: AzureOptions, session: requests.Session) -> RequestsTransport:
    session.mount("https://", HTTPAdapter(pool_maxsize=CONNECTIONS))
    session.mount("http://", HTTPAdapter(pool_maxsize=CONNECTIONS))
    return RequestsTransport(
        session=session,
        connection_timeout=options.timeout,
        read_timeout=options.timeout,
        connection_data_block_size=PIECE,
    )


def _settings(options: AzureOptions, transport: RequestsTransport) -> dict[str, Any]:
    """How requests are sent: no redirects, since a redirect would be given the login too."""
    return {
        "transport": transport,
        "retry_policy": PatientRetry(options.retries),
        "permit_redirects": False,
        "max_single_put_size": options.block_mib << 20,
    }


def _conceal(query: str) -> None:
    for signature in parse_qs(query).get("sig", ()):
        _mask(signature)


@cache
def _mask(value: str) -> None:
    """Keep a secret out of all logs: libraries below ours log addresses with their signatures."""
    Mask([SecretStr(value)]).logs()
