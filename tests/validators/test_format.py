"""The check `format`."""

from __future__ import annotations

from pathlib import Path
from typing import Any, get_args

import pytest
from pixcrawler_validators import format as format_check
from pydantic import ValidationError

from pixcrawler_core.components import Validator
from pixcrawler_core.decoding import FORMATS
from pixcrawler_core.errors import PluginError
from pixcrawler_core.image import Image
from pixcrawler_core.registry import load
from pixcrawler_core.testing.contracts import ValidatorContract
from pixcrawler_core.testing.drawings import draw
from pixcrawler_core.testing.images import encode

PICTURE = draw("format", (64, 64))


class TestContract(ValidatorContract):
    component = next(format_check.register_validators())


def judged(folder: Path, kind: str, **options: Any) -> str | None:
    path = folder / "image.jpg"
    path.write_bytes(encode(PICTURE, kind))
    check = format_check.build(format_check.FormatOptions(**options))
    return check.judge(check.measure(Image.open(path))).reason


def test_the_names_are_those_of_the_decoders() -> None:
    assert set(get_args(format_check.FormatName)) == set(FORMATS)


@pytest.mark.parametrize("kind", sorted(FORMATS))
def test_only_icons_and_jpeg_2000_are_left_out_by_default(tmp_path: Path, kind: str) -> None:
    unwanted = kind in {"ICO", "JPEG2000"}
    assert judged(tmp_path, kind) == ("format-not-allowed" if unwanted else None)


@pytest.mark.parametrize("kind", sorted(FORMATS))
def test_every_format_can_be_allowed_and_left_out(tmp_path: Path, kind: str) -> None:
    assert judged(tmp_path, kind, allowed=[kind.lower()]) is None
    others = [name for name in FORMATS if name != kind]
    assert judged(tmp_path, kind, allowed=others) == "format-not-allowed"


def test_a_job_may_write_small_letters(tmp_path: Path) -> None:
    path = tmp_path / "image"
    path.write_bytes(encode(PICTURE, "PNG"))
    registry = load(installed=False)
    check = registry.build(Validator, "format", {"allowed": ["jpeg", "Png"]})
    assert check.judge(check.measure(Image.open(path))).reason is None
    with pytest.raises(PluginError, match="SVG"):
        registry.build(Validator, "format", {"allowed": ["svg"]})


@pytest.mark.parametrize("allowed", [[], ["SVG"], ["JPG"], "JPEG", [3]])
def test_unknown_formats_are_refused(allowed: Any) -> None:
    with pytest.raises(ValidationError):
        format_check.FormatOptions(allowed=allowed)
