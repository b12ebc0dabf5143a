"""What holds for dedupers."""

# ruff: noqa: S101  # these are tests

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from pixcrawler_core.components import Deduper
from pixcrawler_core.dedup.grouping import Matches
from pixcrawler_core.dedup.protocols import Index, Matcher
from pixcrawler_core.image import Image
from pixcrawler_core.testing.contracts.part import PartContract
from pixcrawler_core.testing.drawings import draw

EQUAL = 80
"""Images that a contract test adds, few of which differ: more than any index pairs all with all."""


class DeduperContract(PartContract):
    """What holds for every way to recognise images: fingerprints are JSON, an index on disk finds them."""

    component: Deduper

    def images(self, folder: Path) -> list[Image]:
        """Images of which none duplicates another."""
        return [_drawn(folder, f"image {number}") for number in range(5)]

    def duplicate(self, image: Image) -> Image:
        """Another image that must be recognised as a duplicate of `image`."""
        copy = image.path.with_name(f"copy of {image.path.name}")
        shutil.copyfile(image.path, copy)
        return Image.open(copy)

    @pytest.fixture
    def matcher(self) -> Matcher:
        """The method with its default options."""
        found: Matcher = self.build()
        return found

    def filled(self, matcher: Matcher, folder: Path) -> Index:
        """An index of `images` under the keys 10, 20, …, and of a duplicate of the second under 15."""
        images = self.images(folder)
        index = matcher.open(folder / "index")
        for number, image in enumerate(images, 1):
            index.add(10 * number, matcher.fingerprint(image))
        index.add(15, matcher.fingerprint(self.duplicate(images[1])))
        return index

    def test_fingerprints_are_json(self, matcher: Matcher, tmp_path: Path) -> None:
        """And always the same, so that they can be kept."""
        image = self.images(tmp_path)[0]
        told = matcher.fingerprint(image)
        assert json.loads(json.dumps(told)) == told == matcher.fingerprint(Image.open(image.path))

    def test_different_images_are_kept_apart(self, matcher: Matcher, tmp_path: Path) -> None:
        """None of them is found for another, and there are no pairs."""
        images = self.images(tmp_path)
        index = matcher.open(tmp_path / "index")
        for key, image in enumerate(images):
            fingerprint = matcher.fingerprint(image)
            assert [key for key, _ in self._found(matcher, index, image, images)] == []
            index.add(key, fingerprint)
        assert [pair for pair in index.pairs() if pair.sure] == []
        index.close()

    def test_a_duplicate_is_found(self, matcher: Matcher, tmp_path: Path) -> None:
        """At once, and again after the index was closed and opened."""
        image = self.images(tmp_path)[1]
        self.filled(matcher, tmp_path).close()
        index = matcher.open(tmp_path / "index")
        for _ in range(2):
            found = index.find(matcher.fingerprint(image))
            assert {match.key for match in found if match.sure} == {20, 15}
            assert [match.distance for match in found] == sorted(match.distance for match in found)
            assert {(pair.first, pair.second) for pair in index.pairs() if pair.sure} == {(15, 20)}
            index.flush()
        index.close()
        index.close()

    def test_pairs_tell_what_is_found(self, matcher: Matcher, tmp_path: Path) -> None:
        """For either image of a pair, with the lesser distance; also of equal ones, which may be left out."""
        first, second, third, *_ = self.images(tmp_path)
        prints = [matcher.fingerprint(image) for image in (first, second, third, self.duplicate(second))]
        index = matcher.open(tmp_path / "index")
        for key in range(EQUAL):
            index.add(key, prints[key % len(prints)])
        found: dict[tuple[int, int], float] = {}
        for key in range(EQUAL):
            for other, distance, sure in index.find(prints[key % len(prints)]):
                two = min(key, other), max(key, other)
                if sure and key != other:
                    found[two] = min(distance, found.get(two, distance))
        matches = Matches([index.pairs()])
        links = ((key, link) for key in range(EQUAL) for link in matches.of(key) if link.sure)
        assert {(key, link.image): link.distance for key, link in links if key < link.image} == found
        index.close()

    def test_keys_are_told_in_order(self, matcher: Matcher, tmp_path: Path) -> None:
        """Also those that wait to be written."""
        index = self.filled(matcher, tmp_path)
        assert list(index.keys()) == [10, 15, 20, 30, 40, 50]
        index.close()

    def test_a_removed_key_is_forgotten(self, matcher: Matcher, tmp_path: Path) -> None:
        """Whether it was written or not, and a key that is not there does no harm."""
        index = self.filled(matcher, tmp_path)
        for key in (15, 20, 20, 99):
            index.remove(key)
        assert list(index.keys()) == [10, 30, 40, 50]
        assert list(index.find(matcher.fingerprint(self.images(tmp_path)[1]))) == []
        index.close()

    def test_a_key_has_one_fingerprint(self, matcher: Matcher, tmp_path: Path) -> None:
        """The last one that it was given."""
        first, second, *_ = (matcher.fingerprint(image) for image in self.images(tmp_path))
        index = matcher.open(tmp_path / "index")
        for fingerprint in (first, first, second):
            index.add(1, fingerprint)
        assert [match.key for match in index.find(first)] == []
        assert [match.key for match in index.find(second)] == [1]
        index.close()

    def test_indexes_share_nothing(self, matcher: Matcher, tmp_path: Path) -> None:
        """Two folders do not see each other's images."""
        fingerprint = matcher.fingerprint(self.images(tmp_path)[0])
        one, other = matcher.open(tmp_path / "one"), matcher.open(tmp_path / "other")
        one.add(1, fingerprint)
        assert list(other.find(fingerprint)) == []
        one.close()
        other.close()

    def test_an_image_is_the_same_as_its_duplicate(self, matcher: Matcher, tmp_path: Path) -> None:
        """And as no other."""
        first, second, *_ = self.images(tmp_path)
        assert matcher.same(first, self.duplicate(first))
        assert not matcher.same(first, second)

    def _found(self, matcher: Matcher, index: Index, image: Image, images: list[Image]) -> Any:
        found = index.find(matcher.fingerprint(image))
        return [match[:2] for match in found if match.sure or matcher.same(image, images[match.key])]


def _drawn(folder: Path, seed: str) -> Image:
    path = folder / f"{seed}.jpg"
    draw(seed, (300, 300)).save(path)
    return Image.open(path)
