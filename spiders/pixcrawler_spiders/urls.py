"""Lists of image URLs as a source: their rows are the candidates."""

from __future__ import annotations

import itertools
from collections.abc import AsyncIterator, Iterator

from scrapy.utils.asyncio import run_in_thread

from pixcrawler_core import hookimpl
from pixcrawler_core.components import Source
from pixcrawler_core.crawl.plan import Page, Stream
from pixcrawler_core.errors import ConfigError
from pixcrawler_core.licences import licence_code, licence_of
from pixcrawler_core.records import Candidate
from pixcrawler_core.sources import SourceProblem
from pixcrawler_core.spider import SourceSpider, Step
from pixcrawler_spiders.lists import CHUNK, Row, UrlsOptions, read_rows


class UrlsSpider(SourceSpider):
    """Yields the rows of a list as candidates; nothing is asked of Scrapy's downloader."""

    name = "urls"
    Options = UrlsOptions
    custom_settings = {  # noqa: RUF012  # Scrapy's attribute
        "DOWNLOAD_HANDLERS": dict.fromkeys(("data", "file", "ftp", "http", "https", "s3")),
        "DOWNLOADER_MIDDLEWARES_BASE": {},
    }
    """Without the web client that is not used: importing it takes longer than fetching a hundred images."""
    _rows: Iterator[Row] | None = None
    _position = -1
    _broken: ConfigError | None = None

    @classmethod
    def check(cls, options: UrlsOptions) -> None:
        next(read_rows(options), None)

    async def pages(self, stream: Stream) -> AsyncIterator[Step]:
        wanted = True
        while wanted:
            try:
                page = await run_in_thread(self._chunk, stream)
            except (OSError, ValueError, ConfigError, SourceProblem) as error:
                await self.discovery.end(stream, f"failed: {error}")
                return
            for candidate in await self.discovery.add_page(stream, page):
                yield candidate
            wanted = await self.discovery.want_page(stream)

    def _chunk(self, stream: Stream) -> Page:
        """The next rows; those before a line that cannot be read first, then the error."""
        start = int(stream.cursor or 0)
        if self._rows is None or self._position != start:
            self._rows = read_rows(self.options, start)
        if self._broken is not None:
            raise self._broken
        rows: list[Row] = []
        try:
            for row in itertools.islice(self._rows, CHUNK):
                rows.append(row)  # noqa: PERF402  # what came before an error is kept
        except ConfigError as error:
            self._broken = error
        if self._broken is not None and not rows:
            raise self._broken
        self._position = start + len(rows)
        found = (self._candidate(row, stream) for row in rows)
        candidates = [candidate for candidate in found if candidate is not None]
        ended = len(rows) < CHUNK and self._broken is None
        return Page(candidates=candidates, cursor=self._position, done=ended)

    def _candidate(self, row: Row, stream: Stream) -> Candidate | None:
        options = self.options
        url, digest = _cell(row, options.url_column), _cell(row, options.sha256_column)
        address = _cell(row, options.license_url_column)
        if url is None:
            return None
        return Candidate(
            engine=self.name,
            category=_cell(row, options.label_column) or options.category,
            query=stream.query,
            image_url=f"https:{url}" if url.startswith("//") else url,
            title=_cell(row, options.title_column),
            page_url=_cell(row, options.page_column),
            license=licence_code(_cell(row, options.license_column)) or licence_of(address),
            license_url=address,
            creator=_cell(row, options.creator_column),
            expected_sha256=digest.lower() if digest else None,
        )


def _cell(row: Row, column: str | None) -> str | None:
    value = row.get(column) if column else None
    if value is None or value != value:  # NaN, which tables write for nothing
        return None
    told = value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)
    return told.strip() or None


@hookimpl
def register_sources() -> Iterator[Source]:
    yield Source(
        name="urls",
        summary="A list of image URLs: txt, csv, tsv, jsonl or Parquet",
        spider=UrlsSpider,
        options=UrlsOptions,
        licences=True,
        searches=False,
        limits="none of its own; the hosts' limits rule",
    )
