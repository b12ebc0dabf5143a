from __future__ import annotations

import csv
import io
import json
import os
import subprocess
import sys
import time
import urllib.request
from pathlib import Path
from urllib.error import HTTPError

import pyarrow.parquet as pq
import pytest
from PIL import Image

from pixcrawler_core.errors import PixCrawlerError
from pixcrawler_core.testing.crops import main as crops_main
from pixcrawler_core.testing.crops import write_crops
from pixcrawler_core.testing.web import SimulatedWeb
from pixcrawler_core.testing.web.client import get

KEY = "lighthouse/lighthouse-03.jpg"


def through_proxy(web: SimulatedWeb, url: str) -> tuple[int, bytes]:
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({"http": web.proxy_url}))
    try:
        with opener.open(url, timeout=10) as reply:
            return reply.status, reply.read()
    except HTTPError as error:
        with error:
            return error.code, error.read()


def read_list(path: Path) -> list[dict[str, str]]:
    if path.suffix == ".parquet":
        rows: list[dict[str, str]] = pq.read_table(path).to_pylist()
        return rows
    text = path.read_text(encoding="utf-8")
    if path.suffix == ".jsonl":
        return [json.loads(line) for line in text.splitlines()]
    if path.suffix == ".txt":
        return [{"url": url} for url in text.splitlines()]
    return list(csv.DictReader(io.StringIO(text), delimiter="\t" if path.suffix == ".tsv" else ","))


def ask_for_seconds(url: str, seconds: float) -> None:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        get(url)
        time.sleep(0.01)


def test_log_has_every_request_and_no_control_request(simulated_web: SimulatedWeb) -> None:
    get(simulated_web.photograph_url(KEY), agent="Tester/1")
    get(simulated_web.url("/nothing?a=b%20c", "photos-2"))
    first, second = simulated_web.log()
    size = next(photograph["size"] for photograph in simulated_web.photographs() if photograph["key"] == KEY)
    assert (first["host"], first["path"], first["user_agent"]) == (
        "photos-1.localhost",
        f"/photographs/{KEY}",
        "Tester/1",
    )
    assert (first["status"], first["sent"], first["completed"], first["proxied"]) == (200, size, True, False)
    assert first["ended"] >= first["started"]
    assert (second["status"], second["path"]) == (404, "/nothing?a=b%20c")


def test_control_belongs_to_the_loopback_address(simulated_web: SimulatedWeb) -> None:
    assert get(simulated_web.url("/control/log", "photos-1")).status == 404
    assert get(simulated_web.url("/control/log")).status == 200


@pytest.mark.parametrize(
    ("engine", "how"), [("nowhere", "500"), ("openverse", "boredom")], ids=["engine", "how"]
)
def test_control_refuses_what_makes_no_sense(simulated_web: SimulatedWeb, engine: str, how: str) -> None:
    with pytest.raises(HTTPError) as caught:
        simulated_web.fail(engine, how=how)
    with caught.value as error:
        assert error.code == 400
        assert "must be one of" in error.read().decode()


def test_engine_fails_until_reset(simulated_web: SimulatedWeb) -> None:
    url = f"{simulated_web.openverse_url}/v1/images/?q=panda"
    simulated_web.fail("openverse")
    assert [get(url).status for _ in range(3)] == [500, 500, 500]
    assert get(f"{simulated_web.wikimedia_url}?action=x").status == 200
    simulated_web.reset()
    assert get(url).status == 200


def test_planned_failures_come_in_order(simulated_web: SimulatedWeb) -> None:
    url = f"{simulated_web.openverse_url}/v1/images/?q=panda"
    simulated_web.fail("openverse", 1, how="503")
    simulated_web.fail("openverse", 1, how="html")
    replies = [get(url) for _ in range(3)]
    assert [reply.status for reply in replies] == [503, 200, 200]
    assert replies[1].headers["content-type"].startswith("text/html")
    assert replies[2].json()["result_count"] > 0


def test_delay_makes_images_wait(simulated_web: SimulatedWeb) -> None:
    simulated_web.delay(200)
    started = time.monotonic()
    get(simulated_web.photograph_url(KEY))
    assert time.monotonic() - started >= 0.2


def test_proxy_serves_this_web_and_says_so(simulated_web: SimulatedWeb, photographs: Path) -> None:
    status, body = through_proxy(simulated_web, simulated_web.photograph_url(KEY))
    assert (status, body) == (200, (photographs / KEY).read_bytes())
    (record,) = simulated_web.log()
    assert (record["host"], record["path"], record["proxied"]) == (
        "photos-1.localhost",
        f"/photographs/{KEY}",
        True,
    )


def test_proxy_leads_nowhere_else(simulated_web: SimulatedWeb) -> None:
    status, body = through_proxy(simulated_web, "http://10.0.0.1/secret")
    assert (status, b"does not go to 10.0.0.1" in body) == (502, True)
    assert simulated_web.log()[0]["host"] == "10.0.0.1"


@pytest.mark.parametrize("kind", ["csv", "tsv", "jsonl", "parquet", "txt"])
def test_lists_hold_every_result(simulated_web: SimulatedWeb, tmp_path: Path, kind: str) -> None:
    path = tmp_path / f"list.{kind}"
    count = simulated_web.write_list(path, kind)
    expected = [
        {name: entry[name] for name in ("url", "label", "licence")} for entry in simulated_web.entries()
    ]
    rows = read_list(path)
    if kind == "txt":
        assert [row["url"] for row in rows] == [row["url"] for row in expected]
        rows = expected
    assert rows == expected
    assert count == len(expected)


def test_lists_in_other_formats_are_refused(simulated_web: SimulatedWeb, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="xlsx"):
        simulated_web.write_list(tmp_path / "list.xlsx", "xlsx")


def test_endless_supply_is_distinct_stable_and_decodes(simulated_web: SimulatedWeb, tmp_path: Path) -> None:
    assert simulated_web.write_list(tmp_path / "big.txt", "txt", big=6, seed=7) == 6
    urls = (tmp_path / "big.txt").read_text().splitlines()
    bodies = [get(url).body for url in urls]
    assert len(set(bodies)) == 6
    assert get(urls[0]).body == bodies[0]
    assert get(urls[0].replace("/7/", "/8/")).body != bodies[0]
    for body in bodies:
        assert 30_000 < len(body) < 90_000
        with Image.open(io.BytesIO(body)) as image:
            image.load()
            assert (image.format, image.size) == ("JPEG", (800, 600))


@pytest.mark.parametrize("path", ["/big/1/x.jpg", "/big/1/2.png", "/big/1/" + "9" * 5000 + ".jpg", "/big"])
def test_endless_supply_has_numbers_only(simulated_web: SimulatedWeb, path: str) -> None:
    assert get(simulated_web.url(path)).status == 404


def test_crops_are_written_for_serving(
    photographs: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "crops"
    monkeypatch.setattr(sys, "argv", ["crops", str(photographs), str(out), "--count", "4", "--seed", "3"])
    crops_main()
    files = sorted(out.glob("*/*.jpg"))
    assert len({file.read_bytes() for file in files}) == 4
    with pytest.raises(SystemExit, match="has no photographs"):
        write_crops(tmp_path / "crops" / "lighthouse", out, 1)


def test_faults_are_sprinkled_over_results(photographs: Path) -> None:
    with SimulatedWeb(photographs, faults=0.3, seed=1) as web:
        faults = [entry["fault"] for entry in web.entries()]
        url = f"{web.openverse_url}/v1/images/?q=panda"
        urls = [result["url"] for result in get(url).json()["results"]]
    assert sum(fault is not None for fault in faults) == pytest.approx(0.3 * len(faults), abs=4)
    assert any("/fault/" in url for url in urls)


def test_server_stops_with_the_block(photographs: Path) -> None:
    with SimulatedWeb(photographs) as web:
        url = web.url("/")
        assert get(url).status == 404
    with pytest.raises(ConnectionRefusedError):
        get(url)


def test_server_stops_when_its_parent_is_killed(photographs: Path) -> None:
    script = (
        "import sys, time; from pathlib import Path; from pixcrawler_core.testing.web import SimulatedWeb\n"
        "with SimulatedWeb(Path(sys.argv[1])) as web: print(web.url('/'), flush=True); time.sleep(60)"
    )
    command = [sys.executable, "-c", script, str(photographs)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout is not None
        url = parent.stdout.readline().strip()
        assert get(url).status == 404
        parent.kill()
    with pytest.raises((ConnectionRefusedError, ConnectionResetError)):
        ask_for_seconds(url, 3)


def test_command_line_prints_one_json_line(photographs: Path) -> None:
    command = [sys.executable, "-m", "pixcrawler_core.testing.web", "--photographs", str(photographs)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stdin=subprocess.DEVNULL) as process:
        assert process.stdout is not None
        addresses = json.loads(process.stdout.readline())
        assert get(addresses["address"] + "/").status == 404
        process.terminate()
    assert set(addresses) == {"address", "proxy"}


def test_unusable_folder_is_one_clear_line(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(PixCrawlerError, match="did not start"), SimulatedWeb(tmp_path):
        pass
    message = capfd.readouterr().err
    assert message.startswith("error: ")
    assert message.count(os.linesep) == 1
    assert "has no photographs" in message


def test_unicode_and_spaces_in_names(tmp_path: Path) -> None:
    folder = tmp_path / "grüne wiese"
    folder.mkdir()
    Image.new("RGB", (64, 48), "green").save(folder / "Gänse & Co.jpg")
    with SimulatedWeb(tmp_path) as web:
        body = (folder / "Gänse & Co.jpg").read_bytes()
        assert [get(entry["url"]).body for entry in web.entries()] == [body, body]
        assert get(web.fault_url("ok", "grüne wiese/Gänse & Co.jpg")).body == body


def test_importing_the_package_loads_nothing_heavy() -> None:
    heavy = "{'aiohttp', 'PIL', 'numpy', 'pyarrow', 'pytest'}"
    script = f"import sys, pixcrawler_core.testing.web; print({heavy} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"
