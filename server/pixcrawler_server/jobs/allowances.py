"""Whether a job fits into what the plan of its project's owner allows."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from pixcrawler_core.catalog.models import CrawlJob, Dataset, JobBegun, JobStatus, Project, User, UserStatus
from pixcrawler_core.catalog.quotas import pending_bytes, used_bytes
from pixcrawler_core.config.job import Job
from pixcrawler_server.errors import Conflict, Forbidden, QuotaExceeded
from pixcrawler_server.settings import ServerSettings

DAY = timedelta(hours=24)
BUSY = (JobStatus.QUEUED, JobStatus.RUNNING, JobStatus.CANCELLING)


def owner_of(dataset: Dataset) -> User:
    """Who owns a dataset's project; until the transaction ends, nobody else counts what they have.

    Raises Conflict for a dataset in no project.
    """
    check_owned(dataset)
    query = User.select().join(Project).where(Project.id == dataset.project)
    if User.bound_to().for_update:
        query = query.for_update("FOR NO KEY UPDATE", of=User)  # type: ignore[arg-type]  # peewee's stub
    owner: User = query.get()
    return owner


def check_owned(dataset: Dataset) -> None:
    """Raise Conflict for a dataset in no project."""
    if dataset.project_id is None:
        raise Conflict(
            f"dataset {dataset.id} is in no project, so that no plan says what it may have; "
            "move it into one, or order its jobs with `pixcrawler jobs` on the server's machine"
        )


def check_size(images: int, owner: User, settings: ServerSettings) -> None:
    """Raise QuotaExceeded for a job of more images than the plan allows."""
    most = settings.plan(owner.plan).images_per_job
    if not owner.is_admin() and images > most:
        raise _exceeded(
            "images_per_job", most, f"a job may have {most} images, and this one asks for {images}"
        )


def check_begin(owner: User, settings: ServerSettings, now: datetime, *, anew: bool = True) -> None:
    """Raise QuotaExceeded unless the owner may have one more job wait or run now.

    One that only goes on is not begun `anew`, and is not counted against the day. Raises Forbidden for an
    owner who is suspended or erasing.
    """
    if owner.status != UserStatus.ACTIVE:
        raise Forbidden("the account of the project's owner is suspended, or about to be erased")
    if owner.is_admin():
        return
    plan = settings.plan(owner.plan)
    if busy_jobs(owner) >= plan.concurrent_jobs:
        most = plan.concurrent_jobs
        raise _exceeded("concurrent_jobs", most, f"{most} jobs may wait or run at once, and they do")
    if anew and begun_jobs(owner.id, now) >= plan.jobs_per_day:
        most = plan.jobs_per_day
        raise _exceeded("jobs_per_day", most, f"{most} jobs may be begun in 24 hours, and they were")
    check_storage(owner, settings)


def check_storage(owner: User, settings: ServerSettings) -> None:
    """Raise QuotaExceeded for an owner who has no room left, exports that are being written counted."""
    most = settings.plan(owner.plan).storage_bytes
    if not owner.is_admin() and used_bytes(owner) + pending_bytes(owner) >= most:
        why = f"{most} bytes may be kept, and they are; remove a dataset or an export"
        raise _exceeded("storage_bytes", most, why)


def note_quota(owner: User, settings: ServerSettings) -> None:
    """Have the owner's row say what the plan allows to be kept: runs go by it."""
    most = settings.plan(owner.plan).storage_bytes
    if owner.storage_quota != most:
        User.update(storage_quota=most).where(User.id == owner.id).execute()


def count_begin(owner: User, job: CrawlJob, now: datetime) -> None:
    """Count a job that was begun."""
    JobBegun.create(owner=owner, job=job.id, created_at=now)


def images_of(job: Job) -> int:
    """Accepted images that a job wants, over all categories; of a list, all."""
    if job.urls is not None:
        with (job.folder / str(job.urls["file"])).open("rb") as lines:
            return sum(1 for _ in lines)
    return sum(category.max_images or 0 for category in job.categories)


def busy_jobs(owner: User) -> int:
    """Jobs of an owner's projects that wait or run, as plans count them."""
    jobs = CrawlJob.select().join(Dataset).join(Project)
    return int(jobs.where((Project.owner == owner.id) & CrawlJob.status.in_(BUSY)).count())


def begun_jobs(owner: UUID, now: datetime) -> int:
    """Jobs that were begun for an owner in the last 24 hours, as plans count them."""
    since = (JobBegun.owner == owner) & (JobBegun.created_at > now - DAY)
    return int(JobBegun.select().where(since).count())


def _exceeded(name: str, most: int, why: str) -> QuotaExceeded:
    return QuotaExceeded(f"{why} (the plan of the project's owner)", details={"quota": name, "limit": most})
