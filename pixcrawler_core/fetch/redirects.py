"""Where a redirect leads, as a URL that passed the same checks as any other."""

from __future__ import annotations

from aiohttp import ClientResponse
from yarl import URL

from pixcrawler_core.fetch.failure import Failure
from pixcrawler_core.urls import canonical_url

_REDIRECTS = frozenset((301, 302, 303, 307, 308))

MAX_DRAINED = 16 * 1024
"""Bytes; a body as short as this is read to its end, which lets the connection serve the next request."""


def is_redirect(response: ClientResponse) -> bool:
    """Whether a response sends us elsewhere (RFC 9110, section 15.4)."""
    return response.status in _REDIRECTS


def redirect_target(response: ClientResponse, url: str) -> str:
    """The canonical URL that a redirect from `url` leads to, without credentials.

    Raises Failure `bad-redirect` when it names none or none that is for us, such as `file:///etc/passwd`.
    """
    location = response.headers.get("Location", "")
    text = location.encode("utf-8", "surrogateescape").decode("utf-8", "replace").strip()
    if not text:
        raise Failure("bad-redirect", f"{response.url.raw_host} redirects to nowhere", status=response.status)
    try:
        target = URL(url, encoded=True).join(URL(text))
        return canonical_url(str(target.with_user(None)) if target.raw_host else str(target))
    except ValueError as error:
        detail = f"{response.url.raw_host} redirects to what cannot be asked for: {error}"
        raise Failure("bad-redirect", detail, status=response.status) from error


async def drain(response: ClientResponse) -> None:
    """Read the rest of a short body that nobody wants."""
    length = response.content_length
    if length is not None and length <= MAX_DRAINED:
        await response.content.read()
