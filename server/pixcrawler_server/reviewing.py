"""People's decisions on images: checked, applied, and how each is undone."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from uuid import UUID

from pydantic import Field

from pixcrawler_core.assembly.manifest import manifest_head
from pixcrawler_core.catalog.label_reviews import Corrections, Holds, LabelDecision, corrections_of
from pixcrawler_core.catalog.models import CrawlJob, Image, JobStatus, Task, TaskKind, TaskStatus
from pixcrawler_core.catalog.reviewing import Effect, Effects, ReviewLedger
from pixcrawler_core.catalog.reviews import Decision, Verb, decisions_of
from pixcrawler_core.commands.review_checks import Checker
from pixcrawler_core.commands.review_rows import LONGEST, Row
from pixcrawler_core.config.job import LabelsTable
from pixcrawler_core.crawl.reassembling import Reassembly
from pixcrawler_core.crawl.record import FINISHED, noted_job
from pixcrawler_server.bodies import Input, View
from pixcrawler_server.errors import NotAssembled
from pixcrawler_server.folders import assembled
from pixcrawler_server.tasks import new_task

if TYPE_CHECKING:
    from peewee import Database

    from pixcrawler_core.registry import Registry
    from pixcrawler_core.workspace import Workspace


class ImageDecision(Input):
    """What is decided on an image."""

    decision: Verb
    category: str | None = Field(
        default=None, min_length=1, max_length=LONGEST, description="Where it belongs; for `move` alone."
    )
    labeler: str | None = Field(
        default=None, min_length=1, max_length=LONGEST, description="Whose label; for `label` alone."
    )
    label: str | None = Field(
        default=None, min_length=1, max_length=LONGEST, description="Name of the label; for `label` alone."
    )
    holds: Holds | None = Field(
        default=None,
        description="Whether the image has the label; `open` leaves it to the labeler; for `label` alone.",
    )
    note: str | None = Field(default=None, max_length=LONGEST)


class NamedDecision(ImageDecision):
    """What is decided on an image that is named by its digest, its path, or the URL it came from."""

    sha256: str | None = Field(default=None, pattern=r"^[0-9a-f]{64}$")
    path: str | None = Field(default=None, min_length=1, max_length=LONGEST)
    url: str | None = Field(default=None, min_length=1, max_length=LONGEST)


class UndoView(View):
    """A decision that undoes another one."""

    sha256: str
    decision: Verb
    category: str | None = None
    labeler: str | None = None
    label: str | None = None
    holds: Holds | None = None


@dataclass(frozen=True, kw_only=True)
class Reviewed:
    """What came of decisions."""

    effects: Effects
    undo: list[UndoView]
    added: Mapping[str, int]
    """Ids of images that came in, by digest."""
    task: Task | None
    """What writes the dataset anew; None where nothing was changed."""


@dataclass(frozen=True, kw_only=True)
class Reviews:
    """Applies decisions in a workspace. Whoever calls has the lock of the dataset."""

    workspace: Workspace
    registry: Registry
    database: Database

    def apply(
        self, dataset_id: str, given: Sequence[NamedDecision], actor: UUID, *, dry_run: bool
    ) -> Reviewed:
        """Apply decisions on a dataset's images, or only check them.

        Raises ConfigError for one that cannot be applied; none is, then.
        """
        head = manifest_head(assembled(self.workspace, dataset_id))
        job = CrawlJob.that_made(dataset_id)
        if job is None:
            raise NotAssembled(dataset_id)
        ledger = ReviewLedger(self.database, job.id)
        moves = any(each.decision is Verb.MOVE for each in given)
        checker = Checker(
            dataset=dataset_id,
            ledger=ledger,
            blobs=self.workspace.blobs,
            categories=_categories(head, ledger) if moves else (),
            labelers=LabelsTable.model_validate(noted_job(job).get("labels", {})).labelers,
        )
        effects = checker.effects([_row(number, each, actor) for number, each in enumerate(given, 1)])
        before = decisions_of(self.database, dataset_id)
        undo = [view for each in effects.effects if (view := _undo(each, before))]
        undo += _undo_labels(effects.labels, corrections_of(self.database, dataset_id))
        if dry_run:
            return Reviewed(effects=effects, undo=undo, added={}, task=None)
        finished = job.status in FINISHED or (job.status == JobStatus.PAUSED and _was_finished(dataset_id))
        with self.database.atomic():
            task = _task(dataset_id, actor, finished=finished)
        ledger.review(effects, actor)
        return Reviewed(effects=effects, undo=undo, added=_added(effects), task=task)

    def assemble(self, task: Task) -> Mapping[str, Any]:
        """Write a dataset anew after decisions."""
        finished = bool(task.options.get("finished"))
        reassembly = Reassembly(self.workspace, self.registry, task.dataset_id or "", finished=finished)
        done = reassembly.run()
        return {"images": done.images, "short": dict(done.short)}


def _categories(head: Mapping[str, Any], ledger: ReviewLedger) -> Collection[str]:
    return sorted({*head["categories"], *(count.category for count in ledger.counts())})


def _row(number: int, given: NamedDecision, actor: UUID) -> Row:
    return Row(
        place=f"decision {number}",
        verb=given.decision,
        path=given.path or "",
        sha256=given.sha256 or "",
        url=given.url or "",
        category=given.category or "",
        labeler=given.labeler or "",
        label=given.label or "",
        holds=given.holds or "",
        note=given.note or "",
        reviewer=str(actor),
    )


def _added(effects: Effects) -> dict[str, int]:
    digests = {each.added.candidate.id: each.decision.sha256 for each in effects.effects if each.added}
    images: Iterable[Image] = Image.select(Image.id, Image.row).where(Image.row.in_(list(digests)))
    return {digests[image.row]: image.id for image in images}


def _undo(effect: Effect, before: Mapping[str, Decision]) -> UndoView | None:
    """What puts an image back where it was; None where nothing of it was changed."""
    digest, earlier = effect.decision.sha256, before.get(effect.decision.sha256)
    kept = [known for known in (*effect.rejected, *effect.moved) if known.kept]
    if kept:
        return UndoView(sha256=digest, decision=Verb.MOVE, category=kept[0].candidate.category)
    if effect.added is not None:
        return UndoView(sha256=digest, decision=Verb.REJECT, category=None)
    if earlier is not None and earlier.verb is not effect.decision.verb:
        return UndoView(sha256=digest, decision=earlier.verb, category=earlier.category)
    return None


def _undo_labels(decisions: Sequence[LabelDecision], before: Mapping[str, Corrections]) -> Iterator[UndoView]:
    """What puts labels back to what was decided on them, or to what their labelers say."""
    for each in decisions:
        said = before.get(each.sha256, {}).get((each.labeler, each.label))
        earlier = Holds.OPEN if said is None else Holds.YES if said else Holds.NO
        if earlier is not each.holds:
            yield UndoView(
                sha256=each.sha256,
                decision=Verb.LABEL,
                labeler=each.labeler,
                label=each.label,
                holds=earlier,
            )


def _task(dataset_id: str, actor: UUID, *, finished: bool) -> Task:
    """The task that writes the dataset anew: the one that waits, or a new one."""
    of_it = (Task.dataset == dataset_id) & (Task.kind == TaskKind.ASSEMBLY)
    waiting: Task | None = Task.get_or_none(of_it & (Task.status == TaskStatus.PENDING))
    options = {"finished": finished}
    return waiting or new_task(TaskKind.ASSEMBLY, dataset_id, options, actor, "assembly begun")


def _was_finished(dataset_id: str) -> bool:
    """Whether the job had ended when the dataset was to be written anew last, which has not come about."""
    of_it = (Task.dataset == dataset_id) & (Task.kind == TaskKind.ASSEMBLY)
    last = Task.select().where(of_it & (Task.status != TaskStatus.DONE)).order_by(Task.id.desc()).first()
    return last is not None and bool(last.options.get("finished"))
