"""The tables of the job file as types: each key with its range, default and meaning."""

from __future__ import annotations

from pathlib import Path, PurePath
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, ConfigDict, Field
from slugify import slugify

from pixcrawler_core.config.events import EventsTable
from pixcrawler_core.config.export import ExportTable
from pixcrawler_core.config.fetch import FetchOptions
from pixcrawler_core.config.keywords import KeywordsTable
from pixcrawler_core.config.sources import SourcesTable
from pixcrawler_core.config.splits import SplitsTable
from pixcrawler_core.config.storage import StorageTable
from pixcrawler_core.config.table import Picks, Table
from pixcrawler_core.config.words import CONTROL, Name, Words, different, folder_name_problem

__all__ = ["Category", "FetchOptions", "Job", "JobFile", "JobTable"]

DEFAULT_MAX_IMAGES = 100
LIST_SOURCE = "urls"
"""The source that reads the `[urls]` table."""


Quota = Annotated[int, Field(ge=1, le=10_000_000)]


class JobTable(Table):
    """What the dataset is called, what is looked for and how much of it is wanted."""

    name: Name | None = Field(
        default=None,
        description="Name of the dataset; its folder is named after it (`red pandas`: `dataset-red-pandas`). "
        "Needed, except with `[urls]`, where it defaults to the name of the list without its ending.",
    )
    keywords: Words = Field(
        default=(),
        description="What to search for, one category each, named like the keyword. "
        "Use `[[category]]` tables instead for several keywords in a category.",
    )
    max_images: Quota | None = Field(
        default=None,
        description="Accepted images wanted in each category. "
        "Not given: 100 for searches, and all of the list with `[urls]`.",
    )
    validation: Literal["fast", "medium", "slow"] = Field(
        default="fast",
        description="How thorough the checks on each image are; a level includes the cheaper ones.",
    )
    report: bool = Field(
        default=True,
        description="Whether a run writes [report.html](report.md), which takes some 4 ms an image and a "
        "second besides. `pixcrawler report` writes it at any time.",
    )


class Category(Table):
    """A category of the dataset: one folder, filled by one or more keywords."""

    name: Name = Field(description="Name of the category; its folder is named after it.")
    keywords: Words = Field(min_length=1, description="What to search for to fill this category.")
    max_images: Quota | None = Field(
        default=None, description="Accepted images wanted in this category. Not given: the number in `[job]`."
    )

    @property
    def slug(self) -> str:
        """Folder name of the category: lower-case letters, digits and hyphens."""
        return slugify(self.name)


class DedupTable(Picks):
    """How duplicates are recognised, with a table per method for its options."""

    methods: Words = Field(
        default=("sha256",),
        description="Methods that are asked in this order; an empty list keeps duplicates.",
    )
    scope: Literal["dataset", "workspace"] = Field(
        default="dataset",
        description="Leave out what the `dataset` has already, or what any dataset of the `workspace` has.",
    )
    against: Words = Field(
        default=(),
        description="Folders of collections whose duplicates are left out, an evaluation set, say; "
        "`pixcrawler dedup --index` makes them. Relative ones start from the job file's folder.",
    )
    keep: Literal["best", "first"] = Field(
        default="best",
        description="Of duplicates within a category keep the `best` one (pixels, then quality, licence and "
        "source), which takes the place of the other, or the one that was `first`.",
    )


class LabelsTable(Picks):
    """What the kept images are labelled with, with a table per labeler for its options."""

    labelers: Words = Field(
        default=("category",),
        description="Labelers that are asked, in this order; an empty list gives no labels.",
    )
    files: Annotated[tuple[Literal["json", "csv", "yaml", "txt"], ...], AfterValidator(different)] = Field(
        default=(),
        description="Forms in which the labels of all images are written, each to a file in `metadata/`.",
    )
    per_image: bool = Field(
        default=False,
        description="Write the labels of each image to a file of its own, too, in all forms of `files`.",
    )
    doubtful: float = Field(
        default=0.2,
        ge=0,
        le=1,
        description="Images whose label of the labeler `category` has a lower score than this are listed as "
        "likely mislabels. Only its option `agreement` gives scores; 0.5 is what a picture has by chance.",
    )


class ValidatorTable(Table):
    """A check, with its own options beside `enabled`."""

    model_config = ConfigDict(extra="allow")

    enabled: bool = Field(
        default=True,
        description="Whether the check is made. "
        "A table for a check above the level of `[job] validation` switches that check on.",
    )


class JobFile(Table):
    """The tables of a job file, as written."""

    job: JobTable = Field(default_factory=JobTable, description="The job itself.")
    category: tuple[Category, ...] = Field(
        default=(), description="Categories of several keywords, or with own names."
    )
    keywords: KeywordsTable = Field(
        default_factory=KeywordsTable, description="How keywords are widened to more queries."
    )
    sources: SourcesTable = Field(default_factory=SourcesTable, description="Where to search.")
    urls: dict[str, Any] | None = Field(
        default=None, description="A list of URLs to fetch, instead of searches."
    )
    fetch: FetchOptions = Field(default_factory=FetchOptions, description="How images are fetched.")
    validators: dict[str, ValidatorTable] = Field(
        default_factory=dict, description="Options of the checks, a table each."
    )
    dedup: DedupTable = Field(default_factory=DedupTable, description="How duplicates are recognised.")
    labels: LabelsTable = Field(
        default_factory=LabelsTable, description="What the kept images are labelled with."
    )
    splits: SplitsTable = Field(
        default_factory=SplitsTable, description="How the images are cut into train, val and test."
    )
    export: ExportTable = Field(default_factory=ExportTable, description="What is written at the end.")
    storage: StorageTable = Field(
        default_factory=StorageTable, description="Where what is finished is stored as well."
    )
    events: EventsTable = Field(default_factory=EventsTable, description="Who is told of what happens.")


class Job(JobFile):
    """A job as `load_job` gives it: everything in it has been checked, also the tables of plugins."""

    folder: Path = Field(default=Path(), exclude=True)
    """Folder of the job file, from which relative paths in it start."""
    dataset: str | None = Field(default=None, exclude=True)
    """Id of the dataset that it fills, where that does not follow from the name."""
    row: int | None = Field(default=None, exclude=True)
    """The row of the catalog under which it was ordered; None for a job that nobody ordered."""

    @property
    def patience(self) -> float:
        """Seconds that a run waits for a takedown to end: nobody is there to begin an ordered one again."""
        return 0.0 if self.row is None else 600.0

    @property
    def name(self) -> str:
        """Name of the dataset; for a list without one, the name of its file."""
        return self.job.name or list_name(self.urls) or ""

    @property
    def slug(self) -> str:
        """Id of the dataset: the one it was ordered for, else its name in lower-case letters and hyphens."""
        return self.dataset or slugify(self.name)

    @property
    def max_images(self) -> int | None:
        """Accepted images wanted in each category; None for all of a list."""
        return self.job.max_images or (None if self.urls is not None else DEFAULT_MAX_IMAGES)

    @property
    def categories(self) -> tuple[Category, ...]:
        """What is searched for, each category with its number of images; empty for a list of URLs."""
        named = self.category or tuple(Category(name=word, keywords=(word,)) for word in self.job.keywords)
        return tuple(
            category.model_copy(update={"max_images": category.max_images or self.max_images})
            for category in named
        )

    @property
    def engines(self) -> tuple[str, ...]:
        """Names of the sources that are asked; `urls` for a list of URLs."""
        return self.sources.engines if self.urls is None else (LIST_SOURCE,)

    def source_options(self, engine: str) -> dict[str, Any]:
        """The table of a source, as written."""
        return (self.urls or {}) if engine == LIST_SOURCE else self.sources.tables.get(engine, {})

    @property
    def unused_tables(self) -> list[str]:
        """Tables of plugins that are described but not picked, as `[export.zip]`."""
        picks = {
            "keywords": (self.keywords, self.keywords.expanders),
            "sources": (self.sources, self.engines),
            "dedup": (self.dedup, self.dedup.methods),
            "labels": (self.labels, self.labels.labelers),
            "export": (self.export, self.export.formats),
            "events": (self.events, self.events.sinks),
        }
        return [
            f"[{section}.{name}]"
            for section, (table, picked) in picks.items()
            for name in table.tables
            if name not in picked
        ]

    @property
    def validator_tables(self) -> dict[str, dict[str, Any]]:
        """The tables of the checks by name, each with `enabled`; the filters' least sizes are checked too."""
        tables = {name: table.model_dump() for name, table in self.validators.items()}
        filters = self.sources.filters
        least = {"min_width": filters.min_width, "min_height": filters.min_height}
        asked = {name: value for name, value in least.items() if value is not None}
        if asked:
            tables["dimensions"] = {**asked, **tables.get("dimensions", {})}
        return tables


def list_name(urls: dict[str, Any] | None) -> str | None:
    """The name that a list of URLs gives to its dataset: its file's, without ending; None if unfit."""
    stem = PurePath(str((urls or {}).get("file", ""))).name.split(".")[0]
    return stem if folder_name_problem(stem) is None and not CONTROL.search(stem) else None
