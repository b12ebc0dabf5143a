"""Under which key measures and fingerprints are kept, so that only those that are still true are used."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pixcrawler_core.components import Deduper, Validator
    from pixcrawler_core.registry import Registry


def kept_key(registry: Registry, part: Validator | Deduper, table: Mapping[str, Any]) -> str:
    """Name, version, and a digest of whose the part is and of the options that change what it finds.

    `table` has the options as written in the job file.
    """
    options = registry.options(part, table)
    values = options.model_dump(mode="json", include=set(part.measured_by)) if options else {}
    identity = json.dumps([registry.owner(type(part), part.name), values], sort_keys=True)
    digest = hashlib.blake2b(identity.encode(), digest_size=8).hexdigest()
    return f"{part.name}@{part.version}:{digest}"
