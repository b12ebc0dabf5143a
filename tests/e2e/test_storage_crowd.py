"""Two processes at once on one stored dataset: both end well or say why not, and no object is half."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from tests.conftest import Command, Finished, wait
from tests.e2e.reviews import NAME
from tests.e2e.stores import FOLDER, UNIT, age, files, told
from tests.plugins.stores.azurite import azurite, connection_string

pytestmark = [pytest.mark.drill, pytest.mark.timeout(180)]
TIERS = ("hot", "warm", "cold")
PAIRS = (
    (("tier", NAME, "warm"), ("tier", NAME, "cold")),
    (("tier", NAME, "cold"), ("tier", NAME, "cold")),
    (("push", NAME), ("tier", NAME, "cold")),
    (("push", NAME), ("push", NAME)),
    (("push", NAME), ("sweep",)),
    (("sweep",), ("sweep",)),
    (("tier", NAME, "warm"), ("sweep",)),
)


@pytest.fixture(scope="module")
def azure() -> Iterator[str]:
    """The connection string of an Azurite."""
    with azurite() as address:
        yield connection_string(address)


@pytest.fixture(params=["filesystem", "azure"])
def store(
    request: pytest.FixtureRequest, job: Path, workspace: Path, tmp_path: Path, pixcrawler: Command
) -> str:
    """The kind of a store, in which the dataset is; all in it is due for the cold tier."""
    kind = str(request.param)
    if kind == "azure":
        pixcrawler.environment["AZURE_STORAGE_CONNECTION_STRING"] = request.getfixturevalue("azure")
        options = f'container = "c{uuid4().hex}"\ncreate_container = true\n'
    else:
        options = f"path = {json.dumps(str(tmp_path / 'store'))}\n"
    (workspace / "storage.toml").write_text(
        f'[storage]\nstores = ["{kind}"]\nwarm_after = 0\ncold_after = 1\n[storage.{kind}]\n{options}'
    )
    told(pixcrawler, "push", NAME)
    if kind == "filesystem":
        age(tmp_path / "store", 2)
    return kind


def at_once(pixcrawler: Command, *commands: tuple[str, ...]) -> list[Finished]:
    """Start commands side by side; each ends well, or with one sentence that says what is in its way."""
    started = [pixcrawler.start("storage", *command) for command in commands]
    done = [wait(process) for process in started]
    for each in done:
        assert each.code in (0, 1, 3), each.stderr
        assert "Traceback" not in each.stderr
        if each.code == 1:
            (sentence,) = each.stderr.splitlines()
            assert "; " in sentence, sentence
    assert any(each.code in (0, 3) for each in done), [each.stderr for each in done]
    return done


def objects(pixcrawler: Command) -> dict[str, Any]:
    """All objects of the dataset, by their keys, each of them in one tier."""
    listed = pixcrawler("storage", "ls", NAME, "--json")
    assert listed.code == 0, listed.stderr
    found = [json.loads(line) for line in listed.stdout.splitlines()]
    assert len({each["key"] for each in found}) == len(found)
    assert all(each["tier"] in TIERS for each in found)
    return {each["key"]: each for each in found}


@pytest.mark.parametrize("pair", PAIRS, ids=lambda pair: " and ".join(" ".join(each) for each in pair))
def test_two_at_once(
    pixcrawler: Command, workspace: Path, tmp_path: Path, store: str, pair: tuple[tuple[str, ...], ...]
) -> None:
    at_once(pixcrawler, *pair)
    before = files(workspace / UNIT)
    assert set(objects(pixcrawler)) == {f"{UNIT}/{path}" for path in before}
    if store == "filesystem":
        assert told(pixcrawler, "check", "--full")["problems"] == []
    back = pixcrawler("storage", "rehydrate", NAME, "--wait")
    assert back.code == 0, back.stderr
    pulled = pixcrawler("storage", "pull", NAME, "--output", tmp_path / "back")
    assert pulled.code == 0, pulled.stderr
    assert files(tmp_path / "back" / FOLDER) == before


def test_a_takedown_beside_a_push(pixcrawler: Command, workspace: Path, store: str) -> None:
    """What is archived goes where it is, and does not come back."""
    digest = next(each["sha256"] for key, each in objects(pixcrawler).items() if "/categories/" in key)
    assert pixcrawler("storage", "tier", NAME, "cold").code == 0
    command = ("takedown", "--sha256", digest, "--yes")
    started = [pixcrawler.start(*command), pixcrawler.start("storage", "push", NAME)]
    taken, pushed = (wait(process) for process in started)
    assert pushed.code == 0 or "; " in pushed.stderr
    if taken.code:
        assert "wait until" in taken.stderr
        assert pixcrawler(*command).code == 0
    left = objects(pixcrawler)
    assert digest not in {each["sha256"] for each in left.values()}
    assert set(left) == {f"{UNIT}/{path}" for path in files(workspace / UNIT)}
