"""What holds for labelers."""

# ruff: noqa: S101  # these are tests

from __future__ import annotations

import atexit
import functools
import hashlib
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from pixcrawler_core.components import Labeler, LabelImage
from pixcrawler_core.image import Image
from pixcrawler_core.labelling import as_json
from pixcrawler_core.records import Candidate, Label
from pixcrawler_core.testing.contracts.part import PartContract
from pixcrawler_core.testing.images import nasty_images

ODD = "<b>a\0\n\u202e\ud800</b>" * 50
"""A text from the web that is not fit to be the name of a label."""
CANDIDATES = (
    Candidate(engine="e", category="a category", query="q", image_url="https://a.example/1.jpg"),
    Candidate(
        engine=ODD, category=ODD, query=ODD, image_url=ODD, title=ODD, alt=ODD, tags=(ODD, "", "\0"),
        format=ODD, page_url=ODD, site=ODD, creator=ODD, date=ODD, engine_id=ODD, extra={ODD: [ODD, None]},
    ),
    Candidate(engine="", category="\0", query="", image_url="", title="", alt=" ", tags=("",)),
)  # fmt: skip
"""What sources may tell of an image."""
FEW = frozenset(
    {"plain.jpg", "grey.jpg", "cmyk.jpg", "rotated.jpg", "alpha.png", "16-bit.png", "one-pixel.png"}
)
"""Files that are labelled again and again: labelers with large models take their time."""


class LabelerContract(PartContract):
    """What holds for every labeler: it labels any picture, always alike, in any thread, changing nothing."""

    component: Labeler

    def test_it_has_a_version(self) -> None:
        """It is kept with each label."""
        assert self.component.version.isprintable()
        assert self.component.version

    def test_it_gives_labels_for_any_picture(self) -> None:
        """Grey or in colour, transparent, tiny, turned; whatever its source told, and where none told."""
        labeler = self.build()
        images = [Image.open(path) for path in _paths()] + _images()
        for image in images:
            labels = list(labeler(image))
            assert all(isinstance(label, Label) and as_json(label) for label in labels), labels

    def test_it_always_says_the_same(self) -> None:
        """Neither time nor the images before it change a label."""
        assert self.labels() == dict(reversed(list(self.labels(backwards=True).items())))

    def test_it_runs_in_threads(self) -> None:
        """One labeler serves many threads, one image each."""
        labeler, images = self.build(), _images() * 2
        with ThreadPoolExecutor(4) as pool:
            labels = list(pool.map(lambda image: list(labeler(image)), images))
        alone = list(self.labels().values())
        assert labels == alone * 2

    def test_it_leaves_the_file_alone(self) -> None:
        """The bytes after it are the bytes before it."""
        images = _images()
        self.labels()
        changed = [i.path.name for i in images if _digest(i.path) != i.sha256]
        assert not changed

    def labels(self, *, backwards: bool = False) -> dict[tuple[str, int], list[Label]]:
        """What a fresh labeler says of each picture, by its name and the number of its candidate."""
        labeler: LabelImage = self.build()
        images = [*enumerate(_images())]
        return {
            (image.path.name, number): list(labeler(image))
            for number, image in (reversed(images) if backwards else images)
        }


@functools.cache
def _paths() -> tuple[Path, ...]:
    """Files that decode: no other image is kept."""
    folder = tempfile.TemporaryDirectory(prefix="pixcrawler-labels-")
    atexit.register(folder.cleanup)
    return tuple(nasty.path for nasty in nasty_images(Path(folder.name)) if nasty.reason is None)


def _images() -> list[Image]:
    paths = [path for path in _paths() if path.name in FEW]
    return [Image.open(path) for path in paths] + [Image.open(paths[0], each) for each in CANDIDATES]


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
