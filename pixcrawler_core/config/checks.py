"""What a job file must fulfil beyond the types of its tables: tables that go together, plugins that exist."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path as FilePath
from typing import Any

from slugify import slugify

from pixcrawler_core.components import (
    Deduper,
    Expander,
    Exporter,
    Labeler,
    Part,
    Sink,
    Source,
    Storage,
    Tier,
    Validator,
)
from pixcrawler_core.config.job import (
    LIST_SOURCE,
    DedupTable,
    JobFile,
    list_name,
)
from pixcrawler_core.config.problems import OptionsError, Path, Problem, parse_options, unknown_key
from pixcrawler_core.config.sources import SourcesTable
from pixcrawler_core.config.splits import ROUNDING, SplitsTable
from pixcrawler_core.config.storage import VARIABLE, StorageTable
from pixcrawler_core.config.table import Picks
from pixcrawler_core.config.words import folder_name_problem
from pixcrawler_core.dedup.description import is_collection
from pixcrawler_core.errors import PluginError
from pixcrawler_core.keywords.terms import Terms
from pixcrawler_core.registry import Registry
from pixcrawler_core.splitting.rules import SPLITS

NOTHING = "nothing to look for: add keywords to [job], or [[category]] tables, or a [urls] table"


def content_problems(file: JobFile, given: Iterable[str]) -> Iterator[Problem]:
    """What is wrong with the name and the categories; `given` are the tables that the file has."""
    if "splits" in given:
        yield from _split_problems(file.splits)
    if file.labels.per_image and not file.labels.files:
        yield Problem(("labels", "per_image"), '[labels] per_image needs a form; add files = ["json"], say')
    yield from _storage_problems(file.storage)
    if file.job.name is None and list_name(file.urls) is None:
        yield Problem(("job", "name"), "missing key 'name' in [job]")
    if file.urls is None:
        yield from _search_problems(file)
        return
    if "sources" in given:
        yield Problem(("sources",), "[sources] does not go with [urls]: a list is not searched; remove one")
    if file.job.keywords:
        yield Problem(("job", "keywords"), "keywords in [job] do not go with [urls]: a list is not searched")
    if "keywords" in given:
        yield Problem(("keywords",), "[keywords] does not go with [urls]: a list is not searched; remove one")
    if file.category:
        yield Problem(("category",), "[[category]] does not go with [urls]: categories come from the list")


def plugin_problems(file: JobFile, registry: Registry, folder: FilePath) -> Iterator[Problem]:
    """Plugins that do not exist, and options that do not fit them; `folder` is that of the job file."""
    if file.urls is None:
        yield from _source_problems(file.sources, registry)
    else:
        yield from _list_problems(file.urls, registry, folder)
    yield from _validator_problems(file, registry)
    yield from _picks_problems("keywords", file.keywords, "expanders", Expander, registry)
    yield from _picks_problems("dedup", file.dedup, "methods", Deduper, registry)
    yield from _against_problems(file.dedup, folder)
    yield from _picks_problems("labels", file.labels, "labelers", Labeler, registry)
    yield from _picks_problems("export", file.export, "formats", Exporter, registry)
    yield from _picks_problems("storage", file.storage, "stores", Storage, registry)
    yield from _picks_problems("events", file.events, "sinks", Sink, registry)


def _split_problems(splits: SplitsTable) -> Iterator[Problem]:
    if not splits.shares:
        yield Problem(("splits",), "[splits] gives no share; add train = 0.8, val = 0.1 and test = 0.1, say")
    elif abs(splits.total - 1) > ROUNDING:
        shares = ", ".join(name for name in SPLITS if name in splits.shares)
        yield Problem(
            ("splits",), f"[splits] {shares} add up to {splits.total:.4g}, not 1; change one of the shares"
        )


def _storage_problems(storage: StorageTable) -> Iterator[Problem]:
    if storage.encrypt_blobs and storage.keys is None:
        told = "[storage] encrypt_blobs needs keys; make a file with pixcrawler storage keys new, and name it"
        yield Problem(("storage", "encrypt_blobs"), told)
    if storage.owner is not None and storage.keys is None:
        told = (
            "[storage] owner needs keys: without, nothing is encrypted; name a file of keys, or take it out"
        )
        yield Problem(("storage", "owner"), told)
    if storage.owner is not None and (storage.keys or "").startswith(VARIABLE):
        told = "[storage] owner needs a file of keys: one in a variable cannot take a data key"
        yield Problem(("storage", "owner"), told)


def _search_problems(file: JobFile) -> Iterator[Problem]:
    if file.job.keywords and file.category:
        yield Problem(("category",), "give either keywords in [job] or [[category]] tables, not both")
        return
    if not file.job.keywords and not file.category:
        yield Problem(("job",), NOTHING)
    yield from _blocked_problems(file)
    names: list[tuple[Path, str]] = [
        (("category", position, "name"), category.name) for position, category in enumerate(file.category)
    ]
    names += [(("job", "keywords", position), word) for position, word in enumerate(file.job.keywords)]
    yield from _name_problems(names)


def _blocked_problems(file: JobFile) -> Iterator[Problem]:
    """Keywords that `[keywords]` forbids."""
    terms = Terms(file.keywords.blocklist, file.keywords.nsfw)
    given: list[tuple[Path, str]] = [
        (("job", "keywords", n), word) for n, word in enumerate(file.job.keywords)
    ]
    for place, category in enumerate(file.category):
        given += [(("category", place, "keywords", n), word) for n, word in enumerate(category.keywords)]
    for path, word in given:
        if why := terms.against(word, given=True):
            yield Problem(path, f"keyword {word!r} must not be asked for: {why}")


def _name_problems(names: Iterable[tuple[Path, str]]) -> Iterator[Problem]:
    """Names that cannot be folders, and names that would share one."""
    first: dict[str, str] = {}
    for path, name in names:
        slug = slugify(name)
        if reason := folder_name_problem(name):
            yield Problem(path, f"category {name!r}: {reason}")
        elif slug in first:
            yield Problem(path, f"categories {first[slug]!r} and {name!r} would share the folder {slug!r}")
        first.setdefault(slug, name)


def _source_problems(sources: SourcesTable, registry: Registry) -> Iterator[Problem]:
    known = registry.all(Source)
    yield from _unknown_tables("sources", sources, known)
    for name in sources.engines:
        path = ("sources", "engines")
        if name in known and not known[name].searches:
            yield Problem(path, f"source {name!r} reads a list and cannot search; use the [{name}] table")
        elif name not in known or name not in sources.tables:
            yield from _found(path, partial(_source_options, registry, name, {}))
    for name, table in sources.tables.items():
        if name in known:
            yield from _found(("sources", name), partial(_source_options, registry, name, table))


def _list_problems(urls: dict[str, Any], registry: Registry, folder: FilePath) -> Iterator[Problem]:
    yield from _found(("urls",), partial(_source_options, registry, LIST_SOURCE, urls))
    file = urls.get("file")
    if isinstance(file, str) and not os.path.isfile(folder / file):
        yield Problem(("urls", "file"), f"[urls] file is {file!r}: there is no such file in {folder}")


def _validator_problems(file: JobFile, registry: Registry) -> Iterator[Problem]:
    known = registry.all(Validator)
    level = Tier[file.job.validation.upper()]
    at_level = [name for name, check in known.items() if check.tier <= level and name not in file.validators]
    for name in at_level:
        yield from _found(("validators", name), partial(_part_options, registry, Validator, name, {}))
    for name, table in file.validators.items():
        options = dict(table.model_extra or {})
        check = partial(_part_options, registry, Validator, name, options)
        for problem in _found(("validators", name), check):
            # A check that is switched off may lack an option that it would need.
            if table.enabled or not problem.missing:
                yield problem


def _picks_problems(
    section: str, picks: Picks, key: str, kind: type[Part[Any]], registry: Registry
) -> Iterator[Problem]:
    known = registry.all(kind)
    yield from _unknown_tables(section, picks, known)
    for name in getattr(picks, key):
        if name not in known or name not in picks.tables:
            yield from _found((section, key), partial(_part_options, registry, kind, name, {}))
    for name, table in picks.tables.items():
        if name in known:
            yield from _found((section, name), partial(_part_options, registry, kind, name, table))


def _against_problems(dedup: DedupTable, folder: FilePath) -> Iterator[Problem]:
    for place, path in enumerate(dedup.against):
        if not is_collection(folder / path):
            yield Problem(
                ("dedup", "against", place),
                f"[dedup] against: {path!r} is no collection; make one with pixcrawler dedup --index",
            )


def _unknown_tables(section: str, picks: Picks, known: Iterable[str]) -> Iterator[Problem]:
    valid = {*type(picks).model_fields, *known}
    for name in picks.tables:
        if name not in valid:
            yield unknown_key((section, name), f"[{section}]", valid)


def _source_options(registry: Registry, name: str, table: Any) -> None:
    where = f"source {name!r}"
    parse_options(registry.get(Source, name).options, _table(table, where), where)


def _part_options(registry: Registry, kind: type[Part[Any]], name: str, table: Any) -> None:
    registry.options(registry.get(kind, name), _table(table, f"{kind.kind()} {name!r}"))


def _table(value: Any, where: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise PluginError(f"{where}: its options go into a table")
    return value


def _found(path: Path, check: Callable[[], object]) -> Iterator[Problem]:
    """The problems that a check raises, as problems of what stands at `path`."""
    try:
        check()
    except OptionsError as error:
        for problem in error.problems:
            yield replace(problem, path=(*path, *problem.path))
    except PluginError as error:
        yield Problem(path, str(error))
