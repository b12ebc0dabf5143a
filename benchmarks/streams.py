"""`make bench-streams`: what idle streams of events cost a process, and how quickly it answers beside them.

Many clients follow jobs that wait (`GET /jobs/{id}/events`). Memory of a stream is what the answering process
holds resident beyond what it held before, divided by their number. Meanwhile one client asks for a job again
and again. At the end all clients leave, and it is counted how long their places stay taken.
"""

from __future__ import annotations

import argparse
import asyncio
import http.client
import os
import resource
import sys
import time
from pathlib import Path
from statistics import quantiles
from tempfile import TemporaryDirectory

from api import SETTINGS, running
from api_world import KEY, make
from measure import goal

PORT = 8433
LIVE = f"http://127.0.0.1:{PORT}/health/live"
JOBS = 100
"""Jobs that are followed, each by the same number of clients."""
AT_ONCE = 50
"""Clients that connect at once; a process that is late turns some away, and they ask again."""
SPARE = 500
"""Files that are open besides the streams."""
ASK = "GET /api/v1/jobs/{job}/events HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {key}\r\n\r\n"

Client = tuple[asyncio.StreamReader, asyncio.StreamWriter]


def resident(process: int) -> int:
    """Bytes that a process holds resident: proc(5)."""
    lines = Path(f"/proc/{process}/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmRSS:")) * 1024


def sockets(process: int) -> int:
    """Sockets that a process has open."""
    links = Path(f"/proc/{process}/fd").iterdir()
    return sum(os.readlink(link).startswith("socket:") for link in links if link.is_symlink())


async def follow(number: int, places: asyncio.Semaphore) -> Client:
    """A client that has had the first events of a job."""
    async with places:
        while True:
            reader, writer = await asyncio.open_connection("127.0.0.1", PORT, limit=4096)
            writer.write(ASK.format(job=1 + number % JOBS, key=KEY).encode())
            status = await reader.readline()
            if b" 200 " in status:
                await reader.readuntil(b"event: progress")
                return reader, writer
            writer.close()
            if b" 503 " not in status:
                raise SystemExit(f"the server answers {status.decode().strip()}")
            await asyncio.sleep(0.2)


async def followed(count: int) -> list[Client]:
    """So many clients."""
    places = asyncio.Semaphore(AT_ONCE)
    return await asyncio.gather(*(follow(number, places) for number in range(count)))


async def left(clients: list[Client], process: int, before: int) -> float:
    """Seconds until the server has noticed that all clients have gone."""
    begun = time.perf_counter()
    for _, writer in clients:
        writer.transport.abort()
    while sockets(process) > before:
        if time.perf_counter() - begun > 60:
            kept = sockets(process) - before
            raise SystemExit(f"the server keeps {kept} connections whose clients have gone")
        await asyncio.sleep(0.05)
    return time.perf_counter() - begun


def asked(seconds: float) -> tuple[list[float], int]:
    """Milliseconds of requests of one client, 50 a second, and how many others were turned away."""
    times: list[float] = []
    refused = 0
    connection = http.client.HTTPConnection("127.0.0.1", PORT)
    end = time.perf_counter() + seconds
    while time.perf_counter() < end:
        begun = time.perf_counter()
        connection.request("GET", "/api/v1/jobs/200", headers={"Authorization": f"Bearer {KEY}"})
        answer = connection.getresponse()
        answer.read()
        if answer.status == 200:
            times.append((time.perf_counter() - begun) * 1000)
        elif answer.status == 503:
            refused += 1
        else:
            raise SystemExit(f"the server answers {answer.status}")
        time.sleep(0.02)
    connection.close()
    return times, refused


async def report(process: int, count: int, seconds: float) -> None:
    """Measure everything, and print it."""
    files = sockets(process)
    await left(await followed(200), process, files)  # what is made once is made
    await asyncio.to_thread(asked, 2)
    files, before = sockets(process), resident(process)
    begun = time.perf_counter()
    clients = await followed(count)
    took, size = time.perf_counter() - begun, (resident(process) - before) / count
    times, refused = await asyncio.to_thread(asked, seconds)
    p95 = quantiles(times, n=100)[94]
    later = (resident(process) - before) / count
    gone = await left(clients, process, files)
    print(f"- {count} streams came in {took:.1f} s; {size / 1e3:.1f} kB a stream, {later / 1e3:.1f} kB later")
    print(f"- {len(times)} other requests in {seconds:.0f} s: p95 {p95:.1f} ms, slowest {max(times):.1f} ms")
    print(f"- turned away meanwhile, since the process was late: {refused}")
    print(f"- all clients left at once: noticed in {gone:.1f} s", end="\n\n")
    print(goal(f"under 25 kB a stream: {later / 1e3:.1f} kB", later < 25e3))
    print(goal(f"p95 of other requests under 20 ms: {p95:.1f} ms", p95 < 20))


def raise_limit(wanted: int) -> None:
    """Let this process, and those that it starts, open so many files."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard != resource.RLIM_INFINITY and hard < wanted:
        raise SystemExit(f"{wanted} open files are needed, and {hard} are allowed (ulimit -Hn)")
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, wanted), hard))


def wait_all(root: Path) -> None:
    """Let the first jobs wait: nobody runs them here."""
    from pixcrawler_core.catalog.models import CrawlJob
    from pixcrawler_core.workspace import Workspace

    with Workspace(root) as workspace:
        workspace.open()
        CrawlJob.update(status="queued", progress=0).where(CrawlJob.id <= JOBS).execute()


def main() -> None:
    """Parse options, make the workspace, run."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--streams", type=int, default=5000)
    parser.add_argument("--seconds", type=float, default=40)
    options = parser.parse_args()
    raise_limit(options.streams + SPARE)
    with TemporaryDirectory(prefix="pixcrawler-streams-") as folder:
        root = Path(folder) / "workspace"
        make(root, None, 1000, 1000)
        wait_all(root)
        (root / "server.toml").write_text(SETTINGS)
        command = [str(Path(sys.executable).parent / "pixcrawler"), "serve", "--without-worker", "--quiet"]
        command += ["--workspace", str(root), "--bind", f"127.0.0.1:{PORT}"]
        with running(command, LIVE) as process:
            asyncio.run(report(process, options.streams, options.seconds))


if __name__ == "__main__":
    main()
