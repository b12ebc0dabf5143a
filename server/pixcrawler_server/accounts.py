"""Rules of accounts: addresses, passwords, and the making of users."""

from __future__ import annotations

import re
from datetime import datetime

from pixcrawler_core.catalog import audit
from pixcrawler_core.catalog.models import Role, User
from pixcrawler_server.errors import Conflict, Invalid
from pixcrawler_server.plan_settings import PlanTable

_ATOM = r"[^\s\x00-\x1f\x7f\"(),.:;<>@\[\\\]]+"
_LABEL = r"[^\W_](?:(?:[^\W_]|-){0,61}[^\W_])?"
ADDRESS = re.compile(rf"(?=[^@]{{1,64}}@){_ATOM}(?:\.{_ATOM})*@(?:{_LABEL}\.)+(?!\d+$){_LABEL}")
"""What can be an address, without quotes (RFC 6531, section 3.3); sending to it shows whether it is one."""
LONGEST_ADDRESS = 254
"""RFC 5321, section 4.5.3.1.3, without the angle brackets."""
LONGEST_PASSWORD = 256


def checked_address(text: str) -> str:
    """An e-mail address in the one form under which it is kept. Raises Invalid."""
    address = text.strip().encode().lower().decode()  # of ASCII alone: others may become letters of it
    if len(address) > LONGEST_ADDRESS or not ADDRESS.fullmatch(address):
        raise Invalid(
            f"email: {text[:80]!r} is no e-mail address",
            details={
                "field": "email",
                "constraint": "an e-mail address",
                "provided_value": text[:80],
            },
        )
    return address


def check_password(password: str, shortest: int, address: str) -> None:
    """Raise Invalid for a password that is too short, too long, or the address itself (NIST SP 800-63B)."""
    if shortest <= len(password) <= LONGEST_PASSWORD and password.casefold() != address:
        return
    constraint = f"{shortest} to {LONGEST_PASSWORD} characters, and not the e-mail address"
    raise Invalid(f"password: must be {constraint}", details={"field": "password", "constraint": constraint})


def make_user(
    address: str,
    password_hash: str | None,
    *,
    plan: PlanTable,
    role: Role,
    name: str = "",
    verified_at: datetime | None = None,
) -> User:
    """Make a user, in the transaction under way. Raises Conflict for an address that is taken.

    `plan` is the default one: what it gives is theirs until they get another.
    """
    if User.select().where(User.email == address).exists():
        raise Conflict(f"there is an account of {address} already", details={"field": "email"})
    user = User.create(
        email=address,
        full_name=name,
        role=role,
        password_hash=password_hash,
        max_projects=plan.projects,
        storage_quota=plan.storage_bytes,
        email_verified_at=verified_at,
    )
    audit.record("user created", entity="user", entity_id=user.id, details={"role": role}, actor=user.id)
    return user
