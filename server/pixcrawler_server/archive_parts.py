"""What the archive of a user's data has: a file for each kind of row that is theirs, without secrets."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias
from uuid import UUID

from pixcrawler_core.catalog.fields import CatalogModel
from pixcrawler_core.catalog.models import (
    ActivityLog,
    ApiKey,
    Avatar,
    BillingAccount,
    CrawlJob,
    DataArchive,
    Dataset,
    Export,
    IdempotencyKey,
    Identity,
    Image,
    JobBegun,
    LabelReview,
    LedgerRow,
    LoginSession,
    OneTimeToken,
    Project,
    ProjectMember,
    RefreshToken,
    Review,
    Schedule,
    StoredUnit,
    UsageHour,
    UsageRecord,
    User,
    WaitingLetter,
)

if TYPE_CHECKING:
    from peewee import Field, ModelSelect

PAGE = 1000
"""Rows read at a time: memory does not grow with the archive, and no transaction stays open."""
Row = dict[str, Any]
Ordered: TypeAlias = "tuple[ModelSelect[Any], Sequence[Field[Any]]]"
"""A query, and the fields by which it is read page by page; an index has them."""


@dataclass(frozen=True, kw_only=True)
class Part:
    """A file of the archive."""

    name: str
    model: type[CatalogModel]
    queries: Callable[[UUID], Iterable[Ordered]]
    hidden: Collection[str] = ()
    """Fields that are not told: secrets, and hashes of secrets."""

    def rows(self, user_id: UUID) -> Iterator[Row]:
        """The user's rows."""
        for query, order in self.queries(user_id):
            for row in paged(query, order):
                yield {key: value for key, value in row.items() if key not in self.hidden}


def _of_user(model: Any, owner: Any, *order: Any) -> Callable[[UUID], Iterable[Ordered]]:
    return lambda user_id: [(model.select().where(owner == user_id), order or (model.id,))]


def _datasets(user_id: UUID) -> list[str]:
    owned = Dataset.select(Dataset.id).join(Project).where(Project.owner == user_id)
    return [each.id for each in owned.order_by(Dataset.id)]


def _of_datasets(model: Any, *order: Any) -> Callable[[UUID], Iterable[Ordered]]:
    def queries(user_id: UUID) -> Iterator[Ordered]:
        for dataset in _datasets(user_id):
            yield model.select().where(model.dataset == dataset), order or (model.id,)

    return queries


def _ledger(user_id: UUID) -> Iterator[Ordered]:
    for dataset in _datasets(user_id):
        for job in CrawlJob.select(CrawlJob.id).where(CrawlJob.dataset == dataset).order_by(CrawlJob.id):
            yield (
                LedgerRow.select().where(LedgerRow.job == job.id),
                (LedgerRow.url_key, LedgerRow.stream),
            )


def _own_datasets(user_id: UUID) -> Iterator[Ordered]:
    yield Dataset.select().where(Dataset.id.in_(_datasets(user_id))), (Dataset.id,)


def _activity(user_id: UUID) -> Iterator[Ordered]:
    theirs = (ActivityLog.user == user_id) | (
        (ActivityLog.entity == "user") & (ActivityLog.entity_id == str(user_id))
    )
    yield ActivityLog.select().where(theirs), (ActivityLog.id,)


PARTS: Sequence[Part] = (
    Part(name="profile", model=User, queries=_of_user(User, User.id), hidden=("password_hash",)),
    Part(name="sessions", model=LoginSession, queries=_of_user(LoginSession, LoginSession.user)),
    Part(name="api_keys", model=ApiKey, queries=_of_user(ApiKey, ApiKey.user), hidden=("key_hash",)),
    Part(
        name="identities",
        model=Identity,
        queries=_of_user(Identity, Identity.user, Identity.issuer, Identity.subject),
    ),
    Part(name="projects", model=Project, queries=_of_user(Project, Project.owner)),
    Part(
        name="memberships",
        model=ProjectMember,
        queries=_of_user(ProjectMember, ProjectMember.user, ProjectMember.project),
    ),
    Part(name="datasets", model=Dataset, queries=_own_datasets),
    Part(name="jobs", model=CrawlJob, queries=_of_datasets(CrawlJob)),
    Part(name="images", model=Image, queries=_of_datasets(Image, Image.category, Image.number)),
    Part(name="ledger", model=LedgerRow, queries=_ledger),
    Part(name="exports", model=Export, queries=_of_datasets(Export)),
    Part(name="schedules", model=Schedule, queries=_of_datasets(Schedule)),
    Part(name="reviews", model=Review, queries=_of_datasets(Review, Review.sha256)),
    Part(name="label_reviews", model=LabelReview, queries=_of_datasets(LabelReview, LabelReview.sha256)),
    Part(
        name="stored",
        model=StoredUnit,
        queries=_of_user(StoredUnit, StoredUnit.owner, StoredUnit.store, StoredUnit.unit),
    ),
    Part(name="activity", model=ActivityLog, queries=_activity),
    Part(name="usage", model=UsageRecord, queries=_of_user(UsageRecord, UsageRecord.user)),
    Part(
        name="billing",
        model=BillingAccount,
        queries=_of_user(BillingAccount, BillingAccount.user, BillingAccount.user),
    ),
)
LEFT_OUT: Mapping[type[CatalogModel], str] = {
    Avatar: "is in the archive as a picture",
    DataArchive: "is the archive itself",
    IdempotencyKey: "answers that were sent, which end by themselves",
    JobBegun: "counts for a day how many jobs were begun",
    OneTimeToken: "secrets, which end by themselves",
    RefreshToken: "secrets, which end by themselves",
    UsageHour: "sums of what is in usage",
    WaitingLetter: "e-mails that are on their way",
}
"""Models of what belongs to users that have no file, and why."""


def paged(query: ModelSelect[Any], order: Sequence[Field[Any]], size: int = PAGE) -> Iterator[Row]:
    """The rows of a query, read `size` at a time, in an order in which no two are the same."""
    last: Row | None = None
    while True:
        following = query if last is None else query.where(_after(order, last))
        page = list(following.order_by(*order).limit(size).dicts())
        yield from page
        if len(page) < size:
            return
        last = page[-1]


def _after(order: Sequence[Field[Any]], last: Row) -> Any:
    """What comes after a row by these fields; the first of them bounds it, so that an index finds it."""
    first, rest = order[0], order[1:]
    value = last[first.name]
    if not rest:
        return first > value
    return (first >= value) & ((first > value) | _after(rest, last))
