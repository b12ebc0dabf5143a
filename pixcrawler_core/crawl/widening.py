"""What a job asks for: its keywords, widened once, and kept so that a resumed run asks the same."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from pixcrawler_core.keywords.process import Expansion, Titles, expand_keywords, given_keywords
from pixcrawler_core.keywords.ranking import Ranker
from pixcrawler_core.records import Query

if TYPE_CHECKING:
    from pixcrawler_core.components import Models
    from pixcrawler_core.config.job import Job
    from pixcrawler_core.keywords.expanding import Expanders


def keywords_of(job: Job) -> dict[str, Sequence[str]]:
    """The keywords of each category."""
    return {category.name: category.keywords for category in job.categories}


def given(job: Job) -> Expansion:
    """The job's keywords as queries, without any others. Raises ConfigError for one that is blocked."""
    return given_keywords(keywords_of(job), job.keywords)


def widened(
    job: Job,
    expanders: Expanders,
    models: Callable[[], Models],
    *,
    kept: Mapping[str, Any],
    renew: bool,
    titles: Titles,
) -> Expansion:
    """The job's queries: those that were `kept`, unless they are of another configuration, or to `renew`.

    Where an expander failed, they are made anew too: it may answer now.

    Raises what `process_keywords` does.
    """
    if kept.get("made_of") == _made_of(job) and not renew and not kept["errors"]:
        return Expansion(
            queries=[Query(**each) for each in kept["queries"]],
            dropped=[Query(**each) for each in kept["dropped"]],
            errors=kept["errors"],
        )
    return expand_keywords(keywords_of(job), job.keywords, expanders, Ranker.of(models), titles)


def to_keep(job: Job, expansion: Expansion) -> dict[str, Any]:
    """What `widened` is given as `kept` by the next run."""
    return {"made_of": _made_of(job), **expansion.as_json()}


def _made_of(job: Job) -> str:
    told = [keywords_of(job), job.keywords.model_dump(mode="json")]
    return hashlib.sha256(json.dumps(told, sort_keys=True).encode()).hexdigest()[:16]
