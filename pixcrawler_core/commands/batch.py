"""Many jobs from one command: all files are checked, those that are complete left out, the others run."""

from __future__ import annotations

import signal
from collections.abc import Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, as_completed
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

import click

from pixcrawler_core.commands.batch_children import Children
from pixcrawler_core.commands.batch_summary import Entry, exit_code, print_entries
from pixcrawler_core.commands.counting import counted
from pixcrawler_core.commands.paths import visible
from pixcrawler_core.commands.work import models_for
from pixcrawler_core.config.load import load_job
from pixcrawler_core.crawl.planning import plan_job
from pixcrawler_core.crawl.record import is_complete
from pixcrawler_core.crawl.result import INTERRUPTED
from pixcrawler_core.errors import ConfigError, WorkspaceError

if TYPE_CHECKING:
    from pixcrawler_core.cli import Context

ENDING = ".toml"
"""Of the files of a folder that are job files."""
STOPPING = "stopping; run the same command again to go on (Ctrl-C once more ends at once)"


def run_batch(context: Context, paths: Sequence[Path], concurrency: int, *, as_json: bool) -> int:
    """Run the jobs of files and folders, `concurrency` at once; returns the exit code.

    Raises ConfigError with the problems of all files, before the first job begins.
    """
    entries = checked(context, job_files(paths))
    context.ensure_models({name for entry in entries for name in models_for(context, entry.job)})
    _leave_out_complete(context, entries)
    wanted = [entry for entry in entries if entry.end is None]
    interrupted = _run(context, wanted, concurrency, as_json=as_json)
    code = INTERRUPTED if interrupted else exit_code(entries)
    print_entries(entries, code=code, as_json=as_json, quiet=context.quiet)
    return code


def job_files(paths: Sequence[Path]) -> list[Path]:
    """The files that are meant; those of a folder by name. Raises ConfigError for a folder without any."""
    found: list[Path] = []
    for path in paths:
        if not path.is_dir():
            found.append(path)
            continue
        try:
            inside = sorted(each for each in path.iterdir() if each.suffix == ENDING and each.is_file())
        except OSError as error:
            raise ConfigError(f"{visible(path)}: cannot be read: {error.strerror}") from error
        if not inside:
            raise ConfigError(f"{visible(path)}: no file in this folder ends in {ENDING}")
        found += inside
    return found


def checked(context: Context, files: Sequence[Path]) -> list[Entry]:
    """The jobs of files, each once. Raises ConfigError with a line for each problem of any file."""
    entries: dict[str, Entry] = {}
    problems: list[str] = []
    for file in files:
        try:
            entry = _entry(context, file)
        except ConfigError as error:
            problems.append(str(error))
            continue
        before = entries.setdefault(entry.job.slug, entry)
        if not before.is_same(entry):
            problems.append(
                f"{file}: it fills the dataset {entry.job.slug!r}, as {before.file} does, "
                "and is another job; give one of them another name"
            )
        elif before is not entry and not context.quiet:
            click.echo(f"{visible(file)}: the same job as {visible(before.file)}, run once", err=True)
    if problems:
        raise ConfigError("\n".join(problems))
    return list(entries.values())


def _entry(context: Context, file: Path) -> Entry:
    job = load_job(file, context.registry)
    try:
        return Entry(file=file, job=job, plan=plan_job(job, context.registry, context.secrets))
    except ConfigError as error:
        raise ConfigError(f"{file}: {error}") from None


def _leave_out_complete(context: Context, entries: Sequence[Entry]) -> None:
    with context.open_workspace() as workspace:
        database = workspace.open()
        for entry in entries:
            with suppress(WorkspaceError):  # its run will tell
                if is_complete(entry.job, entry.plan, database):
                    entry.leave_out()


def _run(context: Context, entries: Sequence[Entry], concurrency: int, *, as_json: bool) -> bool:
    """Run jobs; returns whether that was interrupted, which stops those that run in good order."""
    children = Children(context)
    with ThreadPoolExecutor(concurrency, thread_name_prefix="job") as threads:
        futures = {threads.submit(children.run, entry): entry for entry in entries}
        try:
            _watch(context, futures, as_json=as_json)
        except KeyboardInterrupt:
            click.echo(STOPPING, err=True)
            threads.shutdown(wait=False, cancel_futures=True)
            _stop(children)
            return True
    return False


def _watch(context: Context, futures: Mapping[Future[None], Entry], *, as_json: bool) -> None:
    done = as_completed(futures)
    for future in done if context.quiet else counted(done, len(futures)):
        future.result()
        if not context.quiet:
            futures[future].tell(err=as_json)


def _stop(children: Children) -> None:
    try:
        children.stop(signal.SIGTERM)
    except KeyboardInterrupt:
        children.stop(signal.SIGKILL)
