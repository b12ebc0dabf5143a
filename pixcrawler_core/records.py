"""Plain records that travel between the stages of a crawl."""

from __future__ import annotations

import enum
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple


class State(enum.StrEnum):
    """Where a candidate stands in the ledger."""

    FOUND = "found"
    FETCHED = "fetched"
    ACCEPTED = "accepted"
    REJECTED = "rejected"
    DUPLICATE = "duplicate"
    FAILED = "failed"
    REFUSED = "refused"


class Stage(enum.StrEnum):
    """The step of a crawl that gave a candidate its state."""

    DISCOVERY = "discovery"
    CONSENT = "consent"
    FETCH = "fetch"
    VALIDATION = "validation"
    DEDUP = "dedup"
    SELECTION = "selection"
    REVIEW = "review"
    TAKEDOWN = "takedown"


@dataclass(kw_only=True, slots=True)
class Candidate:
    """An image URL that a source found, in the one shape that all sources are normalised to.

    Never changed once it is made. It is not frozen, since that would double the time of making it.

    Only `engine`, `category`, `query` and `image_url` are certain; sizes are what the source declares.
    """

    engine: str
    category: str
    query: str
    image_url: str
    page: int = 1
    """Page of the stream it came on, counted from 1."""
    rank: int = 0
    """Place on that page, counted from 0."""
    thumbnail_url: str | None = None
    width: int | None = None
    """Pixels."""
    height: int | None = None
    """Pixels."""
    filesize_bytes: int | None = None
    format: str | None = None
    """A MIME type or an extension, as declared."""
    title: str | None = None
    alt: str | None = None
    tags: tuple[str, ...] = ()
    page_url: str | None = None
    """The page on which a person would find the image."""
    site: str | None = None
    license: str | None = None
    """A short code such as `cc-by-4.0`, `cc0-1.0` or `pdm`; None if the source tells nothing."""
    license_url: str | None = None
    creator: str | None = None
    creator_url: str | None = None
    date: str | None = None
    engine_id: str | None = None
    safe: bool | None = None
    expected_sha256: str | None = None
    """Hex digest that the bytes must have, where the source knows it."""
    extra: Mapping[str, Any] = field(default_factory=dict)
    id: int = 0
    """Row of the ledger; 0 before the candidate is recorded."""
    seen_before: bool = False
    """Whether the job knew this URL already from another query, engine or category."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Keyword:
    """What a category is searched for with, as a person gave it."""

    text: str
    """Without what stands in brackets behind it: `crane` of `crane (bird)`."""
    category: str = ""
    hint: str = ""
    """What stands in brackets, to say which of its meanings is meant: `bird`."""
    context: tuple[str, ...] = ()
    """The job's other keywords and categories, which also tell in which sense it is meant; 100 at most."""
    titles: tuple[str, ...] = ()
    """Titles and tags of images that were accepted for the category earlier, an image each."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Query:
    """What sources are asked, and where it comes from. Expanders give `text`, `relation` and `language`."""

    text: str
    relation: str = "given"
    """What it is to the keyword, a slug: `synonym`, `hyponym`, `template`, `translation`, `plural`."""
    language: str = "en"
    """Of its text, as in ISO 639-1."""
    detail: str | None = None
    """Anything that helps a person to judge it: the meaning that was chosen, the template."""
    keyword: str = ""
    """The keyword that it came of, as it was written."""
    category: str = ""
    origin: str = "job"
    """The expander that gave it; `job` for the keyword itself."""
    score: float | None = None
    """How near to the keyword it keeps, 0 to 1; 1 is the keyword itself."""
    dropped: str | None = None
    """Why it is not asked; None for one that is."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Verdict:
    """What follows from the measures of a check: a score, and the reason if the image is unfit.

    `reason` is a short slug that can be counted (`too-small`), `detail` the sentence with the figures.
    """

    reason: str | None = None
    detail: str | None = None
    score: float | None = None
    """0 to 1, higher is better; None where the check only answers yes or no, or cannot tell."""
    threshold: float | None = None
    """The score below which the check rejects: 0 if it never does; None without a score."""


class Match(NamedTuple):
    """An image that another one duplicates, or may."""

    key: int
    distance: float
    """How far apart they are, 0 for no difference, in the method's own unit (bits; 1 less the cosine)."""
    sure: bool = True
    """Whether that is enough; if not, both images must be looked at."""


class Pair(NamedTuple):
    """Two images of which one duplicates the other, or may; the lower key is the first."""

    first: int
    second: int
    distance: float
    """As in `Match`."""
    sure: bool = True
    """As in `Match`."""
    equal: bool = False
    """Whether their fingerprints are equal, so that whatever matches one of them matches the other, with the
    same distance. Of many equal ones an index may then pair the first with each other, and that with others.
    """


@dataclass(frozen=True, kw_only=True, slots=True)
class Label:
    """What a labeler says of an image: a name, and where it knows them, how sure, which part, by which model.

    `pixcrawler_core.labelling` checks the values before they are kept.
    """

    name: str
    """1 to 200 characters; control characters are taken out."""
    score: float | None = None
    """0 to 1, how sure it is; None where there is nothing to weigh (the category, a title)."""
    box: tuple[float, float, float, float] | None = None
    """Left, top, width and height as shares, 0 to 1, of the picture as it is displayed (its EXIF orientation
    applied); None for a label of the whole picture."""
    model: str | None = None
    """The model that said so, with its version."""
    attributes: Mapping[str, Any] = field(default_factory=dict)
    """Anything else, as JSON values."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Labelling:
    """What all labelers of a job said of one image, in JSON values."""

    labels: Sequence[Mapping[str, Any]] = ()
    """Each with `name`, `source` (the labeler), its `version`, and `score`, `box`, `model` and `attributes`
    where they are given."""
    errors: Mapping[str, str] = field(default_factory=dict)
    """Why a labeler gave nothing, by its name."""
    made_by: Mapping[str, str] = field(default_factory=dict)
    """Digest of plugin, version, models and options of each labeler that was asked, by its name."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Placement:
    """The split that an image was given."""

    split: str
    made_by: str
    """Digest of the rules by which it was given (`pixcrawler_core.splitting.rules.Rules.digest`)."""
    before: str | None = None
    """The split it was in, by the same rules, until an image came that joined its group with another one."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Outcome:
    """The end of a candidate's way: what the ledger records of it."""

    state: State
    stage: Stage
    reason: str | None = None
    detail: str | None = None
    passing: bool = False
    """Whether the cause may pass, so that a later run tries again (a time-out, a 503; never a 404)."""
    sha256: str | None = None
    size: int | None = None
    http_status: int | None = None
    final_url: str | None = None
    consent: Mapping[str, Any] | None = None
    format: str | None = None
    width: int | None = None
    height: int | None = None
    phash: str | None = None
    scores: Mapping[str, Any] | None = None
    """Measures and score of each check by the check's name."""
    number: int | None = None
    """Number of an accepted image within its category, counted from 1."""
    duplicate_of: int | None = None
    """Ledger row of the kept image."""
    replaces: int | None = None
    """Ledger row of an image that was kept until now: this one, its better duplicate, takes its place."""
