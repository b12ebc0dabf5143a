"""Finds or makes the user of an account at a provider."""

from __future__ import annotations

from datetime import datetime

from pixcrawler_core.catalog import audit
from pixcrawler_core.catalog.models import Identity, Role, User
from pixcrawler_server.accounts import checked_address, make_user
from pixcrawler_server.claiming import take_from_others
from pixcrawler_server.errors import Forbidden
from pixcrawler_server.oidc.provider import Claims
from pixcrawler_server.plan_settings import PlanTable


def user_of(issuer: str, claims: Claims, now: datetime, *, registration: bool, plan: PlanTable) -> User:
    """The user who signed in at a provider, in the transaction under way.

    It is the one who did so before; else the one with the address that the provider has verified; else a new
    one. Raises Forbidden where there is none, and none may be made.
    """
    known: Identity | None = Identity.get_or_none(
        (Identity.issuer == issuer) & (Identity.subject == claims.sub)
    )
    if known is not None:
        return User.get_by_id(known.user_id)
    if claims.verified_email is None:
        raise Forbidden("the provider has not verified your e-mail address; do that there first")
    address = checked_address(claims.verified_email)
    user: User | None = User.get_or_none(User.email == address)
    if user is None:
        if not registration:
            raise Forbidden("there is no account of you, and nobody can register here")
        user = make_user(address, None, plan=plan, role=Role.USER, name=claims.name[:200], verified_at=now)
    elif user.email_verified_at is None:
        take_from_others(user.id, now)
        User.update(email_verified_at=now).where(User.id == user.id).execute()
    Identity.create(issuer=issuer, subject=claims.sub, user=user.id, created_at=now)
    audit.record("identity linked", entity="user", entity_id=user.id, actor=user.id)
    return user
