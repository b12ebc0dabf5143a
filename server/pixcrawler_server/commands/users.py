"""`pixcrawler users create|list|link|erase-due`."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import TYPE_CHECKING

import click
from argon2 import PasswordHasher

from pixcrawler_core.catalog import audit
from pixcrawler_core.catalog.fields import utc_now
from pixcrawler_core.catalog.models import Purpose, Role, User
from pixcrawler_core.commands.paths import visible
from pixcrawler_core.errors import ConfigError
from pixcrawler_core.storage.opening import SETTINGS
from pixcrawler_server.accounts import check_password, checked_address, make_user
from pixcrawler_server.errors import ApiError
from pixcrawler_server.mail.letters import letters_of
from pixcrawler_server.one_time import give
from pixcrawler_server.serving import settings_of

if TYPE_CHECKING:
    from pixcrawler_core.cli import Context


@click.group()
def users() -> None:
    """Users of the REST API."""


@users.command()
@click.argument("email")
@click.option("--name", default="", help="The user's full name.")
@click.option("--admin", is_flag=True, help="May do everything, and has no limits.")
@click.option("--password", envvar="PIXCRAWLER_PASSWORD", help="Asked for if it is not given.")
@click.pass_obj
def create(context: Context, email: str, name: str, admin: bool, password: str | None) -> None:
    """Make a user with the address EMAIL, which counts as verified."""
    settings = settings_of(context.workspace, None)
    secret = password or click.prompt("Password", hide_input=True, confirmation_prompt=True, err=True)
    try:
        address = checked_address(email)
        check_password(secret, settings.auth.password_length, address)
        kept = PasswordHasher().hash(secret)
        with context.open_workspace() as workspace, workspace.open().atomic():
            role = Role.ADMIN if admin else Role.USER
            plan = settings.plan(None)
            user = make_user(address, kept, plan=plan, role=role, name=name, verified_at=utc_now())
    except ApiError as error:
        raise ConfigError(error.message) from error
    if not context.quiet:
        click.echo(f"{visible(user.email)}: {user.role}, {user.id}")


@users.command("list")
@click.option("--json", "as_json", is_flag=True, help="Print JSON on standard output.")
@click.pass_obj
def list_(context: Context, as_json: bool) -> None:
    """List the users, oldest first."""
    with context.open_workspace():
        rows = [
            {"id": str(user.id), "email": user.email, "role": user.role, "status": user.status}
            for user in User.select().order_by(User.created_at, User.id)
        ]
    if as_json:
        click.echo(json.dumps(rows, indent=1))
        return
    for row in rows:
        click.echo(f"{visible(row['email'])}: {row['role']}, {row['status']}, {row['id']}")


@users.command()
@click.argument("email")
@click.option("--json", "as_json", is_flag=True, help="Print JSON on standard output.")
@click.pass_obj
def link(context: Context, email: str, as_json: bool) -> None:
    """Print a link with which the user with the address EMAIL signs in once, without a password.

    Whoever has it is that user; it is good for `[auth] link_minutes`.
    """
    settings = settings_of(context.workspace, None)
    lifetime = timedelta(minutes=settings.auth.link_minutes)
    with context.open_workspace() as workspace, workspace.open().atomic():
        user = User.get_or_none(User.email == email.strip().casefold())
        if user is None:
            raise ConfigError(f"there is no user {email!r}; `pixcrawler users list` shows who there is")
        token = give(user.id, Purpose.SIGN_IN, lifetime, utc_now())
        audit.record("sign-in link made", entity="user", entity_id=user.id)
    url = letters_of(settings).link("sign-in", token)
    click.echo(json.dumps({"url": url, "token": token}) if as_json else url)


@users.command("erase-due")
@click.option("--json", "as_json", is_flag=True, help="Print JSON on standard output.")
@click.pass_obj
def erase_due(context: Context, as_json: bool) -> int:
    """Erase for good the users who asked for it and whose time of grace has passed.

    Their datasets go with them, with files and stored objects, but for projects that have other members:
    these are handed over. Servers and workers do so each hour by themselves. Exit code 1 says that something
    stood in the way of one.
    """
    from pixcrawler_core.config.load import load_storage  # other commands do without these, and are quick
    from pixcrawler_server.archives import Archives
    from pixcrawler_server.erasing import Eraser

    storage = context.workspace / SETTINGS
    table = load_storage(storage, context.registry) if storage.exists() else None
    with context.open_workspace() as workspace:
        archives = Archives(workspace.open(), workspace.root, utc_now)
        done = list(Eraser(workspace, context.registry, table, archives, utc_now).erase_due())
    if as_json:
        click.echo(
            json.dumps([{"id": str(each.user_id), "why_not": each.why_not} for each in done], indent=1)
        )
    elif not context.quiet:
        for each in done:
            click.echo(f"{each.user_id}: {visible(each.why_not) if each.why_not else 'erased'}")
    return 1 if any(each.why_not for each in done) else 0
