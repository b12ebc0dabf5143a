"""Which checks run, in which order, and what becomes of everything that can go wrong with them."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pluggy
import pytest
from pydantic import BaseModel, ConfigDict

from pixcrawler_core import hookimpl, hookspecs
from pixcrawler_core.checks import PlainCheck, ScoreCheck
from pixcrawler_core.components import Check, Tier, Validator
from pixcrawler_core.errors import ConfigError, DecodeError, PluginError, WorkspaceError
from pixcrawler_core.image import Image
from pixcrawler_core.records import Candidate, Verdict
from pixcrawler_core.registry import Registry
from pixcrawler_core.testing.drawings import draw
from pixcrawler_core.validation import Checks, Report, validate_images


class Limit(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)
    limit: int = 5


class Plugin:
    """A plugin whose checks write down that they were asked."""

    def __init__(self, *validators: Validator) -> None:
        self.validators = validators

    @hookimpl
    def register_validators(self) -> Iterator[Validator]:
        yield from self.validators


def registry(*validators: Validator, built_in: bool = True) -> Registry:
    manager = pluggy.PluginManager("pixcrawler")
    manager.add_hookspecs(hookspecs)
    manager.register(Plugin(*validators), "a-plugin")
    return Registry(manager, {"register_validators": ("a-plugin",) if built_in else ()})


def nothing(_: Image) -> dict[str, Any]:
    return {}


def passes(_: object) -> Verdict:
    return Verdict()


def validator(
    name: str,
    measured: Callable[[Image], Any] = nothing,
    judged: Callable[[Any], Any] = passes,
    tier: Tier = Tier.FAST,
    order: int = 500,
) -> Validator:
    check = PlainCheck(measured=measured, judged=judged)
    return Validator(name=name, summary=name, tier=tier, order=order, build=lambda _: check)


@pytest.fixture
def image(tmp_path: Path) -> Image:
    path = tmp_path / "image.jpg"
    draw("validation", (320, 240)).save(path)
    return Image.open(path)


@pytest.fixture
def broken(tmp_path: Path) -> Image:
    path = tmp_path / "broken.jpg"
    draw("validation", (320, 240)).save(path)
    path.write_bytes(path.read_bytes()[:3000])
    return Image.open(path)


def run(
    image: Image, *validators: Validator, tables: Mapping[str, Mapping[str, Any]] | None = None
) -> Report:
    return Checks.build(registry(*validators), Tier.SLOW, tables).run(image)


ALL = (
    validator("slow", tier=Tier.SLOW, order=1),
    validator("late", order=900),
    validator("b", order=100),
    validator("a", order=100),
    validator("medium", tier=Tier.MEDIUM, order=1),
)


def test_installing_a_plugin_adds_no_check(image: Image) -> None:
    found = registry(validator("strict", judged=lambda _: Verdict(reason="no")), built_in=False)
    assert Checks.build(found, "slow").run(image).accepted
    assert Checks.build(found, "fast", {"strict": {}}).run(image).reason == "no"


@pytest.mark.parametrize(
    ("level", "names"),
    [
        (Tier.FAST, ("a", "b", "late")),
        ("medium", ("a", "b", "late", "medium")),
        ("slow", ("a", "b", "late", "medium", "slow")),
    ],
)
def test_a_level_takes_its_tier_and_the_cheaper_ones_in_order(level: Tier | str, names: tuple[str]) -> None:
    assert Checks.build(registry(*ALL), level).names == names


def test_a_table_switches_a_check_on_or_off() -> None:
    tables: dict[str, dict[str, Any]] = {"slow": {}, "b": {"enabled": False}, "medium": {"enabled": False}}
    assert Checks.build(registry(*ALL), "fast", tables).names == ("a", "late", "slow")


@pytest.mark.parametrize("table", [{}, {"enabled": False}])
def test_a_table_for_no_check_is_refused(table: dict[str, Any]) -> None:
    with pytest.raises(PluginError, match=r"no validator is called 'mediun'; did you mean 'medium'\?"):
        Checks.build(registry(*ALL), "fast", {"mediun": table})


def test_an_unknown_level_is_refused() -> None:
    with pytest.raises(ConfigError, match=r"no validation level is called 'quick' \(there are: fast, medium"):
        Checks.build(registry(*ALL), "quick")


def test_enabled_must_be_a_truth_value() -> None:
    with pytest.raises(ConfigError, match=r"\[validators\.a\] enabled must be true or false, not 'no'"):
        Checks.build(registry(*ALL), "fast", {"a": {"enabled": "no"}})


def test_options_go_to_the_check_without_enabled(image: Image) -> None:
    def build(options: Limit) -> Check:
        return PlainCheck(measured=lambda _: {"limit": options.limit}, judged=passes)

    limited = Validator(name="limited", summary="limited", options=Limit, build=build)
    assert run(image, limited).scores == {"limited": {"limit": 5}}
    table = {"limited": {"enabled": True, "limit": 9}}
    assert run(image, limited, tables=table).scores == {"limited": {"limit": 9}}
    with pytest.raises(PluginError, match="limits"):
        run(image, limited, tables={"limited": {"limits": 9}})


def test_an_accepted_image_is_described(image: Image) -> None:
    sharp = ScoreCheck(
        measured=lambda _: {"edges": 12},
        scored=lambda measures: measures["edges"] / 16,
        reason="blurred",
        told=str,
        threshold=0.5,
    )
    measured = Validator(name="sharp", summary="sharp", build=lambda _: sharp)
    report = run(image, measured, validator("silent"))
    assert report == Report(
        accepted=True,
        scores={"sharp": {"edges": 12, "score": 0.75, "threshold": 0.5}},
        format="JPEG",
        width=320,
        height=240,
        phash=image.phash,
    )


def test_the_first_rejection_stops_the_rest(image: Image) -> None:
    asked: list[str] = []

    def check(name: str, reason: str | None = None) -> Validator:
        def ask(_: Image) -> dict[str, Any]:
            asked.append(name)
            return {}

        return validator(name, ask, lambda _: Verdict(reason=reason, detail=reason and "because", score=0.1))

    report = run(image, *(check(n, r) for n, r in (("1", None), ("2", "bad"), ("3", None))))
    assert asked == ["1", "2"]
    assert (report.accepted, report.check, report.reason, report.detail) == (False, "2", "bad", "because")
    assert report.scores == {"1": {"score": 0.1}, "2": {"score": 0.1}}


def test_a_rejected_image_is_not_read_further(image: Image) -> None:
    report = run(image, validator("early", judged=lambda _: Verdict(reason="bad", detail="because")))
    assert (report.format, report.width, report.phash) == (None, None, None)
    assert "view" not in vars(image)


def test_what_a_check_read_is_reported_with_the_rejection(image: Image) -> None:
    def measured(image: Image) -> dict[str, Any]:
        return {"width": image.header.width}

    wide = validator("wide", measured, lambda m: Verdict(reason="bad", detail=str(m["width"])))
    report = run(image, wide)
    assert (report.format, report.width, report.height, report.detail) == ("JPEG", 320, 240, "320")


def test_bytes_that_do_not_decode_are_the_rejection_of_the_check_that_asked(broken: Image) -> None:
    report = run(broken, validator("first"), validator("looks", lambda i: {"width": i.view.width}))
    assert (report.accepted, report.check, report.reason) == (False, "looks", "truncated")
    assert report.detail == "JPEG cannot be decoded: " + str(report.detail).partition(": ")[2]


def test_an_image_that_no_check_decoded_must_decode_all_the_same(broken: Image) -> None:
    report = run(broken, validator("first"))
    assert (report.accepted, report.check, report.reason) == (False, "decode", "truncated")
    assert (report.format, report.width) == ("JPEG", 320)


def test_a_failing_plugin_rejects_and_is_logged_once(image: Image, caplog: pytest.LogCaptureFixture) -> None:
    def fails(_: Image) -> dict[str, Any]:
        raise ZeroDivisionError("by zero")

    checks = Checks.build(registry(validator("fragile", fails)), "fast")
    with caplog.at_level(logging.ERROR):
        reports = [checks.run(image), checks.run(image)]
    assert reports[0] == reports[1]
    assert (reports[0].check, reports[0].reason) == ("fragile", "check-failed")
    assert reports[0].detail == "check 'fragile' of plugin a-plugin failed: ZeroDivisionError: by zero"
    assert len(caplog.records) == 1


@pytest.mark.parametrize("answer", [None, True, "fine", Verdict])
def test_a_check_that_gives_no_verdict_has_failed(image: Image, answer: object) -> None:
    report = run(image, validator("odd", judged=lambda _: answer))
    assert report.reason == "check-failed"
    assert "a check returns a Verdict, not" in str(report.detail)


def test_a_check_may_raise_a_decode_error_of_its_own(image: Image) -> None:
    def strict(_: Image) -> dict[str, Any]:
        raise DecodeError("corrupt", "no thumbnail")

    assert run(image, validator("strict", strict)).detail == "no thumbnail"


def test_a_file_that_is_gone_is_no_rejection(image: Image) -> None:
    image.path.unlink()
    with pytest.raises(WorkspaceError):
        run(image, validator("looks", lambda i: {"width": i.view.width}))


def test_images_are_validated_as_they_come(image: Image, broken: Image) -> None:
    taken: list[Image] = []

    def source() -> Iterator[Image]:
        for item in (image, broken, image):
            taken.append(item)
            yield item

    results = validate_images(source(), Checks.build(registry(), "fast"))
    assert taken == []
    first, report = next(results)
    assert (first, report.accepted, taken) == (image, True, [image])
    assert [(i, r.accepted) for i, r in results] == [(broken, False), (image, True)]


class Edge(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)
    least: float = 0.5
    radius: int = 3


class Counting:
    """A medium check that counts how often it looks, and rejects what scores less than `least`."""

    def __init__(self) -> None:
        self.looks = 0

    def build(self, options: Edge) -> Check:
        def measured(image: Image) -> dict[str, Any]:
            self.looks += 1
            return {"edge": 0.6, "radius": options.radius, "long": "x" * 300}

        return ScoreCheck(
            measured=measured,
            scored=lambda measures: measures["edge"],
            reason="flat",
            told=lambda measures: f"the edge is {measures['edge']}",
            threshold=options.least,
        )

    def checks(self, version: str = "1", contextual: bool = False, **table: Any) -> Checks:
        counted = Validator(
            name="edge",
            summary="edge",
            tier=Tier.MEDIUM,
            options=Edge,
            build=self.build,
            version=version,
            measured_by=("radius",),
            contextual=contextual,
        )
        return Checks.build(registry(counted, validator("quick")), "medium", {"edge": table})


def test_a_threshold_changes_without_another_look(image: Image) -> None:
    counting = Counting()
    first = counting.checks().run(image)
    assert (first.accepted, list(first.fresh)) == (True, [next(iter(first.fresh))])
    assert first.scores["edge"] == {"edge": 0.6, "radius": 3, "score": 0.6, "threshold": 0.5}
    assert next(iter(first.fresh.values()))["long"] == "x" * 300
    second = counting.checks(least=0.7).run(image, first.fresh)
    assert (second.reason, second.check, second.fresh, counting.looks) == ("flat", "edge", {}, 1)
    assert second.detail == "the edge is 0.6: the score 0.600 is below 0.7"


@pytest.mark.parametrize("other", [{"version": "2"}, {"radius": 5}])
def test_what_would_be_measured_otherwise_is_measured_again(image: Image, other: dict[str, Any]) -> None:
    counting = Counting()
    first = counting.checks().run(image)
    again = counting.checks(**other).run(image, first.fresh)
    assert counting.looks == 2
    assert first.fresh.keys().isdisjoint(again.fresh)


def test_a_check_of_the_content_is_kept_for_what_it_was_found_for(image: Image) -> None:
    counting = Counting()
    checks = counting.checks(contextual=True)
    known: dict[str, Any] = {}
    for category in ("cat", "dog", "cat"):
        candidate = Candidate(engine="e", category=category, query=category, image_url="https://x.example/")
        known |= checks.run(Image.open(image.path, candidate), known).fresh
    assert (counting.looks, len(known)) == (2, 2)


def test_only_what_costs_more_than_a_look_up_is_kept(image: Image) -> None:
    quick = Checks.build(registry(validator("quick", lambda _: {"x": 1})), "slow")
    assert (quick.keeps, quick.detailed, quick.run(image).fresh) == (False, False, {})
    assert (Counting().checks().keeps, Counting().checks().detailed) == (True, True)
