from __future__ import annotations

from dataclasses import dataclass, field

from hypothesis import given, settings
from hypothesis import strategies as st

from pixcrawler_core.crawl.turnstile import Key, Turnstile


@dataclass
class Source:
    """A stream of the model: pages of ranks, of which a prefix was announced."""

    order: int
    pages: list[int]
    page: int = 1
    done: bool = False
    waiting: list[Key] = field(default_factory=list)

    def announce(self, turnstile: Turnstile[Key]) -> None:
        """What the run does with the next page: its candidates enter, then the next page is expected."""
        for rank in range(self.pages[self.page - 1]):
            key = Key(self.page, self.order, rank)
            turnstile.enter(key)
            self.waiting.append(key)
        self.page += 1
        if self.page > len(self.pages):
            self.done = True
            turnstile.end(self.order)
        else:
            turnstile.expect(self.order, self.page)


streams = st.lists(st.lists(st.integers(0, 3), min_size=1, max_size=4), min_size=1, max_size=4)


@settings(max_examples=60, deadline=None)
@given(pages=streams, data=st.data())
def test_any_interleaving_passes_in_the_order_of_the_keys(
    pages: list[list[int]], data: st.DataObject
) -> None:
    turnstile: Turnstile[Key] = Turnstile()
    sources = [Source(order, each) for order, each in enumerate(pages)]
    for source in sources:
        turnstile.expect(source.order, 1)
    passed: list[Key] = []
    skipped: set[Key] = set()
    while not all(source.done and not source.waiting for source in sources):
        source = data.draw(st.sampled_from([each for each in sources if not each.done or each.waiting]))
        if source.waiting and (source.done or data.draw(st.booleans())):
            key = source.waiting.pop(data.draw(st.integers(0, len(source.waiting) - 1)))
            if data.draw(st.integers(0, 3)):
                turnstile.ready(key, key)
            else:
                skipped.add(key)
                assert turnstile.skip(key)
        else:
            source.announce(turnstile)
        while (value := turnstile.advance()) is not None:
            passed.append(value)
            lowest = [Key(each.page, each.order, 0) for each in sources if not each.done]
            lowest += [key for each in sources for key in each.waiting]
            assert not lowest or value < min(lowest), f"{value} passed before {min(lowest)}"
    everything = {
        Key(page, order, rank)
        for order, each in enumerate(pages)
        for page, ranks in enumerate(each, 1)
        for rank in range(ranks)
    }
    assert passed == sorted(everything - skipped)
    assert len(turnstile) == 0
    assert turnstile.head() is None


def test_nothing_passes_before_the_first_page_of_every_stream() -> None:
    turnstile: Turnstile[str] = Turnstile()
    turnstile.expect(0, 1)
    turnstile.expect(1, 1)
    turnstile.enter(Key(1, 1, 0))
    turnstile.expect(1, 1, 1)
    turnstile.ready(Key(1, 1, 0), "early")
    assert turnstile.advance() is None
    assert turnstile.head() == Key(1, 0, 0)
    turnstile.expect(0, 2)
    assert turnstile.advance() == "early"


def test_a_skipped_candidate_cannot_get_ready() -> None:
    turnstile: Turnstile[str] = Turnstile()
    key = Key(1, 0, 0)
    turnstile.enter(key)
    assert turnstile.skip(key)
    assert not turnstile.skip(key)
    turnstile.ready(key, "too late")
    assert turnstile.advance() is None
    assert len(turnstile) == 0


def test_clear_gives_back_what_was_ready() -> None:
    turnstile: Turnstile[str] = Turnstile()
    turnstile.expect(0, 1)
    for rank in range(3):
        turnstile.enter(Key(2, 1, rank))
    turnstile.ready(Key(2, 1, 1), "waited")
    assert turnstile.clear() == ["waited"]
    assert turnstile.head() is None
    assert turnstile.advance() is None
