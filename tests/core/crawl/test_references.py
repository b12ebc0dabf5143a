"""What a dataset must not have, whose files are gone or changed meanwhile."""

from __future__ import annotations

import logging
import shutil
from contextlib import closing
from pathlib import Path

import pytest

from pixcrawler_core.crawl.references import References, digest_of
from pixcrawler_core.dedup.collection import Collection
from pixcrawler_core.dedup.recogniser import Study
from pixcrawler_core.errors import WorkspaceError
from pixcrawler_core.image import Image
from tests.core.dedup.gathering import BOTH, BYTES, SHADES, added, files, picture

SHADE = 30
METHODS = [SHADES, BYTES]


@pytest.fixture
def reference(tmp_path: Path) -> Path:
    """The folder of pictures that must not be met: a copy of the image, and two that may be like it."""
    folder = tmp_path / "reference"
    folder.mkdir()
    picture(folder / "0-near.png", SHADE, 1)
    shutil.copy(picture(tmp_path / "image.png", SHADE, 2), folder / "1-copy.png")
    Image.open(tmp_path / "image.png").analysis.save(folder / "2-equal.png")
    return folder


@pytest.fixture
def home(reference: Path, tmp_path: Path) -> Path:
    """A collection of these."""
    with Collection(tmp_path / "collection", METHODS) as collection:
        added(collection, files(reference))
    return tmp_path / "collection"


def found(home: Path) -> str | None:
    """The name of what the image duplicates."""
    image = Image.open(home.parent / "image.png", detailed=True)
    study = Study(prints={each.name: each.fingerprint(image, {}) for each in METHODS})
    with closing(References([home], METHODS)) as references:
        told = [references.find(image, study) for _ in range(3)]
    assert told == [told[0]] * 3
    return told[0].split(" (")[0].rpartition("/")[2] if told[0] else None


def test_what_is_gone_hides_nothing_and_what_is_sure_stays_so(
    home: Path, reference: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """As `pixcrawler dedup --against` tells it."""
    assert found(home) == "1-copy.png"
    (reference / "1-copy.png").unlink()
    assert found(home) == "2-equal.png"
    shutil.rmtree(reference)
    assert found(home) == "1-copy.png"
    assert caplog.messages == []


def test_what_cannot_be_looked_at_is_told_once(
    home: Path, reference: Path, caplog: pytest.LogCaptureFixture
) -> None:
    picture(reference / "1-copy.png", 99)
    for name in ("0-near.png", "2-equal.png"):
        (reference / name).unlink()
    with caplog.at_level(logging.WARNING):
        assert found(home) is None
    (told,) = caplog.messages
    assert "/1-copy.png, which is in a collection of [dedup] against, cannot be compared: it was ch" in told


def test_a_digest_tells_of_what_a_collection_has(home: Path, reference: Path) -> None:
    def digest(methods: list[str], gone: str = "") -> str:
        with Collection(home, [each for each in BOTH if each.name in methods]) as collection:
            (reference / gone).unlink() if gone else None
            collection.remove_gone(reference)
            added(collection, files(reference))
        return digest_of(home)

    first = digest_of(home)
    (reference / "0-near.png").touch()
    assert digest(["bytes", "shades"]) == first
    picture(reference / "3-new.png", 99)
    second = digest(["bytes"])
    third = digest(["bytes", "shades"])
    picture(reference / "0-near.png", 98)
    fourth = digest(["bytes", "shades"])
    fifth = digest(["bytes", "shades"], gone="2-equal.png")
    assert len({first, second, third, fourth, fifth}) == 5
    with pytest.raises(WorkspaceError, match="cannot read the collection"):
        digest_of(reference)
