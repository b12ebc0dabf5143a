"""The ledger's SQL, the same for SQLite and PostgreSQL, put together from names of our own columns only."""
# ruff: noqa: S608  # every value is a parameter

from __future__ import annotations

from pixcrawler_core.catalog.columns import CANDIDATE, OUTCOME
from pixcrawler_core.catalog.rows import UNFINISHED

ROW = ("id", "job_id", "stream_id", "url_key", *CANDIDATE[1:], *OUTCOME, "created_at", "updated_at")
"""All columns of a row, in the order in which `ALL_ROWS` gives them after engine and query."""
_PAIR = ", ".join(f"r.{name}" for name in (*CANDIDATE, *OUTCOME))
_STREAM = "SELECT id, category, engine, query, next_page, cursor, done, failure, rests_from FROM stream"
_NEW = (
    "id, job_id, stream_id, url_key, url, category, page, rank, seen_before, meta, "
    "state, stage, reason, detail, passing, created_at, updated_at"
)

DATASET = "SELECT dataset_id FROM crawl_job WHERE id = ?"

BEGIN_STREAM = (
    "INSERT INTO stream (job_id, category, engine, query, next_page, done) VALUES (?, ?, ?, ?, 1, ?) "
    "ON CONFLICT (job_id, category, engine, query) DO NOTHING"
)
STREAM_BY_NAME = f"{_STREAM} WHERE job_id = ? AND category = ? AND engine = ? AND query = ?"
STREAM_BY_ID = f"{_STREAM} WHERE id = ? AND job_id = ?"
ADVANCE_STREAM = "UPDATE stream SET next_page = ?, cursor = ?, done = ?, failure = NULL WHERE id = ?"
END_STREAM = "UPDATE stream SET done = ?, failure = ? WHERE id = ? AND job_id = ?"
REOPEN_ALL_STREAMS = "UPDATE stream SET done = ?, failure = NULL WHERE job_id = ? AND done = ?"
LEFT_STREAMS = (
    f"{_STREAM} WHERE job_id = ? AND EXISTS (SELECT 1 FROM ledger_row r WHERE r.stream_id = stream.id "
    f"AND {UNFINISHED} AND state = 'fetched') ORDER BY id"
)
REST_STREAM = "UPDATE stream SET rests_from = ? WHERE id = ? AND job_id = ?"
RESTART_STREAMS = (
    "UPDATE stream SET next_page = 1, cursor = NULL, done = ?, failure = NULL, rests_from = NULL "
    "WHERE job_id = ?"
)
REOPEN_FAILED_STREAMS = f"{REOPEN_ALL_STREAMS} AND failure IS NOT NULL"

SAVE_ANSWER = (
    "INSERT INTO answer (stream_id, page, sha256) VALUES (?, ?, ?) "
    "ON CONFLICT (stream_id, page) DO UPDATE SET sha256 = excluded.sha256"
)
ANSWERS = (
    "SELECT a.stream_id, a.page, s.engine, s.query, a.sha256 FROM answer a "
    "JOIN stream s ON s.id = a.stream_id WHERE s.job_id = ? ORDER BY a.stream_id, a.page"
)
INSERT_ROW = f"INSERT INTO ledger_row ({_NEW}) VALUES ({', '.join('?' * 17)})"
UPDATE_ROW = (
    f"UPDATE ledger_row SET {', '.join(f'{name} = ?' for name in OUTCOME)}, updated_at = ? WHERE id = ?"
)
RETRY_PASSING = (
    "UPDATE ledger_row SET state = 'found', stage = 'discovery', reason = NULL, detail = NULL, "
    "passing = ?, http_status = NULL, updated_at = ? WHERE job_id = ? AND state = 'failed' AND passing = ?"
)
FOLDERS = (
    "SELECT category, MIN(filename) FROM image WHERE dataset_id = ? AND filename <> '' GROUP BY category"
)

NAME_IMAGE = "UPDATE image SET filename = ?, storage_url = ? WHERE ledger_row = ?"
IMAGE_METADATA = "SELECT metadata, hash FROM image WHERE ledger_row = ?"
PLACE_IMAGE = (
    "INSERT INTO image_split (ledger_row, split, made_by, before) VALUES (?, ?, ?, ?) "
    "ON CONFLICT (ledger_row) DO UPDATE SET split = excluded.split, made_by = excluded.made_by, "
    "before = excluded.before"
)
HAND_SPLIT_ON = (
    "INSERT INTO image_split (ledger_row, split, made_by, before) "
    "SELECT ?, split, made_by, before FROM image_split WHERE ledger_row = ? ON CONFLICT (ledger_row) "
    "DO UPDATE SET split = excluded.split, made_by = excluded.made_by, before = excluded.before"
)
"""What takes an image's place stands in its split: else a better copy would move between splits."""
LABEL_IMAGE = "UPDATE image SET labels = ?, metadata = ? WHERE ledger_row = ?"

KEEP_IMAGE = (
    "INSERT INTO image (dataset_id, ledger_row, category, number, original_url, width, height, file_size, "
    "format, hash, metadata, created_at, is_valid, is_duplicate, quality, engine, host, licence, filename, "
    "storage_url, labels) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, '', '', '[]') "
    "ON CONFLICT (ledger_row) DO UPDATE SET "
    "category = excluded.category, number = excluded.number, width = excluded.width, "
    "height = excluded.height, file_size = excluded.file_size, format = excluded.format, "
    "hash = excluded.hash, metadata = excluded.metadata, quality = excluded.quality, "
    "engine = excluded.engine, host = excluded.host, licence = excluded.licence"
)

UNFINISHED_ROWS = (
    f"SELECT {_PAIR} FROM ledger_row r WHERE stream_id = ? AND {UNFINISHED} AND id > ? ORDER BY id LIMIT ?"
)
KNOWN_ROW = (
    f"SELECT {', '.join(OUTCOME)} FROM ledger_row "
    "WHERE job_id = ? AND url_key = ? AND id <> ? AND state <> 'found' "
    "AND (state IN ('accepted', 'duplicate') OR url = ?) AND COALESCE(reason, '') <> 'filtered' "
    "ORDER BY id LIMIT 1"
)
ACCEPTED_ROWS = (
    "SELECT i.category, i.number, i.labels, i.metadata, p.split, p.made_by, p.before, s.engine, s.query, "
    f"{_PAIR} FROM image i "
    "JOIN ledger_row r ON r.id = i.ledger_row JOIN stream s ON s.id = r.stream_id "
    "LEFT JOIN image_split p ON p.ledger_row = i.ledger_row "
    "WHERE i.dataset_id = ? AND i.metadata NOT LIKE ? ESCAPE '!' AND (i.category, i.number) > (?, ?) "
    "ORDER BY i.category, i.number LIMIT ?"
)
ACCEPTED_COUNTS = (
    "SELECT category, COUNT(*) FROM image WHERE dataset_id = ? GROUP BY category ORDER BY category"
)
SEE_AGAIN = (
    "UPDATE ledger_row SET state = CASE WHEN sha256 IS NULL THEN 'found' ELSE 'fetched' END, "
    "reason = NULL, detail = NULL, updated_at = ? "
    "WHERE job_id = ? AND state = 'rejected' AND reason = 'filtered'"
)
ASK_AGAIN = (
    "UPDATE ledger_row SET state = 'found', stage = 'discovery', reason = NULL, detail = NULL, "
    "updated_at = ? WHERE job_id = ? AND state = 'refused'"
)
CHECK_AGAIN = (
    "UPDATE ledger_row SET state = 'fetched', stage = 'fetch', reason = NULL, detail = NULL, updated_at = ? "
    "WHERE job_id = ? AND state = 'rejected' AND stage <> 'review' AND sha256 IS NOT NULL"
)
CHECK_ONE_AGAIN = (
    "UPDATE ledger_row SET state = 'fetched', stage = 'fetch', number = NULL, updated_at = ? WHERE id = ?"
)
REPLACE_ROW = (
    "UPDATE ledger_row SET state = 'duplicate', stage = 'dedup', reason = 'replaced', "
    "detail = 'a better duplicate took its place', number = NULL, duplicate_of = ?, "
    "updated_at = ? WHERE id = ?"
)
KEPT_IMAGES = "SELECT ledger_row, hash FROM image WHERE ledger_row > ? ORDER BY ledger_row LIMIT ?"
KEPT_IMAGES_OF = (
    "SELECT ledger_row, hash FROM image WHERE dataset_id = ? AND ledger_row > ? ORDER BY ledger_row LIMIT ?"
)
IMAGE_OF_ROW = "SELECT dataset_id, filename, original_url FROM image WHERE ledger_row = ?"
OTHERS_ROW = (
    "SELECT j.dataset_id FROM ledger_row r JOIN crawl_job j ON j.id = r.job_id WHERE r.id = ? AND j.id <> ?"
)
_DECIDED = "SELECT sha256 FROM review WHERE dataset_id = ? AND decision <> 'reject'"
FORGET_IMAGES = f"DELETE FROM image WHERE dataset_id = ? AND COALESCE(hash, '') NOT IN ({_DECIDED})"
CHOOSE_AGAIN = (
    "UPDATE ledger_row SET state = 'fetched', stage = 'fetch', reason = NULL, detail = NULL, number = NULL, "
    "duplicate_of = NULL, updated_at = ? WHERE job_id = ? AND state IN ('accepted', 'duplicate') "
    f"AND sha256 IS NOT NULL AND sha256 NOT IN ({_DECIDED})"
)
FORGET_IMAGE = "DELETE FROM image WHERE ledger_row = ?"
FIND_AGAIN = (
    "UPDATE ledger_row SET state = 'found', stage = 'discovery', sha256 = NULL, size = NULL, number = NULL, "
    "updated_at = ? WHERE id = ?"
)
NEXT_NUMBER = "SELECT COALESCE(MAX(number), 0) + 1 FROM image WHERE dataset_id = ? AND category = ?"
COUNTS = (
    "SELECT c.category, s.engine, s.query, c.state, c.stage, c.reason, c.n FROM (SELECT category, "
    "stream_id, state, stage, reason, COUNT(*) AS n FROM ledger_row WHERE job_id = ? "
    "GROUP BY category, stream_id, state, stage, reason) c JOIN stream s ON s.id = c.stream_id "
    "ORDER BY c.category, s.engine, s.query, c.state, c.stage, c.reason"
)
DECIDED = (
    "SELECT r.category, s.query, r.page, "
    "SUM(CASE WHEN r.state = 'accepted' OR r.reason = 'replaced' THEN 1 ELSE 0 END), COUNT(*) "
    "FROM ledger_row r JOIN stream s ON s.id = r.stream_id WHERE r.job_id = ? "
    "AND r.state NOT IN ('found', 'fetched') GROUP BY r.category, s.query, r.page"
)
RESTING = (
    "SELECT category, query, MIN(rests_from) FROM stream WHERE job_id = ? AND rests_from IS NOT NULL "
    "GROUP BY category, query"
)
TITLES = (
    "SELECT r.meta FROM ledger_row r JOIN image i ON i.ledger_row = r.id WHERE i.category = ? "
    "ORDER BY i.id DESC LIMIT ?"
)
YIELDS = (
    "SELECT s.engine, SUM(CASE WHEN r.state = 'accepted' THEN 1 ELSE 0 END), COUNT(*) FROM ledger_row r "
    "JOIN stream s ON s.id = r.stream_id WHERE r.job_id <> ? "
    "AND r.state IN ('accepted', 'rejected', 'failed', 'refused') AND COALESCE(r.reason, '') <> 'filtered' "
    "GROUP BY s.engine"
)
BOUNDS = "SELECT COALESCE(MIN(id), 0), COALESCE(MAX(id), -1) FROM ledger_row WHERE job_id = ?"
ALL_ROWS = (
    f"SELECT s.engine, s.query, {', '.join(f'r.{name}' for name in ROW)} "
    "FROM ledger_row r JOIN stream s ON s.id = r.stream_id "
    "WHERE r.id BETWEEN ? AND ? AND +r.job_id = ? ORDER BY r.id LIMIT ?"
)
"""The plus keeps the planner off the index by job, which would sort all rows for each chunk."""

POLICY = "SELECT policy FROM host_policy WHERE host = ?"
SAVE_POLICY = (
    "INSERT INTO host_policy (host, policy, updated_at) VALUES (?, ?, ?) "
    "ON CONFLICT (host) DO UPDATE SET policy = excluded.policy, updated_at = excluded.updated_at"
)

_HELD = "sha256 IS NOT NULL AND state IN ('fetched', 'accepted', 'rejected', 'duplicate')"
IMAGES_AT = "SELECT filename, hash FROM image WHERE dataset_id = ? AND filename"
_OF_DATASET = "job_id IN (SELECT id FROM crawl_job WHERE dataset_id = ?)"
"""Rows of all jobs of a dataset: its images may come from any of them."""
ROWS_WITH_KEYS = f"SELECT url, sha256 FROM ledger_row WHERE {_OF_DATASET} AND {_HELD} AND url_key"
ROWS_WITH_BYTES = (
    f"SELECT s.engine, s.query, {_PAIR} FROM ledger_row r JOIN stream s ON s.id = r.stream_id "
    f"WHERE r.{_OF_DATASET} AND {_HELD} AND r.sha256"
)
REJECT_ROW = (
    "UPDATE ledger_row SET state = 'rejected', stage = 'review', reason = ?, detail = ?, number = NULL, "
    "duplicate_of = NULL, updated_at = ? WHERE id = ?"
)
TAKE_BACK = (
    "UPDATE ledger_row SET state = 'fetched', stage = 'fetch', reason = NULL, detail = NULL, updated_at = ? "
    f"WHERE {_OF_DATASET} AND sha256 = ? AND state = 'rejected' AND stage = 'review'"
)
MOVE_ROW = (
    "UPDATE ledger_row SET category = ?, meta = ?, number = ?, stage = 'review', updated_at = ? WHERE id = ?"
)
MOVE_IMAGE = (
    "UPDATE image SET category = ?, number = ?, metadata = ?, labels = '[]', filename = '', storage_url = '' "
    "WHERE ledger_row = ?"
)
KEEP_REVIEW = (
    "INSERT INTO review (dataset_id, sha256, decision, category, note, reviewer, decided_at) "
    "VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT (dataset_id, sha256) DO UPDATE SET "
    "decision = excluded.decision, category = excluded.category, note = excluded.note, "
    "reviewer = excluded.reviewer, decided_at = excluded.decided_at"
)
KEEP_LABEL_REVIEW = (
    "INSERT INTO label_review (dataset_id, sha256, labeler, label, holds, note, reviewer, decided_at) "
    "VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (dataset_id, sha256, labeler, label) DO UPDATE SET "
    "holds = excluded.holds, note = excluded.note, reviewer = excluded.reviewer, "
    "decided_at = excluded.decided_at"
)
FORGET_LABEL_REVIEW = (
    "DELETE FROM label_review WHERE dataset_id = ? AND sha256 = ? AND labeler = ? AND label = ?"
)
IMAGES_WITH = "SELECT ledger_row, metadata FROM image WHERE dataset_id = ? AND hash = ?"
SAVE_METADATA = "UPDATE image SET metadata = ? WHERE ledger_row = ?"
REOPEN_JOB = (
    "UPDATE crawl_job SET status = 'paused', updated_at = ? "
    "WHERE id = ? AND status IN ('completed', 'completed_short')"
)
"""A run of a job that is not finished assembles the dataset, whatever else there is to do."""


def streams_with(keys: int) -> str:
    """Which streams of a job have which of so many URL keys."""
    return (
        f"SELECT url_key, stream_id FROM ledger_row WHERE job_id = ? AND url_key IN ({', '.join('?' * keys)})"
    )


def unsettled_rows(rows: int) -> str:
    """Of so many rows those of which it is not known what becomes of them."""
    return (
        f"SELECT s.engine, s.query, {_PAIR} FROM ledger_row r JOIN stream s ON s.id = r.stream_id "
        f"WHERE r.id IN ({', '.join('?' * rows)}) "
        "AND (r.state = 'found' OR r.state = 'fetched' AND r.stage = 'fetch') ORDER BY r.id"
    )
