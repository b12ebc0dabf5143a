"""Names of the files beside the images of a dataset's folder."""

from __future__ import annotations

from pixcrawler_core.assembly.label_files import MISLABELS, WHOLE
from pixcrawler_core.assembly.manifest import MANIFEST
from pixcrawler_core.provenance.lock import LOCK

STATISTICS = "statistics.json"
ATTRIBUTION = "metadata/ATTRIBUTION.md"
LOG = "metadata/processing_log.txt"
LEDGER = "metadata/ledger.parquet"
TABLE = "metadata/images.parquet"
QUALITY = "metadata/quality.json"
REPORT = "report.html"
"""Written after everything else."""
SPLITS = "metadata/splits.json"
"""Only in datasets with splits."""
REPLAY = "metadata/replay.json"
"""Only in datasets that were made of a lock."""
LOCKED = (STATISTICS, ATTRIBUTION, LOG, LEDGER, TABLE, QUALITY, REPLAY, *WHOLE.values(), MISLABELS)
"""Files whose digests are in the lock, where they are there: those that are written before it."""
EXTRAS = (
    MANIFEST,
    STATISTICS,
    ATTRIBUTION,
    LOG,
    LEDGER,
    TABLE,
    QUALITY,
    LOCK,
    SPLITS,
    REPLAY,
    *WHOLE.values(),
    MISLABELS,
)
"""Files beside the images, in the order in which exports hold them."""
