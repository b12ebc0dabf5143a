"""`pixcrawler verify DATASET`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from pixcrawler_core.cli.imports import importing

if TYPE_CHECKING:
    from pixcrawler_core.cli import Context


@click.command()
@click.argument("dataset")
@click.option("--online", is_flag=True, help="Ask the URL of each image too, and tell which links are dead.")
@click.option("--contact", help="With --online: web page or e-mail address that goes into the user agent.")
@click.option(
    "--allow-private-host",
    "private",
    multiple=True,
    help="With --online: name, address or network that may be asked although it is not public. May be "
    "repeated.",
)
@click.option("--jobs", type=click.IntRange(1, 64), help="Threads that read files (default: one a core).")
@click.option("--json", "as_json", is_flag=True, help="Print the result as JSON on standard output.")
@click.pass_obj
def verify(
    context: Context,
    /,
    dataset: str,
    online: bool,
    contact: str | None,
    private: tuple[str, ...],
    jobs: int | None,
    as_json: bool,
) -> int:
    """Verify every file of DATASET against its manifest and its lock, and these against each other.

    DATASET is the name of a finished dataset, one of its versions (NAME.v2 or NAME@2), or a folder: a copy
    of a dataset or an unpacked export is verified without a workspace. Exit code 0 says that it is whole, 1
    that something is wrong, which a line tells each. Dead links do not change the exit code.
    """
    if (contact or private) and not online:
        raise click.UsageError("--contact and --allow-private-host go with --online only")
    with importing():
        from pixcrawler_core.commands.verifying import Order, verify_dataset

    order = Order(online=online, contact=contact, private=private, jobs=jobs, as_json=as_json)
    return verify_dataset(context, dataset, order)
