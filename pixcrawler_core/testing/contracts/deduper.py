"""What holds for dedupers."""

# ruff: noqa: S101  # these are tests

from __future__ import annotations

import shutil
from pathlib import Path

from pixcrawler_core.components import Deduper
from pixcrawler_core.image import Image
from pixcrawler_core.testing.contracts.part import PartContract
from pixcrawler_core.testing.drawings import draw


class DeduperContract(PartContract):
    """What holds for every index: it names the image that was there first, and remembers no duplicate."""

    component: Deduper

    def images(self, folder: Path) -> list[Image]:
        """Images of which none duplicates another."""
        return [_drawn(folder, f"image {number}") for number in range(5)]

    def duplicate(self, image: Image) -> Image:
        """Another image that must be recognised as a duplicate of `image`."""
        copy = image.path.with_name(f"copy of {image.path.name}")
        shutil.copyfile(image.path, copy)
        return Image.open(copy)

    def test_different_images_are_kept(self, tmp_path: Path) -> None:
        """None of them is called a duplicate."""
        index = self.build()
        assert [index.add(key, image) for key, image in enumerate(self.images(tmp_path))] == [None] * 5
        index.close()

    def test_a_duplicate_gets_the_first_key(self, tmp_path: Path) -> None:
        """Also after other duplicates, which are not remembered."""
        index = self.build()
        first, *others = self.images(tmp_path)
        assert index.add(7, first) is None
        for key, image in enumerate(others, 20):
            index.add(key, image)
        copy = self.duplicate(first)
        assert [index.add(8, copy), index.add(9, copy), index.add(10, first)] == [7, 7, 7]
        index.close()

    def test_an_image_does_not_duplicate_itself(self, tmp_path: Path) -> None:
        """Adding the same row again, as a resumed run does, changes nothing."""
        index = self.build()
        image = self.images(tmp_path)[0]
        assert [index.add(3, image), index.add(3, image)] == [None, None]
        assert index.add(4, self.duplicate(image)) == 3
        index.close()

    def test_indexes_share_nothing(self, tmp_path: Path) -> None:
        """Two runs do not see each other's images."""
        image = self.images(tmp_path)[0]
        one, other = self.build(), self.build()
        assert [one.add(1, image), other.add(2, image)] == [None, None]
        one.close()
        other.close()


def _drawn(folder: Path, seed: str) -> Image:
    path = folder / f"{seed}.jpg"
    draw(seed, (300, 300)).save(path)
    return Image.open(path)
