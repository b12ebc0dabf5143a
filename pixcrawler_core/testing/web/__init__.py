"""A small web on this machine, for tests and demonstrations: `SimulatedWeb` runs it as a subprocess."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Any
from urllib.parse import quote, urlsplit
from urllib.request import ProxyHandler, Request, build_opener

from pixcrawler_core.errors import PixCrawlerError

FOREVER = 1_000_000_000
"""A number of calls that no test makes."""
_open = build_opener(ProxyHandler({})).open


class SimulatedWeb:
    """The simulated web as a context manager; it stops with the block, and when this process dies.

    `photographs` is a folder with one subfolder a category. `faults` is the share (0 to 0.9) of faulty
    results that are added to the searches; `seed` picks which. Raises PixCrawlerError when the server does
    not start; the reason is on standard error.
    """

    def __init__(self, photographs: Path, *, faults: float = 0.0, seed: int = 1, port: int = 0) -> None:
        self.command = [sys.executable, "-m", "pixcrawler_core.testing.web", "--until-stdin-ends"]
        self.command += ["--photographs", str(photographs), "--port", str(port)]
        self.command += ["--faults", str(faults), "--seed", str(seed)]
        self.address = ""
        """The base address, such as `http://127.0.0.1:40123`, without a slash at the end."""
        self.proxy_url = ""
        """The address of a forward proxy that leads to this web only."""
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> SimulatedWeb:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def start(self) -> None:
        """Start the server and wait until it listens."""
        self._process = subprocess.Popen(self.command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)  # noqa: S603
        assert self._process.stdout is not None  # noqa: S101
        line = self._process.stdout.readline()
        if not line:
            self.stop()
            raise PixCrawlerError("the simulated web did not start; its message is on standard error")
        addresses = json.loads(line)
        self.address, self.proxy_url = addresses["address"], addresses["proxy"]

    def stop(self) -> None:
        """Stop the server; does nothing when it does not run."""
        if self._process is None:
            return
        with self._process as process:
            process.kill()
        self._process = None

    @property
    def port(self) -> int:
        """The port of all hosts."""
        return urlsplit(self.address).port or 0

    @property
    def openverse_url(self) -> str:
        """Base address of the Openverse API, to which `/v1/images/` is added."""
        return f"{self.address}/openverse"

    @property
    def wikimedia_url(self) -> str:
        """Address of the API of Wikimedia Commons."""
        return f"{self.address}/wikimedia/w/api.php"

    def engine_url(self, name: str) -> str:
        """Base address of a simulated source, to be given to it as its `endpoint`."""
        return f"{self.address}/{name}"

    def endpoint(self, name: str) -> str:
        """What any simulated source is given as its `endpoint`."""
        known = {"openverse": f"{self.openverse_url}/v1/images/", "wikimedia": self.wikimedia_url}
        return known.get(name, self.engine_url(name))

    def url(self, path: str = "/", host: str = "") -> str:
        """An address on this web: on `host`.localhost, or on 127.0.0.1 when no host is given."""
        return f"http://{host}.localhost:{self.port}{path}" if host else self.address + path

    def photograph_url(self, key: str, host: str = "photos-1") -> str:
        """The address of a photograph, given its key (`category/file name`)."""
        return self.url(f"/photographs/{quote(key)}", host)

    def fault_url(self, kind: str, key: str, argument: int | None = None, host: str = "faulty-1") -> str:
        """The address of a fault of the table in `pixcrawler_core.testing.web.faults` for a photograph."""
        middle = "" if argument is None else f"{argument}/"
        return self.url(f"/fault/{kind}/{middle}{quote(key)}", host)

    def log(self) -> list[dict[str, Any]]:
        """Every request since the last reset, control requests left out: see `exchange.Record`."""
        return self._read("log")

    def photographs(self) -> list[dict[str, Any]]:
        """Every photograph: key, category, title, tags, creator, licence, size, sha256 and engines."""
        return self._read("photographs")

    def entries(self) -> list[dict[str, Any]]:
        """Every search result: engine, url, label, licence, key of the photograph, and fault or None."""
        return self._read("entries")

    def throttle(self, engine: str, calls: int = 1, seconds: int = 1) -> None:
        """Answer the next calls of an engine with 429, asking to wait that many seconds."""
        self.fail(engine, calls, how="429", seconds=seconds)

    def fail(self, engine: str, calls: int = FOREVER, *, how: str = "500", seconds: int = 1) -> None:
        """Answer the next calls of a simulated source with a failure of `control.HOWS`."""
        self._change("fail", {"engine": engine, "calls": calls, "how": how, "seconds": seconds})

    def delay(self, milliseconds: float) -> None:
        """Make every image wait."""
        self._change("delay", {"milliseconds": milliseconds})

    def reset(self) -> None:
        """Forget the log, planned failures, the delay, and which faults were met before."""
        self._change("reset", {})

    def write_list(self, path: Path, format: str = "csv", *, big: int = 0, seed: int = 1) -> int:  # noqa: A002
        """Write a list of URLs with labels and licences; see `lists.write_list`. Returns its length.

        It has every search result, or with `big` that many photographs of the endless supply.
        """
        from pixcrawler_core.testing.web.lists import big_rows, entry_rows, write_list

        rows = big_rows(self.url(f"/big/{seed}", "big"), big) if big else entry_rows(self.entries())
        write_list(path, format, rows)
        return len(rows)

    def _read(self, what: str) -> list[dict[str, Any]]:
        with _open(f"{self.address}/control/{what}") as reply:
            rows: list[dict[str, Any]] = json.load(reply)
        return rows

    def _change(self, what: str, body: Mapping[str, Any]) -> None:
        data = json.dumps(body).encode()
        with _open(Request(f"{self.address}/control/{what}", data, method="POST")):  # noqa: S310
            return
