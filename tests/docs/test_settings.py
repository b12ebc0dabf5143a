"""Every setting and environment variable is documented, and no other."""

from __future__ import annotations

import re
from pathlib import Path

from pixcrawler_core import settings
from tests.docs.pages import ROOT, prose

PAGE = ROOT / "docs/settings.md"
OURS = re.compile(r"PIXCRAWLER_[A-Z_]+")
PARTS = ("pixcrawler_core", "spiders", "validators", "exporters", "plugins", "server")


def sources() -> list[Path]:
    return [path for part in PARTS for path in (ROOT / part).rglob("*.py")]


def test_every_setting_of_ours_has_a_row() -> None:
    used = {name for path in sources() for name in OURS.findall(path.read_text("utf-8"))}
    rows = set(re.findall(r"^\| `(PIXCRAWLER_[A-Z_]+)` \|", PAGE.read_text("utf-8"), re.MULTILINE))
    assert used == rows


def test_environment_variables_and_scrapy_settings_are_told_apart() -> None:
    environment, _, scrapy = PAGE.read_text("utf-8").partition("\n## Scrapy settings\n")
    ours = {name for name in dir(settings) if OURS.fullmatch(name)}
    assert set(OURS.findall(scrapy)) == ours
    for path in sources():
        for name in re.findall(r'(?:envvar=|environ\.get\()"(\w+)"', path.read_text("utf-8")):
            assert f"| `{name}` |" in environment, path


def test_every_scrapy_setting_that_is_set_has_its_reason() -> None:
    text = prose(PAGE)
    assert [name for name in dir(settings) if name.isupper() and f"`{name}`" not in text] == []


def test_documented_scrapy_settings_are_set() -> None:
    rows = re.findall(r"^\| (`[A-Z_`, ]+`) \|", PAGE.read_text("utf-8"), re.MULTILINE)
    names = {name for row in rows for name in re.findall(r"[A-Z_]+", row)} - {
        "PIXCRAWLER_API_KEY",
        "PIXCRAWLER_DATABASE",
        "PIXCRAWLER_LLM_KEY",
        "PIXCRAWLER_MODELS",
        "PIXCRAWLER_OIDC_SECRET",
        "PIXCRAWLER_PASSWORD",
        "PIXCRAWLER_SECRETS",
        "PIXCRAWLER_SERVER_CONFIG",
        "PIXCRAWLER_SIGNING_KEY",
        "PIXCRAWLER_STRIPE_KEY",
        "PIXCRAWLER_STRIPE_SIGNING_SECRET",
        "PIXCRAWLER_SMTP_PASSWORD",
        "PIXCRAWLER_TRANSLATE_KEY",
        "PIXCRAWLER_WEBHOOK_SECRET",
    }
    assert [name for name in names if not hasattr(settings, name)] == []
