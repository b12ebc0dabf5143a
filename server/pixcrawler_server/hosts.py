"""By which names a server may be asked that nobody but this machine reaches.

A page of the web can give its own name the address of this machine (DNS rebinding), and would then be
answered as if it were ours; but the browser tells the name in `Host`.
"""

from __future__ import annotations

import ipaddress
from functools import lru_cache
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from pixcrawler_server.errors import Misdirected

if TYPE_CHECKING:
    from falcon.asgi import Request, Response

    from pixcrawler_server.settings import ServerTable


REMEMBERED = 1000
"""Names and addresses of which it is known whether they are ours."""


class Hosts:
    """Falcon middleware: refuses all names but those of this machine, of `base_url` and in `hosts`."""

    def __init__(self, server: ServerTable) -> None:
        self._names = {_name_of(urlsplit(server.url).netloc), *map(str.lower, server.hosts)}
        self._is_ours = lru_cache(REMEMBERED)(self._answers)

    async def process_request(self, req: Request, resp: Response) -> None:
        """Raise Misdirected for a name that is none of ours."""
        host, address = req.get_header("Host") or "", (req.scope.get("server") or ("",))[0] or ""
        if not self._is_ours(host, address):
            raise Misdirected(
                f"nothing is known of a host {_name_of(host)[:80]!r} here; where clients reach this server "
                "by that name, write it into hosts, in [server] of server.toml"
            )

    def _answers(self, host: str, address: str) -> bool:
        name = _name_of(host)
        return name in self._names or is_loopback(name) or not is_loopback(address)


def binds_here(bind: str) -> bool:
    """Whether nobody but this machine reaches a server that is bound so."""
    return is_loopback(bind.rpartition(":")[0].strip("[]"))


def is_loopback(host: str) -> bool:
    """Whether a name or an address is that of this machine alone."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _name_of(host: str) -> str:
    """The name in `Host`, without the port and in small letters; what is none as it came."""
    try:
        return urlsplit(f"//{host}").hostname or host
    except ValueError:
        return host
