"""What becomes of one malformed file: in Pillow, in PixCrawler's decoder, in its checks."""

from __future__ import annotations

import dataclasses
import json
import warnings
from pathlib import Path

from accuracy.isolated import isolated
from corpora import CORPORA
from PIL import Image as Pillow

from pixcrawler_core.components import Validator
from pixcrawler_core.errors import DecodeError
from pixcrawler_core.image import Image
from pixcrawler_core.registry import load
from pixcrawler_core.validation import Checks

PATIENCE = 20.0
"""Seconds after which a file counts as one that hangs."""
DAMAGE = {"empty", "truncated", "corrupt"}
"""Reasons that call a file damaged; all others of a picture that decodes are policies."""


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class Result:
    """What became of one file."""

    corpus: str
    file: str
    pillow: str
    """The format that Pillow, with all its decoders, decodes; or its error, which begins with `!`."""
    decode: str
    """Why PixCrawler does not decode it; empty if it does."""
    check: str
    reason: str
    """The check that rejects it at the level asked for, and why; empty if it is accepted."""
    detail: str
    failed: str
    """Checks that raise something else than a DecodeError, each asked by itself, and what they raise."""
    ended: str
    """How a process of PixCrawler's ended that did not end well; empty for all that did."""
    seconds: float
    peak: int

    @property
    def name(self) -> str:
        """Collection and file."""
        return f"{self.corpus}/{self.file}"

    @property
    def decodable(self) -> bool:
        """Whether Pillow decodes it."""
        return not self.pillow.startswith("!")

    @property
    def disagreement(self) -> bool:
        """Pillow decodes what is called damaged, or does not decode what PixCrawler does."""
        return self.decode in DAMAGE if self.decodable else not self.decode


class Judge:
    """The checks of a level, with default options: together, as they run in a crawl, and each by itself."""

    def __init__(self, level: str) -> None:
        registry = load(installed=False)
        self.checks = Checks.build(registry, level)
        self.each = {name: registry.build(Validator, name) for name in self.checks.names}

    def together(self, path: Path) -> dict[str, str]:
        """The check that rejects a file, the reason and the detail."""
        report = self.checks.run(Image.open(path, detailed=self.checks.detailed))
        told = {"check": report.check, "reason": report.reason, "detail": report.detail}
        return {key: value or "" for key, value in told.items()}

    def apart(self, path: Path) -> str:
        """Checks that fail with a file, also those that never see it in a crawl."""
        image, failed = Image.open(path, detailed=self.checks.detailed), []
        for name, check in self.each.items():
            try:
                check.judge(json.loads(json.dumps(check.measure(image), allow_nan=False)))
            except DecodeError:
                continue
            except Exception as error:  # noqa: BLE001  # what a check must not do: told with the file
                failed.append(f"{name}: {type(error).__name__}: {error}")
        return "; ".join(failed)


def judged(corpus: str, path: Path, judge: Judge) -> Result:
    """Decode with Pillow, decode with PixCrawler, run the checks together and apart: four processes."""
    reference = isolated(_pillow, path, PATIENCE)
    decoded = isolated(_decoded, path, PATIENCE)
    checked = isolated(judge.together, path, PATIENCE)
    apart = isolated(judge.apart, path, PATIENCE)
    report: dict[str, str] = checked.value or {}
    return Result(
        corpus=corpus,
        file=str(path.relative_to(CORPORA / corpus)),
        pillow=reference.value or f"!{reference.ended}",
        decode=decoded.value if decoded.value is not None else f"!{decoded.ended}",
        check=report.get("check", ""),
        reason=report.get("reason", ""),
        detail=report.get("detail", ""),
        failed=apart.value or "",
        ended=decoded.ended or checked.ended or apart.ended,
        seconds=max(decoded.seconds, checked.seconds),
        peak=max(decoded.peak, checked.peak),
    )


def _pillow(path: Path) -> str:
    """The format, decoded by whichever of all its decoders Pillow chooses."""
    warnings.simplefilter("ignore")
    with Pillow.open(path) as picture:
        picture.load()
        return str(picture.format)


def _decoded(path: Path) -> str:
    """Why the picture does not decode, in grey as for the fast checks and in colour; empty if it does."""
    image = Image.open(path)
    try:
        _ = image.header, image.view, image.phash, image.pixels
    except DecodeError as error:
        return error.reason
    return ""
