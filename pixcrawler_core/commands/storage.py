"""`pixcrawler storage push|pull|ls|tier|rehydrate|sweep|gc|usage|check`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from pixcrawler_core.cli.imports import importing
from pixcrawler_core.commands.paths import GivenPath
from pixcrawler_core.commands.storage_keys import keys
from pixcrawler_core.commands.storage_options import (
    as_json_option,
    dry_run_option,
    emptied_option,
    full_option,
    of_store,
    verify_option,
)

if TYPE_CHECKING:
    from pixcrawler_core.cli import Context

TIERS = ("hot", "warm", "cold")


@click.group()
def storage() -> None:
    """Datasets, exports and blobs in stores: folders, object stores, and their tiers."""


@storage.command()
@click.argument("dataset")
@click.option(
    "--what",
    multiple=True,
    type=click.Choice(["dataset", "exports", "blobs"]),
    help="What is pushed; can be repeated (default: [storage] push). Blobs are those of the workspace.",
)
@of_store
@as_json_option
@click.pass_obj
def push(
    context: Context,
    dataset: str,
    what: tuple[str, ...],
    config: Path | None,
    name: str | None,
    as_json: bool,
) -> int:
    """Bring DATASET, the name or folder of a finished dataset, into a store, and its exports.

    What is there already is not sent again; killed on the way, the same command goes on.
    """
    with importing():
        from pixcrawler_core.commands.storing import push_dataset

    return push_dataset(context, config, name, dataset, what, as_json=as_json)


@storage.command()
@click.argument("unit")
@click.option(
    "--output",
    type=GivenPath(file_okay=False),
    help="Folder in which it is written (default: datasets or exports in the workspace).",
)
@of_store
@as_json_option
@click.pass_obj
def pull(
    context: Context, unit: str, output: Path | None, config: Path | None, name: str | None, as_json: bool
) -> int:
    """Bring UNIT, a dataset or export as `storage ls` names it, back from a store."""
    with importing():
        from pixcrawler_core.commands.storing import pull_unit

    return pull_unit(context, config, name, unit, output, as_json=as_json)


@storage.command("ls")
@click.argument("unit", required=False)
@of_store
@as_json_option
@click.pass_obj
def list_(context: Context, unit: str | None, config: Path | None, name: str | None, as_json: bool) -> int:
    """List what a store has: a line for each dataset and export, or the objects of UNIT."""
    with importing():
        from pixcrawler_core.commands.store_listing import list_store

    return list_store(context, config, name, unit, as_json=as_json)


@storage.command()
@click.argument("unit")
@click.argument("tier", type=click.Choice(TIERS))
@of_store
@click.pass_obj
def tier(context: Context, unit: str, tier: str, config: Path | None, name: str | None) -> int:
    """Move UNIT to TIER. What is cold is rehydrated first, which may take hours."""
    with importing():
        from pixcrawler_core.commands.store_moving import move_unit

    return move_unit(context, config, name, unit, tier)


@storage.command()
@click.argument("unit")
@click.option(
    "--priority",
    type=click.Choice(["standard", "high"]),
    default="standard",
    show_default=True,
    help="high is quicker, and costs more where the store charges for it.",
)
@click.option("--wait", is_flag=True, help="Wait until all of it can be read.")
@of_store
@as_json_option
@click.pass_obj
def rehydrate(
    context: Context,
    unit: str,
    priority: str,
    wait: bool,
    config: Path | None,
    name: str | None,
    as_json: bool,
) -> int:
    """Bring UNIT out of the archive, so that it can be pulled. Exit code 3 says that it is on its way."""
    with importing():
        from pixcrawler_core.commands.store_rehydrating import rehydrate_unit

    return rehydrate_unit(context, config, name, unit, priority, wait=wait, as_json=as_json)


@storage.command()
@dry_run_option
@click.option(
    "--azure-policy",
    type=GivenPath(dir_okay=False),
    help="Write Azure's own life-cycle policy for the same days to this file, and move nothing.",
)
@of_store
@as_json_option
@click.pass_obj
def sweep(
    context: Context,
    dry_run: bool,
    azure_policy: Path | None,
    config: Path | None,
    name: str | None,
    as_json: bool,
) -> int:
    """Move what was not touched for [storage] warm_after and cold_after days to cheaper tiers."""
    with importing():
        from pixcrawler_core.commands.store_moving import sweep_store, write_azure_policy

    if azure_policy:
        return write_azure_policy(context, config, azure_policy)
    return sweep_store(context, config, name, dry_run=dry_run, as_json=as_json)


@storage.command()
@click.option(
    "--grace",
    type=click.IntRange(0, 36_500),
    default=7,
    show_default=True,
    help="Days that something must not have been touched.",
)
@dry_run_option
@click.option("--yes", is_flag=True, help="Remove without a question.")
@of_store
@as_json_option
@click.pass_obj
def gc(
    context: Context,
    grace: int,
    dry_run: bool,
    yes: bool,
    config: Path | None,
    name: str | None,
    as_json: bool,
) -> int:
    """Remove what nobody needs: stored datasets that are gone here, and blobs that no ledger has."""
    with importing():
        from pixcrawler_core.commands.store_cleaning import collect

    return collect(context, config, name, grace, dry_run=dry_run, yes=yes, as_json=as_json)


@storage.command()
@click.option(
    "--by",
    type=click.Choice(["unit", "user"]),
    default="unit",
    show_default=True,
    help="Each dataset and export alone, or sums for the users whose they are.",
)
@verify_option
@emptied_option
@of_store
@as_json_option
@click.pass_obj
def usage(
    context: Context,
    by: str,
    verify: bool,
    emptied: bool,
    config: Path | None,
    name: str | None,
    as_json: bool,
) -> int:
    """Show how much is stored in which tier, when it was touched, and what it costs a month.

    With --verify, exit code 1 says that the store lacks something or has it otherwise.
    """
    with importing():
        from pixcrawler_core.commands.store_usage import show_usage

    return show_usage(context, config, name, by=by, verify=verify, emptied=emptied, as_json=as_json)


@storage.command()
@full_option
@click.option(
    "--repair",
    is_flag=True,
    help="Make objects of files that have none, and packs small that are mostly empty; store again what is "
    "lost or damaged and is in the workspace.",
)
@of_store
@as_json_option
@click.pass_obj
def check(
    context: Context, full: bool, repair: bool, config: Path | None, name: str | None, as_json: bool
) -> int:
    """Find what a store has lost, what was damaged, and files in its folder that are no objects of it.

    Exit code 1 says that something is wrong, or is left so after --repair.
    """
    with importing():
        from pixcrawler_core.commands.store_checking import check_store

    return check_store(context, config, name, full=full, repair=repair, as_json=as_json)


storage.add_command(keys)
