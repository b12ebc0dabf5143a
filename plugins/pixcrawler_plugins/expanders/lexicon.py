"""WordNet for expanders that know more with it, and something without."""

from __future__ import annotations

from pixcrawler_core.components import Models
from pixcrawler_core.errors import ModelMissing
from pixcrawler_core.keywords.senses import Senses
from pixcrawler_core.records import Keyword
from pixcrawler_core.wordnet import Synset


def senses(models: Models) -> Senses | None:
    """The meanings of words; None where the model of WordNet is not in the store."""
    try:
        return Senses.of(models)
    except ModelMissing:
        return None


def meant(known: Senses | None, keyword: Keyword) -> Synset | None:
    """What a keyword means: by its hint and context, or by frequency where no text embedding is there.

    None if WordNet is not there, does not have the word, or not in the sense of the hint.
    """
    if known is None:
        return None
    try:
        return known.meant(keyword)
    except ModelMissing:
        possible = known.possible(keyword.text)
        return known.words.synset(possible[0]) if possible and not keyword.hint else None
