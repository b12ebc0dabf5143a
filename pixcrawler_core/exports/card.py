"""The dataset card of an export: README.md with the front matter that Hugging Face reads.

Its form is https://huggingface.co/docs/hub/datasets-cards and, for `configs`,
https://huggingface.co/docs/hub/datasets-manual-configuration.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pixcrawler_core.assembly.manifest import MANIFEST, manifest_head
from pixcrawler_core.exports.card_text import ATTRIBUTION, body, one_line, web
from pixcrawler_core.exports.names import split_of
from pixcrawler_core.licensing.readings import readings_of, spdx_of

CARD = "README.md"
UNKNOWN, OTHER, MIXED = "unknown", "other", "mixed"
HUGGING_FACE = {
    **{
        name: name
        for name in (
            *("cc0-1.0", "cc-by-2.0", "cc-by-2.5", "cc-by-3.0", "cc-by-4.0", "cc-by-sa-3.0", "cc-by-sa-4.0"),
            *("cc-by-nc-2.0", "cc-by-nc-3.0", "cc-by-nc-4.0", "cc-by-nd-4.0", "cc-by-nc-nd-3.0"),
            *("cc-by-nc-nd-4.0", "cc-by-nc-sa-2.0", "cc-by-nc-sa-3.0", "cc-by-nc-sa-4.0"),
            *("apache-2.0", "mit", "bsd-2-clause", "bsd-3-clause", "mpl-2.0", "wtfpl", "unlicense"),
            *("gpl-2.0", "gpl-3.0", "lgpl-2.1", "lgpl-3.0", "agpl-3.0", "etalab-2.0"),
        )
    },
    **{f"gfdl-{version}": "gfdl" for version in ("1.1", "1.2", "1.3")},
    "gpl-1.0": "gpl",
    "lgpl-2.0": "lgpl",
    "odbl-1.0": "odbl",
    "odc-by-1.0": "odc-by",
    "pddl-1.0": "pddl",
}
"""Hugging Face's codes of the licences that images are under, by SPDX's identifier in small letters and
without `-only` and `-or-later` (https://huggingface.co/docs/hub/repositories-licenses)."""
SIZES = {
    "n<1K": 1000,
    "1K<n<10K": 10_000,
    "10K<n<100K": 100_000,
    "100K<n<1M": 1_000_000,
    "1M<n<10M": 10_000_000,
    "10M<n<100M": 100_000_000,
    "100M<n<1B": 1_000_000_000,
}
"""Hugging Face's classes of size, and the numbers of images below which they apply."""
_SPLITS = {"val": "validation"}
"""Splits that have another name there."""


@dataclass(kw_only=True)
class Facts:
    """What a card tells; in memory are the names of categories, licences and sources."""

    dataset: str
    head: Mapping[str, Any] = field(default_factory=dict)
    """What the manifest tells beside the images; empty as long as it was not there."""
    files: set[str] = field(default_factory=set)
    """Which of the files that a card points to are in the export."""
    images: Counter[tuple[str, str]] = field(default_factory=Counter)
    """By split and category."""
    licences: Counter[str] = field(default_factory=Counter)
    links: dict[str, str] = field(default_factory=dict)
    """The addresses of licences: what all images tell, or the licence's own; empty where there is none."""
    identifiers: set[str | None] = field(default_factory=set)
    """SPDX's identifiers of the licences; None stands for those that have none."""
    engines: Counter[str] = field(default_factory=Counter)
    labelers: set[str] = field(default_factory=set)
    """Labelers that labelled images, with their version and their model."""
    checked: tuple[str, str] | None = None
    """When the first and the last image was asked for, ISO 8601."""

    @property
    def name(self) -> str:
        """The name that a person gave to the dataset, on one line."""
        return one_line(self.head.get("name") or self.dataset)

    @property
    def splits(self) -> list[str]:
        """The splits that have images, in the order in which they came."""
        return list(dict.fromkeys(split for split, _ in self.images))

    @property
    def categories(self) -> list[str]:
        """The categories that have images, in the order in which they came."""
        return list(dict.fromkeys(category for _, category in self.images))

    def add(self, entry: Mapping[str, Any]) -> None:
        """Count an image."""
        self.images[split_of(entry), entry.get("category") or ""] += 1
        self.engines[entry.get("engine") or UNKNOWN] += 1
        self._add_licence(entry)
        for label in entry.get("labels") or ():
            told = (label.get("source"), label.get("version"), label.get("model"))
            self.labelers.add(" ".join(str(each) for each in told if each))
        if moment := (entry.get("consent") or {}).get("checked_at"):
            first, last = self.checked or (moment, moment)
            self.checked = min(first, moment), max(last, moment)

    def other(self, path: Path, name: str) -> None:
        """Look at a file that is no image. Raises ValueError for a manifest that is none."""
        if name == ATTRIBUTION:
            self.files.add(name)
        if name == MANIFEST:
            self.head = manifest_head(path)

    def _add_licence(self, entry: Mapping[str, Any]) -> None:
        """Count a licence; one that only its address tells has the code of the address."""
        readings = readings_of(entry)
        licence = entry.get("licence") or (readings[0].code if readings else UNKNOWN)
        terms = readings[0].terms if readings else None
        own = (terms and terms.url) or ""
        link = web(entry.get("licence_url")) or own
        self.licences[licence] += 1
        self.identifiers.add(spdx_of(entry))
        if self.links.setdefault(licence, link) != link:
            self.links[licence] = own


def card(facts: Facts, loading: str, patterns: Callable[[str], Sequence[str]]) -> str:
    """The text of README.md. `loading` is Python that reads the export, `patterns` gives those of a split."""
    import yaml

    told = {
        **_licence(facts),
        "pretty_name": facts.name,
        "size_categories": [_size(facts.images.total())],
        **({"task_categories": ["image-classification"]} if len(facts.categories) > 1 else {}),
        "tags": ["image", "pixcrawler"],
        **_configs(facts, patterns),
    }
    front = yaml.safe_dump(told, sort_keys=False, allow_unicode=True)
    return f"---\n{front}---\n\n{body(facts, loading)}"


def _licence(facts: Facts) -> dict[str, str]:
    """The licence that all images share, if they do."""
    known = {_known(each) for each in facts.identifiers}
    if len(known) == 1 and (code := next(iter(known))):
        return {"license": code}
    if len(facts.licences) > 1 or len(facts.identifiers) > 1:
        return {
            "license": OTHER,
            "license_name": MIXED,
            **({"license_link": ATTRIBUTION} if ATTRIBUTION in facts.files else {}),
        }
    code = next(iter(facts.licences), UNKNOWN)
    if code == UNKNOWN:
        return {"license": UNKNOWN}
    link = facts.links[code]
    return {"license": OTHER, "license_name": one_line(code), **({"license_link": link} if link else {})}


def _known(identifier: str | None) -> str | None:
    """Hugging Face's code for an identifier of SPDX."""
    told = (identifier or "").lower().removesuffix("-only").removesuffix("-or-later")
    return HUGGING_FACE.get(told)


def _size(images: int) -> str:
    return next((name for name, bound in SIZES.items() if images < bound), "n>1B")


def _configs(facts: Facts, patterns: Callable[[str], Sequence[str]]) -> dict[str, Any]:
    """Where `datasets` finds the splits, if it can read the format."""
    files = {_SPLITS.get(split, split): list(patterns(split)) for split in facts.splits}
    found = [{"split": split, "path": paths} for split, paths in files.items() if paths]
    return {"configs": [{"config_name": "default", "data_files": found}]} if found else {}
