"""Datasets with images, as a run would have left them, made without a crawl."""

from __future__ import annotations

import io
from dataclasses import dataclass, field
from itertools import count
from typing import Any

from PIL import Image as Pillow
from PIL import ImageDraw

from pixcrawler_core.assembly.dataset import Assembly
from pixcrawler_core.catalog.models import CrawlJob, Dataset, Image
from pixcrawler_core.catalog.reviewing import ReviewLedger
from pixcrawler_core.image import Image as Picture
from pixcrawler_core.records import Candidate, Outcome, Stage, State
from tests.server.conftest import Api

_numbers = count()
JOB = {"job": {"name": "Cats", "keywords": ["cat"], "report": False}}


def picture(number: int = 0, form: str = "JPEG", size: tuple[int, int] = (80, 60)) -> bytes:
    """A small picture that differs from those of other numbers."""
    drawn = Pillow.new("RGB", size, (number * 53 % 256, number * 97 % 256, 90))
    pen = ImageDraw.Draw(drawn)
    for line in range(8):
        pen.line((line * number * 7 % 80, 0, (line * 31 + number * 11) % 80, 60), (250, line * 30, 0), 3)
    into = io.BytesIO()
    drawn.save(into, form)
    return into.getvalue()


@dataclass
class Filled:
    """A dataset in a project, and what fills it."""

    api: Api
    project: int
    id: str = field(default_factory=lambda: f"cats-{next(_numbers)}")

    def __post_init__(self) -> None:
        Dataset.create(id=self.id, name="Cats", project=self.project)
        self.begin()

    def begin(self) -> None:
        """Begin another job, which finds images from now on."""
        job = CrawlJob.create(dataset=self.id, max_images=5, status="completed", config=JOB)
        self.ledger = ReviewLedger(self.api.services.catalog.database, job.id)

    def keep(self, number: int = 1, *, category: str = "cat", form: str = "JPEG", **changes: Any) -> Image:
        """An image that the dataset keeps."""
        self.find(number, State.ACCEPTED, category=category, form=form, **changes)
        image: Image = Image.select().order_by(Image.id.desc()).get()
        return image

    def find(
        self, number: int, state: State, *, category: str = "cat", form: str = "JPEG", **changes: Any
    ) -> Candidate:
        """A row in this state whose bytes were fetched."""
        told: dict[str, Any] = {"engine": "openverse", "license": "cc0-1.0"}
        told["image_url"] = f"https://a.example/{next(_numbers)}.jpg"
        names = ("engine", "license", "title", "image_url")
        told |= {name: changes.pop(name) for name in names if name in changes}
        stream = self.ledger.open_stream(category, told["engine"], f"{category} {next(_numbers)}")
        candidate = Candidate(category=category, query=stream.query, **told)
        (found,) = self.ledger.add_page(stream.id, 1, [candidate], None, True)
        blob = self.api.services.workspace.blobs.put([picture(number, form)])
        image = Picture(blob.path, blob.sha256, blob.size)
        known: dict[str, Any] = {
            "state": state, "stage": Stage.SELECTION, "sha256": blob.sha256, "size": blob.size,
            "format": form, "width": 80, "height": 60, "phash": image.phash, "final_url": found.image_url,
            "consent": {"robots_txt": "allowed"}, "scores": {"sharpness": {"score": 0.5, "threshold": 0.2}},
            "number": self.ledger.next_number(category) if state is State.ACCEPTED else None,
        }  # fmt: skip
        self.ledger.apply([(found, Outcome(**{**known, **changes}))])
        return found

    def assemble(self) -> None:
        """Write its folder."""
        workspace = self.api.services.workspace
        Assembly(
            dataset=self.id,
            name="Cats",
            folder=workspace.dataset(self.id),
            ledger=self.ledger,
            blobs=workspace.blobs,
            goals={"cat": 5},
            job=JOB,
            now=self.api.clock(),
        ).run()
