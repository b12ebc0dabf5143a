"""`pixcrawler plugins list|show|new`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from pixcrawler_core.cli import Context
    from pixcrawler_core.components import Component


@click.group()
def plugins() -> None:
    """Built-in and installed plugins, and new ones."""


@plugins.command("list")
@click.option(
    "--kind",
    help="Only this kind: command, deduper, expander, exporter, labeler, meter, sink, source, store or "
    "validator.",
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON on standard output.")
@click.pass_obj
def list_(context: Context, kind: str | None, as_json: bool) -> None:
    """List all components by kind, with the plugin that each comes from."""
    rows = [
        {
            "kind": name,
            "name": each.name,
            "summary": each.summary,
            "plugin": context.registry.owner(cls, each.name),
        }
        for name, cls in _kinds(kind).items()
        for each in context.registry.all(cls).values()
    ]
    if as_json:
        click.echo(json.dumps(rows, indent=1))
        return
    for row in rows:
        click.echo(f"{row['kind']:<10} {row['name']:<12} {row['summary']} ({row['plugin']})")


@plugins.command()
@click.argument("kind")
@click.argument("name")
@click.option("--json", "as_json", is_flag=True, help="Print JSON on standard output.")
@click.pass_obj
def show(context: Context, kind: str, name: str, as_json: bool) -> None:
    """Show the component NAME of a KIND with its options."""
    (cls,) = _kinds(kind).values()
    component = context.registry.get(cls, name)
    about = _about(component, kind, context.registry.owner(cls, name))
    if as_json:
        click.echo(json.dumps(about, indent=1, default=str))
        return
    click.echo(f"{kind} {component.name}: {component.summary}\nplugin: {about['plugin']}")
    for key, value in about["facts"].items():
        click.echo(f"{key}: {value}")
    for option, schema in about["options"].items():
        default = f" (default: {json.dumps(schema['default'])})" if "default" in schema else ""
        click.echo(f"  {option}{default}: {schema.get('description', '')}")


@plugins.command()
@click.argument("kind")
@click.argument("name")
@click.option(
    "--into",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path(),
    help="Folder in which the package's own folder is made (default: the current one).",
)
@click.pass_obj
def new(context: Context, kind: str, name: str, into: Path) -> None:
    """Begin a plugin: write the package pixcrawler-NAME with one component of a KIND, and its tests."""
    from pixcrawler_core.errors import ConfigError
    from pixcrawler_core.scaffold import new_package, plain_name

    (cls,) = _kinds(kind).values()
    if plain_name(name) in context.registry.all(cls):
        raise ConfigError(f"the {kind} {plain_name(name)!r} is there already; choose another name")
    folder = new_package(kind, name, into)
    if context.quiet:
        return
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        click.echo(str(path))
    click.echo(f"next: cd {folder} && pip install --editable . --group dev && pytest")


def _kinds(only: str | None) -> dict[str, type[Component]]:
    from pixcrawler_core.kinds import KINDS
    from pixcrawler_core.service import Meter

    kinds: list[type[Component]] = sorted((*KINDS, Meter), key=lambda cls: cls.__name__)
    named = {cls.kind(): cls for cls in kinds}
    if only is None:
        return named
    if only not in named:
        raise click.UsageError(f"no kind is called {only!r} (there are: {', '.join(named)})")
    return {only: named[only]}


def _about(component: Component, kind: str, plugin: str) -> dict[str, Any]:
    options = getattr(component, "options", None)
    facts = {
        key: getattr(value, "name", value)
        for key, value in vars(component).items()
        if isinstance(value, str | int | bool) and key not in ("name", "summary")
    }
    return {
        "kind": kind,
        "name": component.name,
        "summary": component.summary,
        "plugin": plugin,
        "facts": facts,
        "options": options.model_json_schema()["properties"] if options is not None else {},
    }
