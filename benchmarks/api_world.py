"""A workspace of a busy server: a million images, ten thousand jobs, a user with an API key."""

from __future__ import annotations

from pathlib import Path

from pixcrawler_server.tokens import hash_of

from pixcrawler_core.catalog.fields import to_sql_time, utc_now
from pixcrawler_core.catalog.models import ApiKey, Project, User
from pixcrawler_core.catalog.sql import Sql
from pixcrawler_core.service import Scope
from pixcrawler_core.workspace import Workspace

KEY = "pxc_benchmark"
"""The user's API key."""
DATASET = "large"
"""The dataset that has all images."""
SQLITE = {
    "rows": "WITH RECURSIVE row(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM row WHERE n < ?)",
    "mod": "%",
    "digest": "lower(hex(randomblob(32)))",
    "true": "1",
    "false": "0",
}
"""What each database says in its own way."""
POSTGRES = {
    "rows": "WITH row(n) AS (SELECT generate_series(1, ?))",
    "mod": "%%",  # one % would be a placeholder of psycopg
    "digest": "md5(n::text) || md5(n::text)",
    "true": "true",
    "false": "false",
}
DATASETS = """{rows} INSERT INTO dataset (id, name, project_id, created_at, updated_at)
SELECT 'set-' || n, 'Set ' || n, ?, ?, ? FROM row"""
JOBS = """{rows} INSERT INTO crawl_job (dataset_id, keywords, max_images, search_engines, status, progress,
config, created_at, updated_at, queries, tables, folder, ordered_by, priority, attempts, worker, revision,
live, error, token)
SELECT 'set-' || (1 + n {mod} ?),
'["red panda"]', 100, '["openverse"]', 'completed', 100, '{{}}', ?, ?, '{{}}',
'{{"job":{{"name":"set","keywords":["red panda"]}}}}', '', '', 0, 1, '', 120, '{{}}', '', '' FROM row"""
IMAGES = """{rows} INSERT INTO image (dataset_id, ledger_row, category, number, original_url, filename,
storage_url, width, height, file_size, format, hash, is_valid, is_duplicate, labels, metadata, created_at)
SELECT ?, n, 'category-' || (n {mod} 20), n, 'https://images.example.org/' || n || '.jpg',
'categories/category-' || (n {mod} 20) || '/image_' || n || '.jpg', '', 1024, 768, 204800, 'jpeg', {digest},
{true}, {false}, '[]', '{{"scores":{{"blur":{{"score":0.8}}}}}}', ? FROM row"""
SMALL = 100
"""Datasets that the jobs are of."""


def make(root: Path, database: str | None, images: int, jobs: int) -> None:
    """Make the workspace, in some seconds."""
    with Workspace(root, database) as workspace:
        now = to_sql_time(utc_now())
        user = User.create(email="benchmark@example.org", email_verified_at=utc_now())
        scopes = [scope.value for scope in Scope]
        ApiKey.create(
            user=user, name="benchmark", key_hash=hash_of(KEY), scopes=scopes, last_used_at=utc_now()
        )
        project = Project.create(owner=user, name="Benchmark")
        sql = Sql(workspace.open())
        words = POSTGRES if sql.database.param != "?" else SQLITE
        with sql.transaction():
            sql.run(DATASETS.format(**words), (SMALL, project.id, now, now))
            sql.run(
                "INSERT INTO dataset (id, name, project_id, created_at, updated_at) VALUES (?, ?, ?, ?, ?)",
                (DATASET, "Large", project.id, now, now),
            )
            sql.run(JOBS.format(**words), (jobs, SMALL, now, now))
            sql.run(IMAGES.format(**words), (images, DATASET, now))
        sql.run("ANALYZE")
