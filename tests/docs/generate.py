"""Writes the generated parts of the documentation: `python -m tests.docs.generate`.

A part lies between `<!-- generated: KIND ARGUMENT -->` and `<!-- end of generated -->`. The reference tables
of docs/job-file.md have a generator of their own, which is called too.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Iterable

import click
from pixcrawler_server.crawl_settings import CrawlTable
from pixcrawler_server.plan_settings import BillingTable, PlanTable
from pixcrawler_server.settings import (
    AuthTable,
    LimitsTable,
    MailTable,
    OidcTable,
    PlacesTable,
    ServerTable,
)
from pydantic import BaseModel

from pixcrawler_core.amounts import megabytes
from pixcrawler_core.components import Component, Expander, Exporter, Labeler, Sink, Source, Storage
from pixcrawler_core.config.reference import keys_of, tables, updated
from pixcrawler_core.config.sources import Suspensions
from pixcrawler_core.filters import Filters
from pixcrawler_core.models.manifest import Model, manifest
from pixcrawler_core.registry import load
from pixcrawler_core.service import Meter
from tests.docs.answers import fields_of
from tests.docs.clitree import commands, common, options
from tests.docs.pages import ROOT, pages

MARKED = re.compile(
    r"(?P<start><!-- generated: (?P<kind>[a-z]+)(?: (?P<argument>\S+))? -->\n)"
    r".*?(?P<end>^<!-- end of generated -->$)",
    re.DOTALL | re.MULTILINE,
)
KINDS: dict[str, type[Component]] = {
    "options": Source,
    "expander": Expander,
    "exporter": Exporter,
    "labeler": Labeler,
    "sink": Sink,
    "meter": Meter,
    "store": Storage,
}
"""Parts that are the options of one component."""
SERVER_TABLES: dict[str, type[BaseModel]] = {
    "auth": AuthTable,
    "billing": BillingTable,
    "crawl": CrawlTable,
    "limits": LimitsTable,
    "mail": MailTable,
    "oidc": OidcTable,
    "places": PlacesTable,
    "plan": PlanTable,
    "server": ServerTable,
}
"""Tables of `server.toml`."""
LANGUAGES = {".py": "python file", ".toml": "toml file"}


def main() -> None:
    """Write every page anew."""
    for page in pages():
        text = page.read_text("utf-8")
        new = generated(text)
        if new != text:
            page.write_text(new, "utf-8")


def generated(text: str) -> str:
    """The text of a page with its generated parts written anew."""
    written = MARKED.sub(
        lambda mark: mark["start"] + _part(mark["kind"], mark["argument"]) + mark["end"], text
    )
    return updated(written, tables(load(installed=False)))


def _part(kind: str, argument: str | None) -> str:
    if argument is None and kind in WHOLE:
        return WHOLE[kind]()
    match kind, argument:
        case str(kind), str(name) if kind in KINDS:
            return keys_of(_options_of(KINDS[kind], name))
        case "server", str(name):
            return keys_of(SERVER_TABLES[name])
        case "fields", str(name):
            return fields_of(name)
        case "file", str(name):
            return _file(name)
    raise ValueError(f"no part is generated for {kind} {argument}")


def _options_of(kind: type[Component], name: str) -> type[BaseModel]:
    options: type[BaseModel] | None = getattr(load(installed=False).get(kind, name), "options", None)
    if options is None:
        raise ValueError(f"{kind.__name__} {name!r} has no options; take its part out of the page")
    return options


def _commands() -> str:
    found = commands()
    shared = common(found)
    return "\n".join(_command(" ".join(path), command, shared) for path, command in found.items()) + "\n"


def _command(words: str, command: click.Command, shared: Iterable[str]) -> str:
    usage = f"pixcrawler {words} {' '.join(command.collect_usage_pieces(_context(command)))}"
    about = inspect.cleandoc(command.help or "")
    own = [each for each in options(command) if each.name not in shared]
    return f"### pixcrawler {words}\n\n```text\n{usage}\n```\n\n{about}\n{_options(command, own)}"


def _common() -> str:
    found = commands()
    shared = common(found)
    some = next(iter(found.values()))
    return _options(some, [each for each in options(some) if each.name in shared]).lstrip("\n")


def _options(command: click.Command, found: Iterable[click.Option]) -> str:
    rows = [_option(command, each) for each in found]
    return "\n| option | meaning |\n|---|---|\n" + "".join(rows) if rows else ""


def _option(command: click.Command, option: click.Option) -> str:
    names, meaning = option.get_help_record(_context(command)) or ("", "")
    spans = ", ".join(f"`{name}`" for name in names.split(", "))
    if option.envvar:
        meaning += f" Also by the environment variable `{option.envvar}`."
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in (spans, " ".join(meaning.split()))) + " |\n"


def _context(command: click.Command) -> click.Context:
    return click.Context(command)


def _sources() -> str:
    rows = [
        f"| [`{each.name}`](docs/sources.md#{each.name}) | {each.summary} | "
        f"{'yes' if each.searches else 'no'} | {each.limits} |\n"
        for each in load(installed=False).all(Source).values()
    ]
    return "| source | what it is | searches | limits |\n|---|---|---|---|\n" + "".join(rows)


def _labelers() -> str:
    rows = []
    for each in load(installed=False).all(Labeler).values():
        usual = each.needed(each.options()) if each.needs and each.options else each.models
        others = [model for model in each.models if model not in usual]
        cells = (f"[`{each.name}`](#{each.name})", each.summary, _named(usual) or "none", _named(others))
        rows.append(f"| {' | '.join(cells)} |\n")
    return "| labeler | what it says | models | with some options |\n|---|---|---|---|\n" + "".join(rows)


def _named(names: Iterable[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)


def _models() -> str:
    return "\n".join(_model(each) for each in manifest().values()) + "\n"


def _model(model: Model) -> str:
    rows = {
        "file": f"`{model.file}`, {megabytes(model.size)}",
        "from": f"{model.registry_name}: `{model.package}` {model.version}, {megabytes(model.archive.size)}",
        "licence": f"{model.licence.weights} (package: {model.licence.package}). {model.licence.source}",
    }
    table = "".join(f"| {key} | {value} |\n" for key, value in rows.items())
    return f"### {model.name}\n\n{model.summary}\n\n| | |\n|---|---|\n{table}"


def _file(name: str) -> str:
    path = ROOT / name
    return f"```{LANGUAGES[path.suffix]}\n{path.read_text('utf-8')}```\n"


WHOLE: dict[str, Callable[[], str]] = {
    "commands": _commands,
    "common": _common,
    "filters": lambda: keys_of(Filters),
    "labelers": _labelers,
    "models": _models,
    "sources": _sources,
    "suspensions": lambda: keys_of(Suspensions),
}
"""Parts without an argument."""


if __name__ == "__main__":
    main()
