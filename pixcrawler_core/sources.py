"""What sources share beside the spider: their options, their problems, and whom they work for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from pydantic import BaseModel, ConfigDict, Field

from pixcrawler_core.errors import PixCrawlerError

if TYPE_CHECKING:
    from pixcrawler_core.crawl.discovery import Discovery
    from pixcrawler_core.crawl.plan import Plan


class SourceProblem(PixCrawlerError):
    """A source did not answer as it should; the stream ends and the message is its failure."""


class Throttled(SourceProblem):
    """The source asks to come back later: in `seconds`, if it says when."""

    def __init__(self, message: str, seconds: float | None = None) -> None:
        super().__init__(message)
        self.seconds = seconds


class Blocked(SourceProblem):
    """The source refuses to answer; asking again in this run would not help."""


class LayoutChanged(SourceProblem):
    """The answer is not of the form that the parser knows: the parser must be mended."""


class SpiderSession(Protocol):
    """What a spider works for: a session, or a survey that records nothing."""

    @property
    def records(self) -> bool:
        """Whether candidates are recorded and go through the stages."""
        ...

    @property
    def plan(self) -> Plan:
        """The questions, and each engine's checked options."""
        ...

    @property
    def discovery(self) -> Discovery:
        """Whom to ask for questions and to tell of pages."""
        ...


class SourceOptions(BaseModel):
    """Options that every source has."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    delay: float = Field(default=0.5, ge=0, le=60, description="Least seconds between two requests.")
