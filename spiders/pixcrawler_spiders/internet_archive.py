"""Internet Archive: items of the media type image, with all original files of each.

Wire format: https://archive.org/advancedsearch.php and https://archive.org/developers/md-read.html. A search
names items; the record of each item lists its files.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, ClassVar
from urllib.parse import quote, urlencode

from pydantic import Field
from scrapy import Request

from pixcrawler_core import hookimpl
from pixcrawler_core.answers import first, json_object, mapping, number, plain, several, texts, url
from pixcrawler_core.components import Source
from pixcrawler_core.crawl.plan import Page, Stream
from pixcrawler_core.licences import Rights, licence_code, licence_of
from pixcrawler_core.records import Candidate
from pixcrawler_core.refusals import check_error
from pixcrawler_core.sources import LayoutChanged, SourceOptions, place
from pixcrawler_core.spider import SourceSpider

if TYPE_CHECKING:
    from scrapy.http import TextResponse

DEPTH = 10_000
"""Results of one query beyond which the search answers no more."""
RESERVED = re.compile(r'([+\-!(){}\[\]^"~*?:\\/&|])')
OPERATORS = re.compile(r"\b(?:AND|OR|NOT|TO)\b")
"""Characters and words with a meaning in the query language (Lucene)."""
IMAGE = re.compile(r"\.(?:jpe?g|png|gif|webp|tiff?|bmp|jp2|avif)$", re.IGNORECASE)
THUMBS = re.compile(r"thumb|item tile|item image|spectrogram", re.IGNORECASE)
"""Formats of files that the archive makes for its own pages."""
RIGHTS = re.compile(
    r"public domain(?: mark)?|no known (?:copyright )?restrictions|all rights reserved"
    r"|cc[ -]?(?:0|by)\b.{0,30}",
    re.IGNORECASE,
)
"""Statements of rights that are names of licences, not prose about them."""
LICENCES: Mapping[Rights, str] = {
    "any": "*",
    "public-domain": "*publicdomain*",
    "commercial": r"(*publicdomain* OR *licenses\/by\/* OR *licenses\/by-sa\/* OR *licenses\/by-nd\/*)",
    "modification": r"(*publicdomain* OR *licenses\/by\/* OR *licenses\/by-sa\/* OR *licenses\/by-nc\/* "
    r"OR *licenses\/by-nc-sa\/*)",
    "commercial-modification": r"(*publicdomain* OR *licenses\/by\/* OR *licenses\/by-sa\/*)",
}
"""Patterns of `licenseurl` that allow what is asked."""


class InternetArchiveOptions(SourceOptions):
    """Filters of the search in the Internet Archive."""

    delay: float = Field(default=1.0, ge=0, le=60, description="Least seconds between two requests.")
    endpoint: str = Field(
        default="https://archive.org", pattern="^https?://", description="Address of the archive."
    )
    page_size: int = Field(
        default=20, ge=1, le=25, description="Items a page; the record of each is a request of its own."
    )
    per_item: int = Field(default=10, ge=1, le=1000, description="Most files taken of one item.")
    collection: str | None = Field(
        default=None, pattern=r"^[\w.-]+$", description="Only items of this collection."
    )
    lucene: bool = Field(
        default=False, description="Whether queries are in the search's own language, not plain words."
    )


class InternetArchiveSpider(SourceSpider):
    """Asks /advancedsearch.php page by page, and /metadata/ for the files of each item."""

    name = "internet_archive"
    Options = InternetArchiveOptions
    filters: ClassVar[frozenset[str]] = frozenset({"license", "since", "until"})

    def page_request(self, stream: Stream) -> Request:
        asked = [
            ("q", " AND ".join(self._clauses(stream.query))),
            *(("fl[]", each) for each in ("identifier", "title", "mediatype")),
            ("rows", self.options.page_size),
            ("page", stream.page),
            ("output", "json"),
        ]
        return self._request_for(f"/advancedsearch.php?{urlencode(asked, errors='replace')}")

    def parse_page(self, response: TextResponse, stream: Stream) -> Page:
        body = json_object(response)
        if isinstance(body.get("response"), dict):
            return self._found(body["response"], response, stream)
        if "files" in body or isinstance(body.get("metadata"), dict):
            return Page(candidates=list(self._candidates(body, response, stream)), done=True)
        check_error(body, response, self.retry_after(response))
        raise LayoutChanged(f"neither items nor files of one in the answer of {place(response.url)}")

    def _request_for(self, path: str) -> Request:
        return Request(f"{self.options.endpoint}{path}", headers={"Accept": "application/json"})

    def _clauses(self, query: str) -> Iterator[str]:
        wanted = self.wanted
        yield f"({query if self.options.lucene else _words(query)})"
        yield "mediatype:image"
        if self.options.collection:
            yield f"collection:{self.options.collection}"
        if wanted.license:
            yield f"licenseurl:{LICENCES[wanted.license]}"
        if wanted.since or wanted.until:
            yield f"date:[{wanted.since or '*'} TO {wanted.until or '*'}]"

    def _found(self, found: Mapping[str, Any], response: TextResponse, stream: Stream) -> Page:
        """The records to ask for after a search."""
        items = found.get("docs")
        if not isinstance(items, list):
            raise LayoutChanged(f"no list of items in the answer of {place(response.url)}")
        identifiers = dict.fromkeys(plain(mapping(item).get("identifier")) for item in items)
        details = [self._request_for(f"/metadata/{quote(each, safe='')}") for each in identifiers if each]
        if items and not details:
            raise LayoutChanged(f"none of {len(items)} items has an identifier in {place(response.url)}")
        shown, total = stream.page * self.options.page_size, number(found.get("numFound"))
        last = shown >= total if total is not None else len(items) < self.options.page_size
        return Page(
            candidates=(), details=details, done=not items or last or shown + self.options.page_size > DEPTH
        )

    def _candidates(
        self, record: Mapping[str, Any], response: TextResponse, stream: Stream
    ) -> Iterator[Candidate]:
        listed, about = record.get("files"), mapping(record.get("metadata"))
        identifier = first(about.get("identifier"))
        if not isinstance(listed, list) or identifier is None:
            raise LayoutChanged(f"an item without a list of files in the answer of {place(response.url)}")
        files = [each for each in listed if isinstance(each, dict) and isinstance(each.get("name"), str)]
        if listed and not files:
            raise LayoutChanged(f"none of {len(listed)} files has a name in {place(response.url)}")
        thumbs = {plain(each.get("original")): each for each in files if _is_thumb(each)}
        for file in _best(files)[: self.options.per_item]:
            small = plain(thumbs.get(plain(file.get("name")), {}).get("name"))
            yield self._candidate(identifier, file, small, about, stream)

    def _candidate(
        self, identifier: str, file: Mapping[str, Any], small: str | None, about: Any, stream: Stream
    ) -> Candidate:
        name, item = str(file["name"]), quote(identifier, safe="")
        folder = f"{self.options.endpoint}/download/{item}"
        whole = f"{self.options.endpoint}/services/img/{item}"
        told = {"rights": first(about.get("rights")), "sha1": plain(file.get("sha1"))}
        return self.candidate(
            stream,
            f"{folder}/{_quoted(name)}",
            thumbnail_url=f"{folder}/{_quoted(small)}" if small else whole,
            width=number(file.get("width")),
            height=number(file.get("height")),
            filesize_bytes=number(file.get("size")),
            format=plain(name.rpartition(".")[2].lower()),
            title=first(file.get("title")) or first(about.get("title")),
            alt=first(about.get("description")),
            tags=_subjects(about.get("subject")),
            page_url=f"{self.options.endpoint}/details/{item}",
            site="archive.org",
            license=_licence(about),
            license_url=url(next(iter(several(about.get("licenseurl"))), None)),
            creator="; ".join(texts(about.get("creator"))) or None,
            date=first(about.get("date")) or first(about.get("year")),
            engine_id=f"{identifier}/{plain(name)}",
            extra={key: value for key, value in told.items() if value},
        )


def _words(query: str) -> str:
    """A query in which nothing has a meaning but its words."""
    return RESERVED.sub(r"\\\1", OPERATORS.sub(lambda found: found[0].lower(), query))


def _is_thumb(file: Mapping[str, Any]) -> bool:
    """Whether a file was made by the archive to stand for another one or for the item."""
    return THUMBS.search(plain(file.get("format")) or "") is not None


def _best(files: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The images that were uploaded; where those are no images (a PDF), what was made of them."""
    images = [
        file
        for file in files
        if IMAGE.search(file["name"])
        and not file["name"].startswith("__ia_thumb")
        and not _is_thumb(file)
        and file.get("source") != "metadata"
        and file.get("private") not in (True, "true")
    ]
    return [file for file in images if file.get("source") == "original"] or images


def _quoted(name: str) -> str:
    """A file's name as a path; it may be in a folder."""
    return quote(name.encode("utf-8", "replace"), safe="/")


def _licence(about: Mapping[str, Any]) -> str | None:
    """By the licence's address, or by a statement of rights that is no more than a name."""
    address, rights = first(about.get("licenseurl")), first(about.get("rights")) or ""
    named = rights.strip(" .") if RIGHTS.fullmatch(rights.strip(" .")) else None
    return licence_of(address, named) or licence_code(address)


def _subjects(value: Any) -> tuple[str, ...]:
    """The subjects, which some uploaders write into one text with semicolons."""
    return tuple(
        dict.fromkeys(word.strip() for each in texts(value) for word in each.split(";") if word.strip())
    )


@hookimpl
def register_sources() -> Iterator[Source]:
    yield Source(
        name="internet_archive",
        summary="Images that people and institutions uploaded to the Internet Archive",
        spider=InternetArchiveSpider,
        options=InternetArchiveOptions,
        licences=True,
        homepage="https://archive.org/details/image",
        limits="a request for each item; 10,000 items a query; slows down who asks too fast",
    )
