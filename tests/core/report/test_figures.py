"""The plots of a report: which there are, what they say, and that they are part of a strict page."""

from __future__ import annotations

import re

from lxml import etree  # type: ignore[import-untyped]

from pixcrawler_core.report.entries import Entry
from pixcrawler_core.report.figures import BARS, draw_figures
from pixcrawler_core.report.losses import Losses
from pixcrawler_core.report.plots import Plot, bars
from pixcrawler_core.report.tallies import ImageTally

NASTY = "$x$ <script>日本\x00\ud800\u202e & a very long name indeed, of a licence"


def entry(number: int, **told: object) -> Entry:
    usual = {
        "path": f"categories/cats/image_{number:03d}.jpg",
        "sha256": "a",
        "size": 50_000,
        "format": "JPEG",
    }
    usual |= {"width": 900, "height": 600, "category": "cats", "labels": [], "split": None, "row": number}
    usual |= {"url": "https://photos.example/1.jpg", "engine": "openverse", "query": "cat"}
    usual |= dict.fromkeys(("final_url", "page", "title", "creator", "creator_url", "licence", "licence_url"))
    return Entry.model_validate({**usual, "consent": {}, "scores": {}, **told})


def tallied(*entries: Entry) -> ImageTally:
    tally = ImageTally()
    for each in entries:
        tally.add(each)
    return tally


def plots(tally: ImageTally) -> dict[str, Plot]:
    return {plot.title: plot for plot in draw_figures(tally, None)}


def test_the_figures_are_in_the_tables_too() -> None:
    entries = [entry(number, width=900 + number, scores={"blur": {"score": 0.25}}) for number in range(1, 4)]
    found = plots(tallied(*entries, entry(4, width=200, height=600, split="val", licence="pdm")))
    assert list(found["Shorter side"].rows) == [("192 to 256 px", "1"), ("512 to 768 px", "3")]
    assert list(found["Size of the file"].rows) == [("32 KB to 64 KB", "4")]
    assert list(found["Aspect"].rows) == [("0.33", "1"), ("1.50", "3")]
    assert list(found["Licences"].rows) == [("unknown", "3"), ("pdm", "1")]
    assert list(found["Splits"].rows) == [("val", "1")]
    assert list(found["Scores of checks"].rows) == [("blur", *"0030000000")]


def test_what_has_no_figures_has_no_plot() -> None:
    assert draw_figures(ImageTally(), Losses()) == []
    assert list(plots(tallied(entry(1, width=None, height=None, size=None)))) == [
        "Licences", "Sources", "Hosts", "Formats",
    ]  # fmt: skip


def test_many_bars_are_summed_up() -> None:
    found = plots(tallied(*(entry(n, url=f"https://host-{n:02d}.example/") for n in range(1, BARS + 6))))
    assert len(found["Hosts"].rows) == BARS
    assert found["Hosts"].rows[-1] == ("6 others", "6")


def test_a_drawing_has_no_styles_and_the_colours_of_the_page() -> None:
    root = etree.fromstring(bars("Title", [(NASTY, 3), ("b", 2)]).svg)
    assert (root.get("role"), root.get("aria-label")) == ("img", "Title")
    assert not [each for each in root.iter() if each.get("style") or str(each.tag).endswith("style")]
    fills = {each.get("fill") for each in root.iter() if each.get("fill")}
    assert fills == {"none", "var(--mark)", "var(--ink)", "var(--soft)"}
    texts = ["".join(each.itertext()) for each in root.iter("text")]
    assert texts == ["$x$ <script>日本\\x00\\ud80…", "b", "3", "2"]


def test_the_same_figures_give_the_same_drawing() -> None:
    one, other = (bars("Title", [("a", 3), ("b", 2)]).svg for _ in range(2))
    assert one == other
    assert not re.search(r"\d{4}-\d\d-\d\d|Matplotlib", one)


def test_scores_that_are_no_numbers() -> None:
    odd = {"a": {"score": float("nan")}, "b": {"score": "x"}, "c": 5, "d": {"score": -1e300}}
    assert dict(tallied(entry(1, scores=odd)).scores)["d"].counts[0] == 1
