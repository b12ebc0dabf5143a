"""What holds for expanders."""

# ruff: noqa: S101  # these are tests

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from pixcrawler_core.components import Expander
from pixcrawler_core.keywords.expanding import sound
from pixcrawler_core.records import Keyword, Query
from pixcrawler_core.testing.contracts.part import PartContract
from pixcrawler_core.words import folded

ODD = (
    *("\0", " ", "'; DROP TABLE image; --", "../../etc/passwd", "<b>panda</b>", "%s {0} {keyword} $x"),
    *("\u202epanda", "\ud800", "🐼", "Äpfel & Birnen", "赤いパンダ", "(", "crane (", "x" * 200, "a " * 100),
)
"""Keywords that a person, or an API client, may give."""


class ExpanderContract(PartContract):
    """What holds for every expander: it answers any keyword, with sound queries, always alike."""

    component: Expander
    keywords: ClassVar[Sequence[Keyword]] = (
        Keyword(text="red panda", category="red-panda"),
        Keyword(text="crane", category="birds", hint="bird", context=("heron", "birds")),
        Keyword(text="dog", category="dogs", titles=("A dog in the snow", "Dog, snow", "Portrait of a dog")),
    )
    """Keywords of which it finds queries for one at least."""

    def test_it_finds_sound_queries(self) -> None:
        """For one of the keywords at least; none of them is the keyword itself."""
        expand = self.build()
        found = {keyword.text: [sound(query) for query in expand(keyword)] for keyword in self.keywords}
        assert any(found.values())
        for text, queries in found.items():
            assert folded(text) not in [folded(query.text) for query in queries]

    def test_it_answers_any_keyword(self) -> None:
        """Keywords are hostile: whatever it is given, its queries are sound, or there are none."""
        expand = self.build()
        for odd in ODD:
            keyword = Keyword(text=odd, category=odd, hint=odd, context=(odd,), titles=(odd, ""))
            assert all(isinstance(sound(query), Query) for query in expand(keyword))

    def test_it_always_says_the_same(self) -> None:
        """Neither time nor the keywords before it change what it gives."""
        first = self.build()
        answers = [list(first(keyword)) for keyword in self.keywords]
        assert answers == [list(first(keyword)) for keyword in self.keywords]
        second = self.build()
        assert answers[::-1] == [list(second(keyword)) for keyword in reversed(self.keywords)]
