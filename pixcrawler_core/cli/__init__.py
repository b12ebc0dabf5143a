"""The `pixcrawler` command. Subcommands are plugins; each is imported only when it is called."""

from __future__ import annotations

import os
import signal
import sys
import traceback
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import click

from pixcrawler_core.errors import PixCrawlerError
from pixcrawler_core.version import __version__

if TYPE_CHECKING:
    from types import FrameType

    from pixcrawler_core.blobs.cipher import BlobCipher
    from pixcrawler_core.registry import Registry
    from pixcrawler_core.secrets import Secrets
    from pixcrawler_core.workspace import Workspace

INTERRUPTED = 130


@dataclass
class Context:
    """What every command may ask for: `click.Context.obj`."""

    workspace: Path = Path("pixcrawler-data")
    database: str | None = None
    quiet: bool = False
    debug: bool = False

    @cached_property
    def registry(self) -> Registry:
        """All plugins, but those that are blocked."""
        from pixcrawler_core.registry import load

        return load(blocked=self.blocked)

    @cached_property
    def blocked(self) -> tuple[str, ...]:
        """The plugins named in PIXCRAWLER_BLOCKED_PLUGINS (parted by commas)."""
        names = os.environ.get("PIXCRAWLER_BLOCKED_PLUGINS", "").split(",")
        return tuple(name.strip() for name in names if name.strip())

    @cached_property
    def secrets(self) -> Secrets:
        """Keys of sources."""
        from pixcrawler_core.secrets import user_secrets

        return user_secrets()

    def ensure_models(self, names: Iterable[str]) -> None:
        """Get the models that are not there yet, with progress. Raises PixCrawlerError where it fails."""
        if needed := set(names):
            from pixcrawler_core.commands.pulling import ensure
            from pixcrawler_core.models import user_models

            ensure(needed, user_models(), quiet=self.quiet)

    @cached_property
    def cipher(self) -> BlobCipher | None:
        """What the workspace's blobs are encrypted with, by its `storage.toml`. Raises ConfigError."""
        from pixcrawler_core.storage.opening import blob_cipher

        return blob_cipher(self.registry, self.workspace)

    def open_workspace(self) -> Workspace:
        """The workspace, not opened yet. Raises ConfigError for its `storage.toml` and keys."""
        from pixcrawler_core.workspace import Workspace

        return Workspace(self.workspace, self.database, self.cipher)


class PluginGroup(click.Group):
    """Finds subcommands in the registry and gives each of them the options that all have."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(_commands(ctx))

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        component = _commands(ctx).get(cmd_name)
        if component is None:
            return None
        command = component.load()
        _add_common(command)
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        import difflib

        known = self.list_commands(ctx)
        if args and args[0] not in known:
            near = difflib.get_close_matches(args[0], known, 1)
            hint = f"did you mean {near[0]!r}?" if near else f"there are: {', '.join(known)}"
            ctx.fail(f"no command is called {args[0]!r}; {hint}")
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        rows = [(name, component.summary) for name, component in _commands(ctx).items()]
        with formatter.section("Commands"):
            formatter.write_dl(rows)


@click.group(cls=PluginGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="pixcrawler")
@click.pass_context
def pixcrawler(ctx: click.Context) -> None:
    """Keywords or URLs in, a finished image dataset out."""
    ctx.ensure_object(Context)


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line and exit: 0 done, 1 failed, 2 wrong usage, 3 finished short, 130 interrupted.

    Errors may have other codes of their own.
    """
    context = Context()
    signal.signal(signal.SIGTERM, _interrupt)
    try:
        code = pixcrawler.main(args=arguments, standalone_mode=False, obj=context)
    except click.ClickException as error:
        error.show()
        code = error.exit_code
    except (KeyboardInterrupt, click.Abort):
        click.echo("interrupted", err=True)
        code = INTERRUPTED
    except PixCrawlerError as error:
        if context.debug:
            traceback.print_exc()
        click.echo(_shown(error), err=True)
        code = error.exit_code
    sys.exit(code if isinstance(code, int) else 0)


def _interrupt(_number: int, _frame: FrameType | None) -> None:
    """Have SIGTERM end the program as Ctrl-C does, also where asyncio takes that in good order.

    A shell has SIGINT ignored by what a script runs with `&`; this goes for Ctrl-C alone.
    """
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.raise_signal(signal.SIGINT)


def _shown(error: PixCrawlerError) -> str:
    from pixcrawler_core.commands.paths import visible

    return "\n".join(map(visible, str(error).splitlines()))


def _commands(ctx: click.Context) -> dict[str, _Command]:
    from pixcrawler_core.components import Command

    return ctx.ensure_object(Context).registry.all(Command)


if TYPE_CHECKING:
    from pixcrawler_core.components import Command as _Command


def _set(name: str) -> Callable[[click.Context, click.Parameter, object], None]:
    def keep(ctx: click.Context, _parameter: click.Parameter, value: object) -> None:
        if value:
            setattr(ctx.ensure_object(Context), name, value)

    return keep


def _common() -> list[click.Option]:
    return [
        click.Option(
            ["--workspace"],
            type=click.Path(path_type=Path, file_okay=False),
            envvar="PIXCRAWLER_WORKSPACE",
            expose_value=False,
            callback=_set("workspace"),
            help="Folder of catalog, images and datasets (default: ./pixcrawler-data).",
        ),
        click.Option(
            ["--database"],
            envvar="PIXCRAWLER_DATABASE",
            expose_value=False,
            callback=_set("database"),
            help="PostgreSQL URL of the catalog, instead of a file in the workspace.",
        ),
        click.Option(
            ["--quiet", "-q"],
            is_flag=True,
            expose_value=False,
            callback=_set("quiet"),
            help="No progress and no summary; errors only.",
        ),
        click.Option(
            ["--debug"],
            is_flag=True,
            expose_value=False,
            callback=_set("debug"),
            help="Log everything, and show tracebacks of errors.",
        ),
    ]


def _add_common(command: click.Command) -> None:
    """Add the common options to a command or, in a group, to its subcommands."""
    if isinstance(command, click.Group):
        for subcommand in command.commands.values():
            _add_common(subcommand)
        return
    names = {parameter.name for parameter in command.params}
    command.params += [option for option in _common() if option.name not in names]
