"""One declaration for each thing that the API does: who may, how often, what it takes and what it answers."""

from __future__ import annotations

import enum
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, TypeVar

from pydantic import BaseModel

from pixcrawler_core.service import Scope
from pixcrawler_server.flags import Flag

F = TypeVar("F", bound=Callable[..., Any])
ATTRIBUTE = "__operation__"


class Access(enum.StrEnum):
    """Who may call an operation."""

    PUBLIC = "public"
    USER = "user"
    """Whoever is signed in, or has a key with the scope."""
    SIGNED_IN = "signed_in"
    """Only who is signed in, no key: what changes passwords and keys."""
    ADMIN = "admin"


class Budget(enum.StrEnum):
    """Which share of the server an operation uses, so that one kind of load does not stop the others."""

    LOGIN = "login"
    READ = "read"
    WRITE = "write"
    STREAM = "stream"
    DOWNLOAD = "download"
    """Files, whose places are taken until the last byte went out."""
    FREE = "free"
    """Never turned away: health and metrics."""


@dataclass(frozen=True, kw_only=True)
class Operation:
    """What is known of an operation: the document of the API and the gate both go by it."""

    summary: str
    access: Access
    scope: Scope | None = None
    """What a key needs for it; set for `Access.USER`."""
    budget: Budget = Budget.READ
    limit: str | None = None
    """Name of a rate limit in `[limits]`; None for the general ones alone."""
    query: type[BaseModel] | None = None
    body: type[BaseModel] | None = None
    upload: Sequence[str] = ()
    """Media types of a body that the responder reads by itself, with `bodies.read_body`."""
    answers: Mapping[int, type[BaseModel] | str | None] = field(default_factory=dict)
    """By status: the model of a JSON body, the media type of another one, or None for no body."""
    errors: Sequence[int] = ()
    """Statuses of errors besides those that follow from the rest."""
    tag: str = ""
    verified: bool = False
    """Whether the e-mail address must have been verified: where nothing else is said, for all that changes
    more than one's own account."""
    flag: Flag | None = None
    """The switch that must be on."""
    while_erasing: bool = False
    """Whether those may who asked to be erased, and can take it back yet."""
    description: str = ""

    @cached_property
    def reads(self) -> bool:
        """Whether it takes anything besides its path."""
        return bool(self.query or self.body or self.upload)


CHANGING = (
    Scope.PROJECTS_WRITE,
    Scope.DATASETS_WRITE,
    Scope.JOBS_WRITE,
    Scope.STORAGE_WRITE,
    Scope.VALIDATION,
)


def operation(**given: Any) -> Callable[[F], F]:
    """Declare a responder of a resource; takes the fields of `Operation`.

    What was checked is handed to the responder by name, as far as it is declared: `principal` (unless the
    access is public), `query` and `body`. `tag` and `summary` come from the docstring if they are not given.
    """

    def declared(responder: F) -> F:
        text = (responder.__doc__ or "").strip()
        summary, _, rest = text.partition("\n")
        found = {
            "summary": summary.rstrip("."),
            "description": " ".join(rest.split()),
            "verified": given.get("scope") in CHANGING,
            **given,
        }
        setattr(responder, ATTRIBUTE, Operation(**found))
        return responder

    return declared


def operation_of(responder: object) -> Operation | None:
    """What was declared for a responder; None if nothing was."""
    return getattr(responder, ATTRIBUTE, None)
