"""Names the cause of a failed request, from what aiohttp and the operating system report."""

from __future__ import annotations

import errno
import os

from aiohttp import (
    ClientConnectorCertificateError,
    ClientConnectorDNSError,
    ClientConnectorError,
    ClientHttpProxyError,
    ClientPayloadError,
    ClientProxyConnectionError,
    ClientResponse,
    ClientResponseError,
    ClientSSLError,
    ConnectionTimeoutError,
    InvalidURL,
    SocketTimeoutError,
)

from pixcrawler_core.config.fetch import FetchOptions
from pixcrawler_core.fetch.failure import Failure, refusal
from pixcrawler_core.fetch.resolver import PrivateAddressError, UnknownHostError
from pixcrawler_core.fetch.retry import PASSING_STATUS, retry_after

_OUR_LIMITS = frozenset((errno.EMFILE, errno.ENFILE))


def failure_of(error: Exception, host: str, options: FetchOptions, *, proxied: bool) -> Failure:
    """The Failure for an exception of a request to `host`; details never hold a proxy's password."""
    if isinstance(error, TimeoutError):
        return Failure("timeout", _lateness(error, host, options), passing=True)
    if isinstance(error, ClientPayloadError):
        return Failure("truncated-body", f"the body from {host} ended before it was complete", passing=True)
    if isinstance(error, InvalidURL):
        return Failure("bad-url", f"the URL of {host} cannot be asked for")
    if isinstance(error, (ClientProxyConnectionError, ClientHttpProxyError)):
        return Failure("proxy", f"the proxy gave no way to {host}: {_words(error)}", passing=True)
    if isinstance(error, ClientResponseError):
        return Failure("bad-response", f"the answer from {host} is no HTTP that can be read")
    if isinstance(error, ClientConnectorError):
        return _no_connection(error, host, proxied)
    return Failure("connection", f"the connection to {host} broke: {_words(error)}", passing=True)


def status_failure(response: ClientResponse) -> Failure:
    """The Failure for an answer other than the wanted one; its reason has the status, such as `http-404`."""
    status = response.status
    if status == 407:
        return Failure("proxy", "the proxy wants other credentials (407)", passing=True, status=status)
    return Failure(
        f"http-{status}",
        f"{response.url.raw_host} answered {status}",
        passing=status in PASSING_STATUS,
        status=status,
        retry_after=retry_after(response.headers.get("Retry-After")),
    )


def unsafe(error: OSError, host: str) -> Failure:
    """The Failure for a host name that could not be looked up, or must not be asked."""
    if isinstance(error, PrivateAddressError):
        return refusal("private-address", str(error))
    if isinstance(error, UnknownHostError):
        return Failure("unknown-host", str(error))
    return Failure("dns", f"host {host} could not be looked up: {_words(error)}", passing=True)


def is_unreachable(error: Exception) -> bool:
    """Whether an exception says that no connection to the host came about, through no fault of ours."""
    if isinstance(error, ConnectionTimeoutError):
        return True
    if not isinstance(error, ClientConnectorError):
        return False
    if isinstance(error, ClientSSLError):
        return False
    known = isinstance(error.os_error, (PrivateAddressError, UnknownHostError))
    return not known and error.os_error.errno not in _OUR_LIMITS


def _no_connection(error: ClientConnectorError, host: str, proxied: bool) -> Failure:
    if isinstance(error, ClientConnectorCertificateError):
        return Failure("certificate", f"the certificate of {host} is not valid: {_words(error)}")
    if isinstance(error, ClientSSLError):
        return Failure("tls", f"no encrypted connection to {host} came about: {_words(error)}")
    if isinstance(error, ClientConnectorDNSError):
        if proxied:
            return Failure("proxy", "the proxy's name could not be looked up", passing=True)
        return unsafe(error.os_error, host)
    if error.os_error.errno in _OUR_LIMITS:
        detail = "too many files are open; lower fetch.concurrency or raise the limit (ulimit -n)"
        return Failure("open-files", detail, passing=True)
    return Failure("connection", f"no connection to {host}: {_words(error.os_error)}", passing=True)


def _lateness(error: Exception, host: str, options: FetchOptions) -> str:
    if isinstance(error, ConnectionTimeoutError):
        return f"no connection to {host} within {options.connect_timeout:g} s"
    if isinstance(error, SocketTimeoutError):
        return f"{host} was silent for {options.read_timeout:g} s"
    return f"{host} took longer than {options.timeout:g} s"


def _words(error: Exception) -> str:
    """A few words on an error, without what it may quote of addresses and credentials."""
    number = getattr(error, "errno", None)
    if isinstance(number, int) and number > 0:
        return os.strerror(number)
    return str(getattr(error, "strerror", None) or getattr(error, "message", None) or type(error).__name__)
