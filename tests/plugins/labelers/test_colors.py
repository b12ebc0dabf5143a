"""The labeler `colors`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from PIL import Image as Pillow
from pixcrawler_plugins.labelers import colors

from pixcrawler_core.errors import PluginError
from pixcrawler_core.image import Image
from pixcrawler_core.records import Label
from pixcrawler_core.testing.contracts import LabelerContract
from tests.plugins.labelers.modelled import labels, photograph


class TestContract(LabelerContract):
    component = next(colors.register_labelers())


def striped(folder: Path, *stripes: tuple[str, int]) -> Image:
    """Stripes of colours and widths."""
    picture = Pillow.new("RGB", (sum(width for _, width in stripes), 300))
    place = 0
    for colour, width in stripes:
        picture.paste(Pillow.new("RGB", (width, 300), colour), (place, 0))
        place += width
    picture.save(folder / "striped.png")
    return Image.open(folder / "striped.png")


def test_each_colour_is_named_with_its_share(tmp_path: Path) -> None:
    found = labels("colors", striped(tmp_path, ("#1e63c4", 200), ("#d8201c", 100), ("#f4f4f0", 100)))
    assert [(each.name, each.attributes["hex"]) for each in found] == [
        ("blue", ["#1e63c4"]),
        ("red", ["#d8201c"]),
        ("white", ["#f4f4f0"]),
    ]
    assert [each.score for each in found] == pytest.approx([0.5, 0.25, 0.25], abs=0.01)


def test_shades_of_one_name_are_one_label(tmp_path: Path) -> None:
    found = labels("colors", striped(tmp_path, ("#0a2a6a", 200), ("#f4f4f0", 250), ("#5a9df0", 150)))
    assert [each.name for each in found] == ["blue", "white"]
    assert found[0].score == pytest.approx(350 / 600, abs=0.01)
    assert found[0].attributes["hex"] == ["#0a2a6a", "#5a9df0"]


def test_few_and_rare_ones_are_left_out(tmp_path: Path) -> None:
    image = striped(tmp_path, ("black", 200), ("white", 185), ("red", 15))
    assert [each.name for each in labels("colors", image)] == ["black", "white"]
    assert [each.name for each in labels("colors", image, min_share=0.02)] == ["black", "white", "red"]
    assert [each.name for each in labels("colors", image, most=1)] == ["black"]


def test_a_red_panda_in_a_tree_is_mostly_green() -> None:
    first: Label = labels("colors", photograph("mammals/red-panda.jpg"))[0]
    assert first.name == "green"


@pytest.mark.parametrize("options", [{"most": 6}, {"min_share": 0}, {"colours": 1}])
def test_other_options_are_refused(options: dict[str, Any]) -> None:
    with pytest.raises(PluginError, match="labeler 'colors'"):
        labels("colors", photograph("mammals/red-panda.jpg"), **options)
