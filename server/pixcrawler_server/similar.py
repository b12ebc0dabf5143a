"""Looks for images of a dataset that look like another one, in the index that runs use, too."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from contextlib import closing, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from pixcrawler_core.catalog.models import Image as ImageRow
from pixcrawler_core.catalog.sql import Sql
from pixcrawler_core.dedup.kept import KeptImages, recogniser_of
from pixcrawler_core.dedup.methods import build_methods
from pixcrawler_core.errors import DecodeError
from pixcrawler_core.image import Image
from pixcrawler_server.background import Busy
from pixcrawler_server.bodies import View
from pixcrawler_server.datasets import taken
from pixcrawler_server.errors import Invalid

if TYPE_CHECKING:
    from peewee import Database

    from pixcrawler_core.dedup.recogniser import Recognised, Recogniser
    from pixcrawler_core.registry import Registry
    from pixcrawler_core.workspace import Workspace

METHOD = "phash"
STATE = "SELECT COUNT(*), MAX(id) FROM image WHERE dataset_id = ?"


class SimilarView(View):
    """An image that looks like the one that was asked about."""

    image_id: int
    distance: float
    """Bits in which perceptual hashes differ, of 64; 0 for none."""
    category: str
    number: int
    path: str
    sha256: str | None


@dataclass(frozen=True, kw_only=True)
class Similar:
    """Looks images up. All methods block, and are for threads that are not the catalog's."""

    workspace: Workspace
    registry: Registry
    database: Database
    agreed: dict[str, object] = field(default_factory=dict)
    """By dataset, how many images there were, and the newest, when the index was last brought up to date."""

    def to_bytes(self, dataset_id: str, data: bytes, radius: int, most: int) -> list[SimilarView]:
        """What looks like a picture that was sent. Raises Invalid for what is none."""
        with tempfile.NamedTemporaryFile() as file:
            file.write(data)
            file.flush()
            return self.to_image(dataset_id, Image.open(Path(file.name)), radius, most)

    def to_image(
        self, dataset_id: str, image: Image, radius: int, most: int, but: int | None = None
    ) -> list[SimilarView]:
        """What looks like an image, the nearest first, without the ledger row `but`."""
        methods = build_methods(self.registry, [METHOD], {METHOD: {"radius": radius}})
        try:
            with closing(recogniser_of(methods, self.workspace, dataset_id)) as recogniser:
                study = recogniser.study(image, {})
                self._agree(dataset_id, recogniser)
                found = recogniser.find(image, study, () if but is None else (but,))
        except DecodeError as error:
            raise Invalid(f"the picture cannot be decoded: {error.detail}") from None
        else:
            return list(_views(dataset_id, found, most))
        finally:
            self.database.close()  # this thread's

    def _agree(self, dataset_id: str, recogniser: Recogniser) -> None:
        """Let the index know the images that are kept now, unless a run does that, or nothing changed."""
        state = Sql(self.database).first(STATE, (dataset_id,))
        if self.agreed.get(dataset_id) == state:
            return
        with suppress(Busy), taken(self.workspace, dataset_id):
            KeptImages(self.database, dataset_id, self.workspace.in_use).known_to(recogniser)
            self.agreed[dataset_id] = state


def _views(dataset_id: str, found: Sequence[Recognised], most: int) -> Iterator[SimilarView]:
    nearest = found[:most]
    rows = ImageRow.select().where(
        (ImageRow.dataset == dataset_id) & ImageRow.row.in_([each.key for each in nearest])
    )
    images = {image.row: image for image in rows}
    for each in nearest:
        image = images.get(each.key)
        if image is not None:
            yield SimilarView(
                image_id=image.id,
                distance=each.distance,
                category=image.category,
                number=image.number,
                path=image.filename,
                sha256=image.hash,
            )
