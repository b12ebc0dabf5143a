"""The table of `server.toml` that says what jobs may do."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field

from pixcrawler_server.plan_settings import Table

MIB = 2**20


class CrawlTable(Table):
    """`[crawl]`: what jobs may do, and who runs them."""

    dispatcher: str = Field(
        default="local",
        description="Who tells workers of jobs: `local` lets them look into the catalog, or `dbos`.",
    )
    at_once: int = Field(default=2, ge=1, le=64, description="Jobs that a worker runs at once.")
    shards: Literal["auto", "off"] = Field(
        default="auto",
        description="Whether a large job is spread over processes that have nothing else to do, and workers "
        "do shards of others' jobs.",
    )
    shard_size: int = Field(default=500, ge=1, le=2000, description="Candidates of a shard, about.")
    lease: float = Field(
        default=15.0,
        ge=1,
        le=600,
        description="Seconds for which a worker has a job or a shard without a word; then others go on.",
    )
    least_disk: int = Field(
        default=1024 * MIB,
        ge=0,
        description="Bytes that are to be free on the disk of the workspace; with fewer, no job is begun.",
    )
    least_memory: int = Field(
        default=256 * MIB,
        ge=0,
        description="Bytes of memory that are to be free on the machine; with fewer, no job is begun.",
    )
    user_agent: str | None = Field(
        default=None, min_length=1, max_length=200, description="How crawlers call themselves."
    )
    contact: str | None = Field(
        default=None,
        min_length=1,
        max_length=200,
        description="Web page or e-mail address under which hosts can reach you; sent with the user agent.",
    )
    concurrency: int = Field(
        default=32, ge=1, le=512, description="Images that a job fetches at once, at most."
    )
    per_host: int = Field(default=8, ge=1, le=64, description="The same from one host.")
    keywords: int = Field(default=1000, ge=1, description="Keywords of a job at most.")
    max_bytes: int = Field(
        default=50 * MIB, ge=1, description="Bytes of the largest image that a job fetches, at most."
    )
    ports: tuple[Annotated[int, Field(ge=1, le=65_535)], ...] = Field(
        default=(), description="Ports that jobs may ask, such as `[80, 443]`; default: any."
    )
    save_pages: bool = Field(
        default=False, description="Whether jobs may keep answers that were no results, as files here."
    )
    accept_terms: tuple[str, ...] = Field(
        default=(),
        description="Search engines whose terms users may accept for themselves; all others stay off.",
    )
    keyed: tuple[str, ...] = Field(
        default=(), description="Sources that may be asked with your keys, from the worker's environment."
    )
    refused: tuple[str, ...] = Field(
        default=("llm", "llm_vision"),
        description="Plugins that jobs and exports may not use, since they cost you money, say.",
    )
    allow_private_hosts: tuple[str, ...] = Field(
        default=(), description="Hosts of your own network that jobs may ask; see `[fetch]` of the job file."
    )
    sources: dict[str, dict[str, Any]] = Field(
        default={}, description="Options of sources that hold over those of jobs, a table each."
    )
    validation_slots: int = Field(
        default=2, ge=1, le=64, description="Images that a process checks at once for `/validation/single`."
    )
