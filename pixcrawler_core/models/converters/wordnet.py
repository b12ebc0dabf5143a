"""The nouns of WordNet 3.0 and their licence as one archive."""

from __future__ import annotations

from collections.abc import Mapping
from importlib.resources import files

from pixcrawler_core.models.converters.zips import zip_bytes


def convert(members: Mapping[str, bytes]) -> bytes:
    """A ZIP archive with `data.noun`, `index.noun`, `noun.exc` (formats: wndb(5WN)) and `LICENSE`.

    The package lacks `noun.exc`, the irregular plurals; it lies beside the manifest, under the same licence.
    """
    plurals = files("pixcrawler_core.models").joinpath("wordnet/noun.exc").read_bytes()
    names = ("data.noun", "index.noun", "LICENSE")
    return zip_bytes({**{name: members[name] for name in names}, "noun.exc": plurals})
