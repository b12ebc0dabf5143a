"""What holds for validators."""

# ruff: noqa: S101  # these are tests

from __future__ import annotations

import atexit
import functools
import hashlib
import json
import re
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from pixcrawler_core.components import Check, Validator
from pixcrawler_core.errors import DecodeError
from pixcrawler_core.image import Image
from pixcrawler_core.records import Verdict
from pixcrawler_core.testing.contracts.part import PartContract
from pixcrawler_core.testing.images import nasty_images


class ValidatorContract(PartContract):
    """What holds for every check: it judges any file, always alike, in any thread, and changes nothing.

    Its measures are JSON, and say the same when they are read back.
    """

    component: Validator

    def test_it_gives_a_verdict_for_any_file(self) -> None:
        """No file makes it raise anything but DecodeError, which the core turns into a rejection."""
        for name, verdict in self.verdicts().items():
            assert isinstance(verdict, Verdict), f"{name}: {verdict!r}"
            if verdict.reason is not None:
                assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", verdict.reason), f"{name}: {verdict.reason}"
                assert verdict.detail, f"{name}: {verdict.reason} comes without detail"
            for value in (verdict.score, verdict.threshold):
                assert value is None or 0 <= value <= 1, f"{name}: {verdict}"

    def test_it_always_says_the_same(self) -> None:
        """Neither time nor the images before it change a verdict."""
        assert self.verdicts() == dict(reversed(list(self.verdicts(backwards=True).items())))

    def test_it_runs_in_threads(self) -> None:
        """One check serves many threads, one image each."""
        check, images = self.build(), _nasty() * 2
        with ThreadPoolExecutor(4) as pool:
            verdicts = list(pool.map(lambda image: _judge(check, image), images))
        alone = self.verdicts()
        assert verdicts == [alone[image.path.name] for image in images]

    def test_it_leaves_the_file_alone(self) -> None:
        """The bytes after the check are the bytes before it."""
        images = _nasty()
        self.verdicts()
        changed = [i.path.name for i in images if _digest(i.path) != i.sha256]
        assert not changed

    def verdicts(self, *, backwards: bool = False) -> dict[str, Verdict]:
        """What a fresh check says of each difficult file, by its name."""
        check, images = self.build(), _nasty()
        return {i.path.name: _judge(check, i) for i in (reversed(images) if backwards else images)}


def _judge(check: Check, image: Image) -> Verdict:
    try:
        measures = check.measure(image)
    except DecodeError as error:
        return Verdict(reason=error.reason, detail=error.detail)
    assert not {"score", "threshold"} & measures.keys(), f"the verdict has these: {sorted(measures)}"
    kept = json.loads(json.dumps(measures, allow_nan=False))
    verdict = check.judge(measures)
    assert check.judge(kept) == verdict, f"measures read back from JSON are judged otherwise: {kept}"
    return verdict


@functools.cache
def _nasty_paths() -> tuple[Path, ...]:
    folder = tempfile.TemporaryDirectory(prefix="pixcrawler-nasty-")
    atexit.register(folder.cleanup)
    return tuple(nasty.path for nasty in nasty_images(Path(folder.name)))


def _nasty() -> list[Image]:
    return [Image.open(path) for path in _nasty_paths()]


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
