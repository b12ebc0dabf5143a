"""How users stay signed in, and what they are sent by e-mail: tokens as hashes, letters encrypted."""

from __future__ import annotations

import enum
import uuid

from peewee import AutoField, BlobField, CharField, ForeignKeyField, IntegerField, TextField, UUIDField

from pixcrawler_core.catalog.accounts import User
from pixcrawler_core.catalog.fields import CatalogModel, UtcField, utc_now


class LoginSession(CatalogModel):
    """One sign-in: a family of refresh tokens, each of which replaces the one before it."""

    user_id: uuid.UUID
    id = UUIDField(primary_key=True, default=uuid.uuid4)
    user = ForeignKeyField(User, backref="sessions", on_delete="CASCADE")
    client = TextField(default="")
    """What the browser or program called itself, cut."""
    created_at = UtcField(default=utc_now)
    used_at = UtcField(default=utc_now)
    revoked_at = UtcField(null=True)


class RefreshToken(CatalogModel):
    """A token that is good for one new access token, and for the refresh token after it."""

    session_id: uuid.UUID
    id = AutoField()
    session = ForeignKeyField(LoginSession, backref="tokens", on_delete="CASCADE")
    token_hash = CharField(unique=True)
    created_at = UtcField(default=utc_now)
    expires_at = UtcField()
    used_at = UtcField(null=True)
    """When it was exchanged; one that comes a second time was stolen, and ends the session."""


class Purpose(enum.StrEnum):
    """What a token that is sent by e-mail, or shown once, is for."""

    VERIFY = "verify"
    RESET = "reset"
    SIGN_IN = "sign_in"
    LOCAL = "local"
    """Signing in at the machine on which the server runs."""


class OneTimeToken(CatalogModel):
    """A token that is good once, for one purpose."""

    user_id: uuid.UUID
    id = AutoField()
    user = ForeignKeyField(User, backref="one_time_tokens", on_delete="CASCADE")
    purpose = CharField()
    token_hash = CharField(unique=True)
    created_at = UtcField(default=utc_now)
    expires_at = UtcField()
    used_at = UtcField(null=True)
    address = TextField(default="")
    """The e-mail address to which it was sent, and which it proves; empty for one that was not sent."""


class WaitingLetter(CatalogModel):
    """An e-mail about a user that is to be sent; it goes when it is sent, or given up."""

    user_id: uuid.UUID
    id = AutoField()
    user = ForeignKeyField(User, backref="letters", on_delete="CASCADE")
    sealed = BlobField()
    """Receiver, subject and text, encrypted: there may be a token in it."""
    attempts = IntegerField(default=0)
    """Times that somebody began to send it."""
    next_at = UtcField(index=True)
    expires_at = UtcField(null=True)
    """When it is of no use any more; None for never."""
    created_at = UtcField(default=utc_now)
