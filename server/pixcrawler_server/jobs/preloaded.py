"""What `jobs.forking` has imported before it forks: what jobs and shards use, plugins included."""

from __future__ import annotations

from pixcrawler_core.cli import Context
from pixcrawler_core.cli.imports import importing
from pixcrawler_core.kinds import KINDS

with importing():
    import pyarrow

    import pixcrawler_core.assembly.dataset
    import pixcrawler_core.commands.batch
    import pixcrawler_core.commands.ordered
    import pixcrawler_core.commands.run
    import pixcrawler_core.crawl.discovery
    import pixcrawler_core.crawl.shard
    import pixcrawler_core.exports.parquet
    import pixcrawler_core.spiderloader
    import pixcrawler_core.stages.validate  # noqa: F401

    pyarrow.array([None])  # which imports pandas, where it is there
    registry = Context().registry
    for kind in KINDS:
        registry.all(kind)
