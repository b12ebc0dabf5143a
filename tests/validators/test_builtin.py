"""The fast validators together, as a job gets them."""

from __future__ import annotations

from pathlib import Path

import pytest

from pixcrawler_core.components import Validator
from pixcrawler_core.decoding import FORMATS
from pixcrawler_core.image import Image
from pixcrawler_core.registry import load
from pixcrawler_core.testing.images import nasty_images
from pixcrawler_core.validation import Checks, validate_images

FAST = ("file_size", "format", "dimensions", "animation", "integrity", "alpha", "placeholder")


def test_the_fast_checks_run_cheapest_first() -> None:
    assert Checks.build(load(installed=False), "fast").names == FAST


def test_every_check_has_a_section_in_the_docs() -> None:
    page = (Path(__file__).parents[2] / "docs" / "validators.md").read_text(encoding="utf-8")
    for name, validator in load(installed=False).all(Validator).items():
        assert f"\n## {name}\n" in page
        fields = validator.options.model_fields if validator.options else {}
        section = page.partition(f"\n## {name}\n")[2].partition("\n## ")[0]
        assert [field for field in fields if f"`{field}`" not in section] == []


def test_difficult_files_are_rejected_for_what_is_wrong_with_them(tmp_path: Path) -> None:
    nasties = nasty_images(tmp_path)
    tables: dict[str, dict[str, object]] = {
        "file_size": {"min_bytes": 0},
        "format": {"allowed": [name for name in FORMATS if name != "ICO"]},
    }
    checks = Checks.build(load(installed=False), "fast", tables)
    reports = dict(validate_images((Image.open(nasty.path) for nasty in nasties), checks))
    reasons = {image.path.name: report.reason for image, report in reports.items()}
    for nasty in nasties:
        if nasty.reason is not None:
            assert reasons[nasty.path.name] == nasty.reason
        elif nasty.animated:
            assert reasons[nasty.path.name] == "animated"
    accepted = [name for name, reason in reasons.items() if reason is None]
    assert {"plain.jpg", "cmyk.jpg", "rotated.jpg", "two-pictures.mpo", "no-end-marker.jpg"} < set(accepted)
    assert reasons["one-pixel.png"] == "too-small"
    assert reasons["plain.ico"] == "format-not-allowed"


@pytest.mark.parametrize(
    ("bytes_", "reason"), [(b"", "too-small-file"), (b"<html>" * 1000, "unknown-format")]
)
def test_the_default_checks_reject_error_pages(tmp_path: Path, bytes_: bytes, reason: str) -> None:
    path = tmp_path / "image.jpg"
    path.write_bytes(bytes_)
    assert Checks.build(load(installed=False), "fast").run(Image.open(path)).reason == reason
