"""Users change their mind: jobs that were mended, lists that grew, files beside the images, lost bytes."""

from __future__ import annotations

import shutil
import socket
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from pixcrawler_core.testing.web import SimulatedWeb
from tests.conftest import PHOTOGRAPHS, Command
from tests.e2e.jobs import check_dataset, dataset, image_requests, manifest, rows_in_catalog, write_job

LOCAL = ("--allow-private-host", "localhost")


def test_mended_options_judge_again(
    tmp_path: Path, pixcrawler: Command, workspace: Path, web: SimulatedWeb
) -> None:
    strict = "[validators.dimensions]\nmin_width = 4000"
    assert pixcrawler("run", write_job(tmp_path / "mended.toml", web, ("fish",), 4, more=strict)).code == 3
    asked = len(image_requests(web))
    done = pixcrawler("run", write_job(tmp_path / "mended.toml", web, ("fish",), 4), "--json")
    assert (done.code, done.json["fetched"]) == (0, 0)
    assert len(image_requests(web)) == asked
    assert check_dataset(workspace, "mended") == {"fish": 4}


@pytest.mark.drill
def test_images_of_queries_that_are_asked_no_more_are_told_apart_by_new_rules_too(
    tmp_path: Path, pixcrawler: Command, workspace: Path, web: SimulatedWeb
) -> None:
    def run(keywords: list[str], engines: list[str], more: str = "") -> Counter[str]:
        path = write_job(tmp_path / "less.toml", web, ("castles",), 60, engines=engines, more=more)
        path.write_text(path.read_text().replace('keywords = ["castles"]', f"keywords = {keywords}"))
        assert pixcrawler("run", path).code == 3
        return Counter(image["query"] for image in manifest(workspace, "less")["images"])

    engines = ["openverse", "wikimedia"]
    first = run(["castles", "ruins"], engines)
    assert first["ruins"] > 3
    asked = len(image_requests(web))
    assert run(["castles"], engines[:1], '[dedup]\nmethods = ["sha256", "phash"]') == first
    assert len(image_requests(web)) == asked
    assert set(check_dataset(workspace, "less").values()) == {first.total()}


@pytest.mark.drill
def test_what_a_run_could_not_apply_is_applied_by_the_next_one(
    tmp_path: Path, pixcrawler: Command, workspace: Path, web: SimulatedWeb
) -> None:
    keys = [each["key"] for each in web.photographs()[:4]]
    (tmp_path / "list.txt").write_text("\n".join(map(web.photograph_url, keys)))
    (tmp_path / "evaluation").mkdir()
    shutil.copy(PHOTOGRAPHS / keys[0], tmp_path / "evaluation")
    job = tmp_path / "list.toml"
    plain = '[urls]\nfile = "list.txt"\n[fetch]\nallow_private_hosts = ["localhost"]\n'
    job.write_text(f'{plain}[dedup]\nmethods = ["sha256", "phash"]\n')
    assert pixcrawler("run", job).code == 0
    job.write_text(f'{job.read_text()}against = ["index"]\n')
    assert pixcrawler("dedup", "evaluation", "--index", "index", "--method", "sha256").code == 0
    assert pixcrawler("run", job).code == 2, "the collection lacks hashes"
    both = ("--method", "sha256", "--method", "phash")
    assert pixcrawler("dedup", "evaluation", "--index", "index", *both).code == 0
    assert pixcrawler("run", job).code in (0, 3)
    assert check_dataset(workspace, "list") == {"images": 3}


@pytest.mark.drill
def test_hosts_allowed_later_are_asked(
    tmp_path: Path, pixcrawler: Command, workspace: Path, web: SimulatedWeb
) -> None:
    (tmp_path / "list.txt").write_text(web.photograph_url(web.photographs()[0]["key"]))
    refused = pixcrawler("fetch", "list.txt", "--json")
    assert (refused.code, refused.json["states"]) == (3, {"refused": 1})
    assert pixcrawler("fetch", "list.txt", *LOCAL).code == 0
    assert check_dataset(workspace, "list") == {"images": 1}


@pytest.mark.drill
def test_a_list_that_grew(tmp_path: Path, pixcrawler: Command, workspace: Path, web: SimulatedWeb) -> None:
    urls = [web.photograph_url(each["key"]) for each in web.photographs()[:5]]
    (tmp_path / "list.txt").write_text("\n".join(urls[:2]))
    assert pixcrawler("fetch", "list.txt", *LOCAL).code == 0
    before = dataset(workspace, "list")
    (tmp_path / "list.txt").write_text("\n".join(urls))
    done = pixcrawler("fetch", "list.txt", *LOCAL, "--json")
    assert (done.code, done.json["fetched"], done.json["accepted"]) == (0, 3, 5)
    assert before.items() <= dataset(workspace, "list").items()


@pytest.mark.drill
def test_sidecar_files_stay_and_lost_exports_come_back(
    tmp_path: Path, pixcrawler: Command, workspace: Path, web: SimulatedWeb
) -> None:
    zipped = '[export]\nformats = ["zip"]'
    job = write_job(tmp_path / "side.toml", web, ("ruins",), 2, more=zipped)
    assert pixcrawler("run", job).code == 0
    caption = workspace / "datasets/dataset-side/categories/ruins/image_001.txt"
    caption.write_text("a ruin")
    (export,) = (workspace / "exports").iterdir()
    export.unlink()
    done = pixcrawler("run", job, "--json")
    assert done.json["exports"] == [str(export)]
    assert export.exists()
    assert pixcrawler("run", write_job(job, web, ("ruins",), 3, more=zipped)).code == 0
    assert caption.read_text() == "a ruin"


@pytest.mark.drill
def test_lost_bytes_are_fetched_again(
    tmp_path: Path, pixcrawler: Command, workspace: Path, web: SimulatedWeb
) -> None:
    job = write_job(tmp_path / "lost.toml", web, ("birds",), 3)
    assert pixcrawler("run", job).code == 0
    first, second, _ = (entry["sha256"] for entry in manifest(workspace, "lost")["images"])
    (workspace / "blobs" / first[:2] / first).write_bytes(b"")
    (workspace / "blobs" / second[:2] / second).unlink()
    assert pixcrawler("run", job).code == 0
    assert rows_in_catalog(workspace, "SELECT COUNT(*) FROM image") == [(3,)]
    assert {first, second} <= {entry["sha256"] for entry in manifest(workspace, "lost")["images"]}
    assert check_dataset(workspace, "lost") == {"birds": 3}


def test_a_silent_source_does_not_keep_a_full_run(
    tmp_path: Path, pixcrawler: Command, workspace: Path, web: SimulatedWeb
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        job = write_job(tmp_path / "silent.toml", web, ("fish",), 3)
        place = f"http://127.0.0.1:{silent.getsockname()[1]}/w/api.php"
        job.write_text(job.read_text().replace(web.wikimedia_url, place))
        done = pixcrawler("run", job)
    assert (done.code, done.seconds < 15) == (0, True)
    assert check_dataset(workspace, "silent") == {"fish": 3}


@pytest.mark.drill
def test_accepted_images_are_judged_by_new_thresholds(
    tmp_path: Path, pixcrawler: Command, workspace: Path, web: SimulatedWeb
) -> None:
    job = tmp_path / "stricter.toml"
    medium = "validators.colours.enabled = true\nvalidators.graphic = {{ enabled = true, threshold = {} }}"
    loose = medium.format(0.0)

    def run(more: str, wanted: int) -> dict[str, Any]:
        text = write_job(job, web, ("fish",), wanted).read_text()
        job.write_text(f"{more}\n{text}")
        done = pixcrawler("run", job, "--json")
        assert done.code in (0, 3), done.stderr
        result: dict[str, Any] = done.json
        return result

    assert run(loose, 6)["accepted"] == 6
    before = {entry["sha256"]: entry for entry in manifest(workspace, "stricter")["images"]}
    scores = {digest: entry["scores"]["graphic"]["score"] for digest, entry in before.items()}
    middle = sorted(scores.values())[3]
    fine = {digest for digest, score in scores.items() if score >= middle}
    assert 0 < len(fine) < 6
    run(medium.format(middle), 6)
    after = {entry["sha256"]: entry for entry in manifest(workspace, "stricter")["images"]}
    assert fine <= after.keys()
    assert not (before.keys() - fine) & after.keys()
    assert {after[digest]["path"] for digest in fine} == {before[digest]["path"] for digest in fine}
    again = run(loose, 6)
    assert again["fetched"] == 0
