"""`pixcrawler users create|list`."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import click
from argon2 import PasswordHasher

from pixcrawler_core.catalog.fields import utc_now
from pixcrawler_core.catalog.models import Role, User
from pixcrawler_core.commands.paths import visible
from pixcrawler_core.errors import ConfigError
from pixcrawler_server.accounts import check_password, checked_address, make_user
from pixcrawler_server.errors import ApiError
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
            user = make_user(address, kept, role=role, name=name, verified_at=utc_now())
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
