"""How `azure` logs in, and what it refuses to do with secrets."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from http.server import ThreadingHTTPServer
from ipaddress import IPv4Address
from pathlib import Path
from urllib.parse import parse_qsl, quote, urlsplit

import pytest
from azure.storage.blob import (
    AccountSasPermissions,
    ContainerSasPermissions,
    ResourceTypes,
    generate_account_sas,
    generate_container_sas,
)
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from pixcrawler_plugins.stores.azure import AzureOptions
from pydantic import ValidationError

from pixcrawler_core.errors import ConfigError
from pixcrawler_core.storage.errors import StoreRefused, StoreUnavailable
from pixcrawler_core.storage.protocols import StorageTier
from tests.plugins.stores.azure_identities import IDENTITY, Identities
from tests.plugins.stores.azure_stores import filed, new_container, opened, read
from tests.plugins.stores.azurite import ACCOUNT, KEY, azurite, connection_string
from tests.plugins.stores.conftest import Spoilt
from tests.plugins.stores.proxy import Reply

HOUR = timedelta(hours=1)


def test_a_signature_of_a_container_is_enough(
    azure_address: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """But addresses cannot be signed with it. Logs of libraries have no signature."""
    caplog.set_level("DEBUG")
    container, path = new_container(), filed(tmp_path, 2.5)
    with opened(connection_string(azure_address), container=container) as store:
        assert store.stat("a") is None
    sas = generate_container_sas(
        ACCOUNT,
        container,
        KEY,
        permission=ContainerSasPermissions(read=True, write=True, delete=True, list=True),
        expiry=datetime.now(UTC) + HOUR,
    )
    login = f"{azure_address}/{ACCOUNT}/{container}?{sas}"
    with opened(login, container=container, credential="sas_url", create_container=False) as store:
        store.put("a", path)
        store.copy("a", "b")
        store.set_tier(["b"], StorageTier.WARM)
        assert [(stat.key, stat.tier) for stat in store.list()] == [("a", StorageTier.HOT), ("b", "warm")]
        assert read(store, "b") == path.read_bytes()
        with pytest.raises(StoreRefused, match="cannot sign an address for 'a'"):
            store.url("a", HOUR)
        assert store.delete(["a", "b", "c"]) == 2
    signature = dict(parse_qsl(sas))["sig"]
    assert "sig=" in caplog.text
    assert signature not in caplog.text
    assert quote(signature, safe="") not in caplog.text


@pytest.mark.parametrize("string", [False, True])
def test_a_signature_of_an_account_is_enough(azure_address: str, tmp_path: Path, string: bool) -> None:
    """By itself, or in a connection string."""
    sas = generate_account_sas(
        ACCOUNT,
        KEY,
        ResourceTypes(container=True, object=True),
        AccountSasPermissions(read=True, write=True, delete=True, list=True, create=True, add=True),
        datetime.now(UTC) + HOUR,
    )
    login = f"{azure_address}/{ACCOUNT}?{sas}"
    if string:
        login = f"BlobEndpoint={azure_address}/{ACCOUNT};SharedAccessSignature={sas}"
    with opened(login, credential="connection_string" if string else "sas_url") as store:
        store.put("a", filed(tmp_path, 0.1))
        assert [stat.key for stat in store.list()] == ["a"]


def test_an_expired_signature_is_refused(azure_address: str) -> None:
    rights, ended = ContainerSasPermissions(read=True), datetime.now(UTC) - HOUR
    sas = generate_container_sas(ACCOUNT, "pixcrawler", KEY, permission=rights, expiry=ended)
    login = f"{azure_address}/{ACCOUNT}/pixcrawler?{sas}"
    with (
        opened(login, container="pixcrawler", credential="sas_url", create_container=False) as store,
        pytest.raises(StoreRefused, match="check the secret") as caught,
    ):
        store.stat("a")
    assert "sig=" not in str(caught.value)


@pytest.mark.parametrize(
    ("credential", "login", "told"),
    [
        ("connection_string", "", "needs PIXCRAWLER_TEST_AZURE"),
        ("connection_string", "AccountKey", "cannot be used"),
        ("connection_string", connection_string("http://192.0.2.1:10000"), "by https, not by http"),
        ("sas_url", "http://account.blob.core.windows.net/pixcrawler?sig=c2VjcmV0", "by https, not by http"),
        ("sas_url", "https://account.blob.core.windows.net/pixcrawler", "no signature"),
        ("sas_url", "https://account.blob.core.windows.net/other?sig=c2VjcmV0", "not of the container"),
        ("sas_url", "ftp://account.blob.core.windows.net/pixcrawler?sig=c2VjcmV0", "begin with https"),
    ],
)
def test_a_login_that_cannot_be_used_is_told(credential: str, login: str, told: str) -> None:
    """Before anything is asked, and without the secret."""
    with (
        pytest.raises(ConfigError, match=told) as caught,
        opened(login, container="pixcrawler", credential=credential),
    ):
        pass
    for secret in (KEY, "c2VjcmV0"):
        assert secret not in str(caught.value)


@pytest.mark.parametrize(
    ("table", "told"),
    [
        ({"container": "No"}, "container"),
        ({"container": "a--b"}, "container"),
        ({"container": "abc", "prefix": "../up"}, "prefix"),
        ({"container": "abc", "account_url": "https://a.blob.core.windows.net"}, "goes with credential"),
        ({"container": "abc", "credential": "identity"}, "goes with credential"),
        ({"account_url": "http://a.blob.core.windows.net"}, "by https, not by http"),
        ({"account_url": "https://a.blob.core.windows.net/?sig=c2VjcmV0"}, "without keys or a signature"),
        ({"account_url": "nonsense"}, "must begin with https"),
    ],
)
def test_options_that_cannot_be_used_are_refused(table: dict[str, str], told: str) -> None:
    if "container" not in table:
        table = {"container": "abc", "credential": "identity", **table}
    with pytest.raises(ValidationError, match=told):
        AzureOptions(**table)  # type: ignore[arg-type]


def test_the_libraries_are_named_if_they_are_missing() -> None:
    """By another process, in which they cannot be imported; the component is there all the same."""
    program = (
        "import sys\n"
        "sys.modules['azure'] = sys.modules['azure.core'] = sys.modules['azure.storage'] = None\n"
        "from pixcrawler_plugins.stores.azure import register_stores\n"
        "component = next(register_stores())\n"
        "component.build(component.options(container='abc'))\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert "pip install 'pixcrawler[azure]'" in done.stderr.splitlines()[-1]


def test_importing_the_store_imports_nothing_of_azure() -> None:
    program = (
        "import sys, pixcrawler_plugins.stores.azure\n"
        "print([name for name in sys.modules if name.split('.')[0] in ('azure', 'requests', 'msal')])"
    )
    assert subprocess.check_output([sys.executable, "-c", program], text=True) == "[]\n"


@pytest.fixture(scope="module")
def identities() -> Iterator[str]:
    """Address of a server that gives tokens."""
    with ThreadingHTTPServer(("127.0.0.1", 0), Identities) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/token"
        server.shutdown()
        thread.join()


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A certificate of this machine, and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "localhost")])
    now = datetime.now(UTC)
    address = x509.SubjectAlternativeName([x509.IPAddress(IPv4Address("127.0.0.1"))])
    made = x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number(), now, now + HOUR)
    signed = made.add_extension(address, critical=False).sign(key, hashes.SHA256())
    folder = tmp_path_factory.mktemp("certificate")
    pem, kept = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8
    (folder / "cert.pem").write_bytes(signed.public_bytes(pem))
    (folder / "key.pem").write_bytes(key.private_bytes(pem, kept, serialization.NoEncryption()))
    return folder / "cert.pem", folder / "key.pem"


@pytest.fixture(scope="module")
def secure_address(certificate: tuple[Path, Path]) -> Iterator[str]:
    """Address of an Azurite that is asked by https, and takes tokens."""
    cert, key = map(str, certificate)
    with azurite("--cert", cert, "--key", key, "--oauth", "basic") as address:
        yield address


def test_an_identity_logs_in_and_signs(
    secure_address: str,
    identities: str,
    certificate: tuple[Path, Path],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """With a token, and a user delegation key for addresses, for at most seven days."""
    monkeypatch.setenv("IDENTITY_ENDPOINT", identities)
    monkeypatch.setenv("IDENTITY_HEADER", "any")
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(certificate[0]))
    path, account = filed(tmp_path, 2.5), f"{secure_address}/{ACCOUNT}"
    with opened("", credential="identity", account_url=account) as store:
        store.put("a", path)
        store.copy("a", "b")
        store.set_tier(["b"], StorageTier.WARM)
        assert read(store, "b") == path.read_bytes()
        assert store.delete(["b"]) == 1
        signed = dict(parse_qsl(urlsplit(store.url("a", HOUR)).query))  # in a form that Azurite does not know
        assert (signed["sp"], signed["spr"], signed["skoid"]) == ("r", "https", IDENTITY)
        ends = datetime.fromisoformat(signed["se"])
        assert HOUR - timedelta(minutes=1) < ends - datetime.now(UTC) < HOUR
        assert signed["sig"]
        with pytest.raises(StoreRefused, match="7 days at most"):
            store.url("a", timedelta(days=8))


def test_a_certificate_that_nobody_signed_is_refused(secure_address: str) -> None:
    with (
        opened(connection_string(secure_address), create_container=False, retries=0) as store,
        pytest.raises(StoreUnavailable),
    ):
        store.stat("a")


def test_a_proxy_of_the_environment_is_used(
    spoilt: Spoilt, azure_address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And read when the store is opened, not for each request; a login in ~/.netrc is never used."""
    spoilt.proxy.fault = lambda _: Reply(404, {"x-ms-error-code": "BlobNotFound"}, b"")
    monkeypatch.setenv("http_proxy", spoilt.address)
    with opened(connection_string(azure_address), create_container=False) as store:
        monkeypatch.delenv("http_proxy")
        assert store.stat("a") is None
    (asked,) = spoilt.proxy.asked
    assert asked.target.startswith(azure_address)
