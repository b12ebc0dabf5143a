"""What failed in the background, as clients may read it."""

from __future__ import annotations

import logging
from pathlib import Path

from pixcrawler_core.errors import PixCrawlerError

logger = logging.getLogger(__name__)
LONGEST = 1000
"""Characters that are kept."""


def told(error: Exception, root: Path) -> str:
    """A sentence for whoever asked for it: places in the workspace `root` by their last names alone.

    Of what is no error of ours, nothing is told: it stands in the log.
    """
    if not isinstance(error, PixCrawlerError):
        logger.error("work in the background failed", exc_info=error)
        return "the server failed; what it was is in its log"
    logger.warning("work in the background failed: %s", error)
    whole = str(root.resolve())
    return (
        str(error).replace(f"{whole}/", "").replace(f"{root}/", "").replace(whole, "the workspace")[:LONGEST]
    )
