"""Jobs whose `against` names a collection, which grows and shrinks."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from pixcrawler_core.testing.web import SimulatedWeb
from tests.conftest import PHOTOGRAPHS, Command
from tests.e2e.jobs import check_dataset, image_requests, manifest, rows_in_catalog

JOB = """
[job]
name = "apart"
[urls]
file = "list.txt"
[dedup]
against = ["evaluation.index"]
[fetch]
allow_private_hosts = ["localhost"]
"""


@pytest.fixture
def keys(web: SimulatedWeb) -> list[str]:
    """Keys of four photographs."""
    return [each["key"] for each in web.photographs()[:4]]


@pytest.fixture
def job(tmp_path: Path, web: SimulatedWeb, keys: list[str]) -> Path:
    """A job for these, which must not have what is in `evaluation.index`."""
    (tmp_path / "evaluation").mkdir()
    (tmp_path / "list.txt").write_text("\n".join(map(web.photograph_url, keys)))
    (tmp_path / "apart.toml").write_text(JOB)
    return tmp_path / "apart.toml"


@pytest.mark.drill
def test_a_collection_that_has_changed_counts_for_what_was_fetched_before(
    pixcrawler: Command, job: Path, workspace: Path, web: SimulatedWeb, keys: list[str]
) -> None:
    evaluation = job.parent / "evaluation"

    def images() -> dict[str, int]:
        assert pixcrawler("dedup", evaluation, "--index", "evaluation.index").code == 0
        done = pixcrawler("run", job, "--json")
        assert done.code == 0, done.stderr
        return check_dataset(workspace, "apart")

    shutil.copy(PHOTOGRAPHS / keys[0], evaluation / "first.jpg")
    assert images() == {"images": 3}
    asked, made = len(image_requests(web)), manifest(workspace, "apart")
    assert images() == {"images": 3}
    assert manifest(workspace, "apart") == made, "nothing is chosen anew without a change"
    shutil.copy(PHOTOGRAPHS / keys[1], evaluation / "second.jpg")
    assert images() == {"images": 2}
    (evaluation / "first.jpg").unlink()
    assert images() == {"images": 3}
    (reason,) = rows_in_catalog(workspace, "SELECT detail FROM ledger_row WHERE reason = 'in-reference'")
    assert reason == (f"the same as {evaluation}/second.jpg (sha256, distance 0)",)
    assert len(image_requests(web)) == asked


@pytest.mark.drill
def test_what_is_noted_of_a_collection_is_no_part_of_the_job(
    pixcrawler: Command, job: Path, workspace: Path
) -> None:
    assert pixcrawler("dedup", "evaluation", "--index", "evaluation.index").code == 0
    assert pixcrawler("run", job).code == 0
    told = manifest(workspace, "apart")
    assert told["job"].keys() == {"job", "urls", "dedup", "fetch"}
    (job.parent / "good.csv").write_text(f"sha256\n{told['images'][0]['sha256']}\n")
    done = pixcrawler("review", "apart", "--accept", "good.csv")
    assert done.code == 0, done.stderr
    assert manifest(workspace, "apart")["job"] == told["job"]
