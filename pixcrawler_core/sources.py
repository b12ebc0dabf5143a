"""What sources share beside the spider: their options, classes of answers, and whom they work for."""

from __future__ import annotations

import enum
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, ClassVar, Literal, Protocol

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, SecretStr

from pixcrawler_core.errors import PixCrawlerError

if TYPE_CHECKING:
    from pixcrawler_core.crawl.discovery import Discovery
    from pixcrawler_core.crawl.plan import Plan


class PageClass(enum.StrEnum):
    """What an answer of a source is."""

    OK = "ok"
    EMPTY = "empty"
    """An answer as it should be, with nothing in it: the source has no more."""
    BLOCKED = "blocked"
    """A captcha, a challenge, a consent wall, a refusal."""
    THROTTLED = "throttled"
    CHANGED_LAYOUT = "changed_layout"
    """An answer of a form that the parser does not know."""
    FAILED = "failed"
    """No answer, or one that tells of an error."""


@dataclass(frozen=True, kw_only=True)
class PageReport:
    """The class of one answer, and what it was told by."""

    page_class: PageClass
    url: str = ""
    """Where it came from, without its query: that may hold a key."""
    status: int | None = None
    marker: str | None = None
    """What gave a problem away, in a sentence."""
    body: bytes = b""
    final: bool = True
    """Whether the problem ends the stream; False while the source is waited for."""
    wait: float | None = None
    """Seconds for which the source asked to be left alone."""


class SourceProblem(PixCrawlerError):
    """A source did not answer as it should; the stream ends and the message is its failure."""

    page_class: ClassVar[PageClass] = PageClass.FAILED


class Throttled(SourceProblem):
    """The source asks to come back later: in `seconds`, if it says when."""

    page_class = PageClass.THROTTLED

    def __init__(self, message: str, seconds: float | None = None) -> None:
        super().__init__(message)
        self.seconds = seconds


class Unreachable(Throttled):
    """No answer came; as with a source that asks to come back later, it is tried again after a while."""

    page_class = PageClass.FAILED


class Blocked(SourceProblem):
    """The source refuses to answer; asking again in this run would not help."""

    page_class = PageClass.BLOCKED


class LayoutChanged(SourceProblem):
    """The answer is not of the form that the parser knows: the parser must be mended."""

    page_class = PageClass.CHANGED_LAYOUT


def place(url: str) -> str:
    """An address as it may be shown: without its query, which may hold a key."""
    return url.partition("?")[0]


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


class KeyedOptions(SourceOptions):
    """Options of a source that needs a key; it comes from the environment or the file of secrets."""

    key: SecretStr | None = Field(
        default=None, exclude=True, description="Not given here: see the variable that the source names."
    )

    @property
    def secret(self) -> str:
        """The key itself; empty where an answer is only read again."""
        return self.key.get_secret_value() if self.key else ""


def _proxy(value: SecretStr) -> SecretStr:
    if not value.get_secret_value().startswith(("http://", "https://")):
        raise ValueError("it should begin with http:// or https://")
    return value


class ScrapingOptions(SourceOptions):
    """Options of a search engine that offers no interface to programs."""

    delay: float = Field(default=5.0, ge=0, le=600, description="Least seconds between two requests.")
    accept_terms: bool = Field(
        default=False,
        description="Set true to say that you have read the engine's terms and its robots.txt, that both may "
        "forbid what you are about to do, and that you answer for it.",
    )
    render: Literal["http", "browser"] = Field(
        default="http", description="Ask with plain HTTP, or with a headless browser (scrapy-playwright)."
    )
    user_agent: str | None = Field(
        default=None,
        min_length=1,
        description="User agent for this engine; unset: that of `[fetch]`, which names PixCrawler. Some of "
        "these engines answer nobody but browsers.",
    )
    proxies: tuple[Annotated[SecretStr, AfterValidator(_proxy)], ...] = Field(
        default=(),
        description="Proxies that take turns, one for each query (`http://user:password@host:port`).",
    )
