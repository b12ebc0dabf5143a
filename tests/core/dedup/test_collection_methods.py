"""Collections, and the methods that study their files."""

from __future__ import annotations

import hashlib
import json
import os
from dataclasses import replace
from pathlib import Path

import pytest

from pixcrawler_core.dedup.collection import Collection
from pixcrawler_core.dedup.methods import Method
from pixcrawler_core.errors import ConfigError, WorkspaceError
from pixcrawler_core.image import Image
from tests.conftest import PHOTOGRAPHS
from tests.core.dedup.gathering import BOTH, BYTES, SHADES, Bytes, added, files, paired, picture


def test_a_method_that_comes_later_sees_all_files(home: Path, folder: Path) -> None:
    with Collection(home, [BYTES]) as collection:
        first = added(collection, files(folder))
    with Collection(home, BOTH) as collection:
        assert all(seen.read for seen in added(collection, files(folder)).values())
        assert not any(seen.read for seen in added(collection, files(folder)).values())
    with Collection(home, [SHADES]) as collection:
        again = added(collection, files(folder))
        assert not any(seen.read for seen in again.values())
        assert paired(collection) == {("a.png", "b.png")}
        picture(folder / "a.png", 200)
        added(collection, files(folder))
    with Collection(home, BOTH) as collection:
        assert added(collection, files(folder))["a.png"].read
        assert paired(collection) == {("a.png", "c.png")}
        assert first["b.png"].key == added(collection, files(folder))["b.png"].key


def test_methods_of_other_options_do_not_meet(home: Path, folder: Path) -> None:
    other = Method(name="bytes", matcher=Bytes(), version="bytes@2:0")
    with Collection(home, [BYTES]) as collection:
        added(collection, files(folder))
    with Collection(home, [other]) as collection:
        assert paired(collection) == set()
        added(collection, files(folder))
        assert paired(collection) == {("a.png", "b.png")}


class Failing(Bytes):
    """A method that raises what it likes, until it is mended."""

    broken = True

    def fingerprint(self, image: Image, /) -> dict[str, str]:
        if self.broken:
            raise ZeroDivisionError("by nothing")
        return {"sha256": image.sha256}


def test_what_a_plugin_raises_is_not_held_against_the_file(home: Path, folder: Path) -> None:
    matcher = Failing()
    with Collection(home, [BYTES, Method(name="failing", matcher=matcher, version="failing@1:0")]) as mine:
        failure = added(mine, files(folder))["a.png"].failure
        assert failure is not None
        assert failure.reason == "fingerprint-failed"
        assert "ZeroDivisionError: by nothing" in failure.detail
        matcher.broken = False
        assert added(mine, files(folder))["a.png"].key is not None


class Touching(Bytes):
    """A method during whose work the file is changed."""

    def fingerprint(self, image: Image, /) -> dict[str, str]:
        os.utime(image.path, (1, 1))
        return {"sha256": image.sha256}


def test_a_file_that_changes_while_it_is_read(home: Path, folder: Path) -> None:
    with Collection(home, [Method(name="touching", matcher=Touching(), version="touching@1:0")]) as mine:
        failure = added(mine, [folder / "a.png"])["a.png"].failure
        assert failure is not None
        assert failure.reason == "changed"
        assert added(mine, [folder / "a.png"])["a.png"].key is not None


class Viewed(Bytes):
    """A method to which it matters how the view was decoded."""

    def fingerprint(self, image: Image, /) -> dict[str, str]:
        return {"sha256": hashlib.sha256(image.view.tobytes()).hexdigest()}


def test_methods_do_not_influence_each_other(home: Path) -> None:
    photograph = PHOTOGRAPHS / "castles/chambord.jpg"
    viewed = Method(name="viewed", matcher=Viewed(), version="viewed@1:0")
    with Collection(home, [SHADES, viewed]) as mine:
        (seen,) = mine.add([photograph], 1)
        assert seen.key is not None
        assert mine.prints(seen.key)[viewed.version] == Viewed().fingerprint(Image.open(photograph))


def test_what_is_not_to_be_changed_must_have_the_methods(home: Path, folder: Path) -> None:
    with pytest.raises(WorkspaceError, match="cannot read the collection"):
        Collection(home, [BYTES], changing=False)
    assert not home.exists()
    with Collection(home, [BYTES]) as collection:
        added(collection, files(folder))
        with Collection(home, [BYTES], changing=False) as reading:
            assert paired(reading) == {("a.png", "b.png")}
    with pytest.raises(ConfigError, match=r"no fingerprints of shades@1:0 \(it has: bytes@1:0\)"):
        Collection(home, BOTH, changing=False)


def test_its_description_names_the_methods_in_the_order_of_their_coming(home: Path) -> None:
    strict, loose = (replace(BYTES, options={"radius": radius}) for radius in (3, 5))
    for methods in ([SHADES], [strict, SHADES], [loose]):
        Collection(home, methods).close()
    told = json.loads((home / "collection.json").read_text())
    assert told == {
        "version": 1,
        "methods": [
            {"name": "shades", "version": SHADES.version, "options": {}},
            {"name": "bytes", "version": BYTES.version, "options": {"radius": 3}},
        ],
    }
