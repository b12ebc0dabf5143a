"""Reads a job file and checks everything in it before anything is fetched."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from pixcrawler_core.config.checks import content_problems, plugin_problems
from pixcrawler_core.config.events import EventsTable
from pixcrawler_core.config.export import ExportTable
from pixcrawler_core.config.job import DedupTable, Job, JobFile, LabelsTable
from pixcrawler_core.config.lines import key_lines, line_of
from pixcrawler_core.config.problems import M, OptionsError, Problem, parse
from pixcrawler_core.config.problems import Path as KeyPath
from pixcrawler_core.config.storage import StorageTable
from pixcrawler_core.errors import ConfigError
from pixcrawler_core.registry import Registry

EMPTY = "it is empty; it needs at least [job] with a name and keywords, or a [urls] table with a file"


def load_job(path: Path, registry: Registry) -> Job:
    """The job in a file.

    Raises ConfigError with one line `FILE:LINE: problem` for each problem; nothing is fetched for that.
    """
    return parse_job(_text(path), registry, path.parent, source=str(path))


def load_tables(path: Path) -> dict[str, Any]:
    """The tables in a file, as they are written. Raises ConfigError for one that is no TOML."""
    return _parse_toml(_text(path), str(path))


def load_checks(path: Path, registry: Registry) -> tuple[str | None, dict[str, dict[str, Any]]]:
    """The validation level of a job file, if it names one, and its `[validators]` tables.

    Nothing else of it is looked at. Raises ConfigError as `load_job` does.
    """
    text = _text(path)
    tables = _parse_toml(text, str(path))
    job = tables.get("job")
    level = job.get("validation") if isinstance(job, dict) else None
    own = {"job": {"validation": level} if level else {}, "validators": tables.get("validators", {})}
    return level, _part(path, text, own, registry).validator_tables


def load_dedup(path: Path, registry: Registry) -> DedupTable:
    """The `[dedup]` table of a job file.

    Nothing else of it is looked at. Raises ConfigError as `load_job` does.
    """
    return _with_table(path, "dedup", registry).dedup


def load_labels(path: Path, registry: Registry) -> LabelsTable:
    """The `[labels]` table of a job file.

    Nothing else of it is looked at. Raises ConfigError as `load_job` does.
    """
    return _with_table(path, "labels", registry).labels


def load_export(path: Path, registry: Registry) -> ExportTable:
    """The `[export]` table of a job file.

    Nothing else of it is looked at. Raises ConfigError as `load_job` does.
    """
    return _with_table(path, "export", registry).export


def load_storage(path: Path, registry: Registry) -> StorageTable:
    """The `[storage]` table of a job file, or of a file with nothing else.

    Nothing else of it is looked at. Raises ConfigError as `load_job` does.
    """
    return _with_table(path, "storage", registry).storage


def load_events(path: Path, registry: Registry) -> EventsTable:
    """The `[events]` table of a job file, or of a file with nothing else.

    Nothing else of it is looked at. Raises ConfigError as `load_job` does.
    """
    return _with_table(path, "events", registry).events


def load_settings(path: Path, model: type[M]) -> M:
    """The settings in a file that is no job file. Raises ConfigError as `load_job` does."""
    text = _text(path)
    tables = _parse_toml(text, str(path))
    try:
        return parse(model, tables, lambda keys: _table_name(keys) if keys else "the file")
    except OptionsError as error:
        raise ConfigError(_message(str(path), error.problems, key_lines(text))) from None


def parse_job(text: str, registry: Registry, folder: Path, *, source: str = "job file") -> Job:
    """The job in the text of a job file; relative paths in it start from `folder`.

    Raises ConfigError with one line `SOURCE:LINE: problem` for each problem.
    """
    tables = _parse_toml(text, source)
    if not tables:
        raise ConfigError(f"{source}: {EMPTY}")
    try:
        return _of_job(check_tables(tables, registry, folder))
    except OptionsError as error:
        raise ConfigError(_message(source, error.problems, key_lines(text))) from None


def _of_job(job: Job) -> Job:
    if job.storage.encrypt_blobs:
        told = (
            "[storage] encrypt_blobs holds for a workspace, not for a job: set it in the storage.toml there"
        )
        raise OptionsError([Problem(("storage", "encrypt_blobs"), told)])
    return job


def check_tables(
    tables: Mapping[str, Any],
    registry: Registry,
    folder: Path,
    refuse: Callable[[Job], Iterable[Problem]] = lambda _: (),
) -> Job:
    """The job in parsed tables, also from elsewhere than a file.

    `refuse` is asked before plugins and files that the tables name are looked at, or words are compared;
    what it says is then all that is told. Raises OptionsError, whose `problems` have the path of keys to
    each wrong value.
    """
    problems: list[Problem] = []
    try:
        file = parse(JobFile, tables, _table_name)
    except OptionsError as error:
        problems += error.problems
        # The sound tables are checked further, so that one run reports all problems of a file.
        wrong = {problem.path[:1] for problem in problems}
        file = parse(JobFile, {key: tables[key] for key in tables if (key,) not in wrong}, _table_name)
    job = Job(folder=folder, **dict(file))
    if refused := list(refuse(job)):
        raise OptionsError([*problems, *refused])
    if not problems:
        problems += content_problems(file, tables)
    problems += plugin_problems(file, registry, folder)
    if problems:
        raise OptionsError(problems)
    return job


def _with_table(path: Path, name: str, registry: Registry) -> Job:
    """A job with one table of a file."""
    text = _text(path)
    return _part(path, text, {name: _parse_toml(text, str(path)).get(name, {})}, registry)


def _part(path: Path, text: str, tables: Mapping[str, Any], registry: Registry) -> Job:
    """A job of some tables of a file, with stand-ins for what it cannot be without."""
    job = {"name": "files", "keywords": ["files"], **tables.get("job", {})}
    try:
        return check_tables({**tables, "job": job}, registry, path.parent)
    except OptionsError as error:
        raise ConfigError(_message(str(path), error.problems, key_lines(text))) from None


def _text(path: Path) -> str:
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        raise ConfigError(f"{path}: there is no such file; give the path of a job file") from None
    except IsADirectoryError:
        raise ConfigError(f"{path}: this is a folder; give the path of the job file in it") from None
    except OSError as error:
        raise ConfigError(f"{path}: cannot be read: {error.strerror}") from error
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        byte = content[error.start]
        raise ConfigError(f"{path}:{line}: byte 0x{byte:02x} is not UTF-8; save the file as UTF-8") from None


def _parse_toml(text: str, source: str) -> dict[str, Any]:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        place = re.fullmatch(r"(?P<what>.*) \(at line (?P<line>\d+), column (?P<column>\d+)\)", str(error))
        if place is None:
            last = text.count("\n") + 1
            what = str(error).removesuffix(" (at end of document)")
            raise ConfigError(f"{source}:{last}: not valid TOML: {what} (end of the file)") from None
        where = f"{source}:{place['line']}"
        raise ConfigError(f"{where}: not valid TOML: {place['what']} (column {place['column']})") from None
    except RecursionError:
        raise ConfigError(f"{source}: not usable: its values are nested too deeply") from None


def _message(source: str, problems: Sequence[Problem], lines: Mapping[KeyPath, int]) -> str:
    placed = [(line_of(problem.path, lines), problem.message) for problem in problems]
    placed.sort(key=lambda item: item[0] or 0)
    return "\n".join(
        f"{source}:{line}: {message}" if line else f"{source}: {message}" for line, message in placed
    )


def _table_name(path: KeyPath) -> str:
    """`[fetch]`, `[[category]] number 2`, or `the job file`."""
    if not path:
        return "the job file"
    keys = ".".join(str(step) for step in path if isinstance(step, str))
    numbers = [step + 1 for step in path if isinstance(step, int)]
    return f"[[{keys}]] number {numbers[0]}" if numbers else f"[{keys}]"
