"""What a plugin hands to the core: a name for the job file and a way to build the part."""

from __future__ import annotations

import enum
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Generic, Protocol, TypeVar

from pixcrawler_core.dedup.protocols import Matcher
from pixcrawler_core.storage.protocols import Store

if TYPE_CHECKING:
    import click
    from pydantic import BaseModel

    from pixcrawler_core.events.event import Event
    from pixcrawler_core.image import Image
    from pixcrawler_core.records import Keyword, Label, Query, Verdict
    from pixcrawler_core.spider import SourceSpider

PartT_co = TypeVar("PartT_co", covariant=True)


@dataclass(frozen=True, kw_only=True)
class Component:
    """Base of everything a hook yields: `name` is what job files and command lines say."""

    hook: ClassVar[str]
    name: str
    summary: str

    @classmethod
    def kind(cls) -> str:
        """What commands and messages call it: `source` for what `register_sources` yields."""
        return cls.hook.removeprefix("register_").removesuffix("s")


@dataclass(frozen=True, kw_only=True)
class Part(Component, Generic[PartT_co]):
    """A component that the core builds from its own table of the job file.

    `options` is a pydantic model with `extra="forbid"`, or None for a part without options; `build` gets
    an instance of it (None for a part without options), and `Models` too where `models` names some.
    """

    build: Callable[..., PartT_co]
    options: type[BaseModel] | None = None
    models: tuple[str, ...] = ()
    """Models that it may ask for, by their names in the model store."""
    needs: Callable[[Any], Iterable[str]] | None = None
    """Which of `models` it asks for with its options; all of them if it is not given."""

    def needed(self, options: Any) -> tuple[str, ...]:
        """The models that it asks for when it is built with these options."""
        return self.models if self.needs is None else tuple(self.needs(options))


class Tier(enum.IntEnum):
    """How costly a check is; cheaper tiers run first, and a level includes the cheaper ones."""

    FAST = 1
    MEDIUM = 2
    SLOW = 3


class Models(Protocol):
    """Gives parts the models that they named, verified; ModelMissing names the command that gets one."""

    def path(self, name: str, /) -> Path:
        """The model's file."""
        ...

    def session(self, name: str, /) -> Any:
        """An onnxruntime session of the model; many threads may run it."""
        ...


class Check(Protocol):
    """One check on one image, in two steps, so that a threshold can change without looking again."""

    def measure(self, image: Image, /) -> Mapping[str, Any]:
        """What is to be known of the image, as JSON values. Plain and synchronous: runs in a worker thread.

        `score` and `threshold` are no names for measures: the verdict has them.
        """
        ...

    def judge(self, measures: Mapping[str, Any], /) -> Verdict:
        """What follows from measures, be they new or kept from an earlier run. Quick, and without files."""
        ...


class ExpandKeyword(Protocol):
    """Finds other queries for a keyword. Plain and synchronous; it is called once a keyword and job.

    Raises what it likes where it cannot answer: that is told, and the other expanders are asked.
    """

    def __call__(self, keyword: Keyword, /) -> Iterable[Query]: ...


class LabelImage(Protocol):
    """Says what one image shows. Plain and synchronous: it is called in worker threads, an image each."""

    def __call__(self, image: Image, /) -> Iterable[Label]: ...


class TakeEvent(Protocol):
    """Takes one event. Plain and synchronous; it is called in a thread of its own, one event at a time.

    It may take its time, and raises what it likes where it cannot take one: that is logged, and the next
    event comes.
    """

    def __call__(self, event: Event, /) -> None: ...


class Writer(Protocol):
    """Writes one export, entry by entry, in memory that does not grow with their number."""

    def add(self, path: Path, name: str, entry: Mapping[str, Any] | None, /) -> None:
        """Add the file at `path` under the relative name `name`.

        `entry` is the image's row of the manifest; None for a file that is no image (the manifest itself).
        """
        ...

    def close(self) -> Path:
        """Finish the export and return its final path; until then nothing has that name."""
        ...

    def abort(self) -> None:
        """Remove what was written so far."""
        ...


class OpenWriter(Protocol):
    """Starts an export into `folder`, named after the dataset."""

    def __call__(self, folder: Path, dataset: str, /) -> Writer: ...


@dataclass(frozen=True, kw_only=True)
class Secret:
    """A key that a source needs: the option it becomes, the variable it is read from, where to get one."""

    env: str
    url: str
    option: str = "key"


@dataclass(frozen=True, kw_only=True)
class Source(Component):
    """A source of candidates: the Scrapy spider, what it can tell and what it needs."""

    hook: ClassVar[str] = "register_sources"
    spider: type[SourceSpider]
    options: type[BaseModel]
    licences: bool = False
    """Whether its candidates carry a machine-readable licence."""
    searches: bool = True
    """Whether it answers keywords; False for lists of URLs."""
    homepage: str = ""
    limits: str = ""
    """The source's own limits, in a short sentence."""
    secrets: tuple[Secret, ...] = ()
    """Keys without which it does not answer."""
    terms: str = ""
    """Why it stays off until a job says `accept_terms = true`: a sentence that names the risk."""


@dataclass(frozen=True, kw_only=True)
class Validator(Part[Check]):
    """A check on a fetched image."""

    hook: ClassVar[str] = "register_validators"
    tier: Tier = Tier.FAST
    order: int = 500
    """Place within its tier: lower runs earlier, so that a cheap check spares a dear one."""
    version: str = "1"
    """To be raised when the same image would get other measures: those that are kept are then not used."""
    measured_by: tuple[str, ...] = ()
    """Options that change what is measured; all others only change the judgement."""
    contextual: bool = False
    """Whether it measures the image against what it was found for, its category and query."""


@dataclass(frozen=True, kw_only=True)
class Deduper(Part[Matcher]):
    """A way to recognise images that are there already."""

    hook: ClassVar[str] = "register_dedupers"
    version: str = "1"
    """To be raised when the same image would get another fingerprint: kept ones are then not used."""
    measured_by: tuple[str, ...] = ()
    """Options that change fingerprints; all others only change what counts as a duplicate."""
    keeps: bool = True
    """Whether fingerprints are worth keeping; False where they cost no more than a look-up."""


@dataclass(frozen=True, kw_only=True)
class Expander(Part[ExpandKeyword]):
    """A way to find more queries for a keyword."""

    hook: ClassVar[str] = "register_expanders"
    ranked: bool = True
    """Whether its queries are weighed, by a model; False if all relations are `keywords.ranking.CERTAIN`."""


@dataclass(frozen=True, kw_only=True)
class Labeler(Part[LabelImage]):
    """A way to label the images that the dataset keeps."""

    hook: ClassVar[str] = "register_labelers"
    version: str = "1"
    """Raised whenever the same image would get other labels: those that are kept are then made anew."""


@dataclass(frozen=True, kw_only=True)
class Exporter(Part[OpenWriter]):
    """A format in which a finished dataset can be written."""

    hook: ClassVar[str] = "register_exporters"
    suffix: str
    """File name ending of what it writes, with the dot; empty for a folder."""


@dataclass(frozen=True, kw_only=True)
class Storage(Part[Store]):
    """A kind of place in which objects are kept."""

    hook: ClassVar[str] = "register_stores"


@dataclass(frozen=True, kw_only=True)
class Sink(Part[TakeEvent]):
    """A way to tell others what happens."""

    hook: ClassVar[str] = "register_sinks"


@dataclass(frozen=True, kw_only=True)
class Command(Component):
    """A subcommand of `pixcrawler`; `load` imports and returns it when it is called or its help is asked."""

    hook: ClassVar[str] = "register_commands"
    load: Callable[[], click.Command]
