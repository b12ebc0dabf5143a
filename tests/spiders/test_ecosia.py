from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar
from urllib.parse import parse_qs, urlsplit

import pytest
from pixcrawler_spiders import ecosia

from pixcrawler_core.sources import Blocked, LayoutChanged, SourceProblem
from pixcrawler_core.testing.web import SimulatedWeb
from tests.spiders.scraped_pages import PageContract, asked, plain_query, stream_of, walk

SOURCE = next(ecosia.register_sources())
NEXT = '<a data-test-id="pagination-control-next" href="/images?q=panda&amp;p=1">Next</a>'
SCRIPT = '<script src="/cdn-cgi/challenge-platform/scripts/jsd/main.js"></script>'


def row(number: int, size: str = " 2000 &#215; 1500 ", image: str = "https://images.example/{}.jpg") -> str:
    """A result as Ecosia writes it, made up."""
    return (
        f'<article aria-posinset="{number}" aria-describedby="image-result-title-abcDEF{number}"'
        ' data-test-id="images-result" class="image-result" data-v-1>'
        f'<a href="{image.format(number)}" data-test-id="image-result-link" rel="noopener">'
        f'<img src="https://thumbs.example/th?id={number}&amp;pid=Api" width="200" height="150"'
        f' alt="Panda &amp; friend {number}"></a>'
        f'<div data-test-id="image-result-dimensions">{size}</div>'
        f'<a class="base-link image-result__details-link" href="https://pages.example/{number}">'
        f"<h2> Panda <b>number</b> {number} </h2>"
        '<span data-test-id="image-result-source"> pages.example </span></a></article>'
    )


def whole(*rows: str, more: str = NEXT) -> bytes:
    head = f"<!DOCTYPE html><html><head><title>panda - Ecosia - Images</title>{SCRIPT}</head>"
    return f"{head}<body><main>{''.join(rows)}</main><nav>{more}</nav></body></html>".encode()


ROWS = tuple(row(number) for number in range(1, 5))
ADVERTISEMENT = (
    '<div data-test-id="product-ads-carousel"><a href="https://shop.example/"><img src="x"></a></div>'
)


class TestEcosia(PageContract):
    component = SOURCE
    page = whole(ADVERTISEMENT, *ROWS)
    rows: ClassVar[tuple[bytes, ...]] = tuple(each.encode() for each in ROWS)
    count = 4

    def test_fields(self) -> None:
        found = self.parse(self.page).candidates[0]
        assert found.image_url == "https://images.example/1.jpg"
        assert found.thumbnail_url == "https://thumbs.example/th?id=1&pid=Api"
        assert (found.width, found.height) == (2000, 1500)
        assert (found.title, found.alt) == ("Panda number 1", "Panda & friend 1")
        assert (found.page_url, found.site) == ("https://pages.example/1", "pages.example")
        assert found.engine_id == "abcDEF1"
        assert found.extra == {"position": 1}

    def test_all_but_the_image_may_be_missing(self) -> None:
        bare = '<p data-test-id=images-result><a data-test-id=image-result-link href="//a.example/1"></a>'
        (found,) = self.parse(bare.encode()).candidates
        assert found.image_url == "https://a.example/1"
        assert (found.width, found.title, found.site, found.engine_id, found.extra) == (
            None,
            None,
            None,
            None,
            {},
        )

    def test_results_without_an_image_are_left_out(self) -> None:
        odd = [row(1, image=image) for image in ("", "/images/1", "javascript:x", "ftp://a.example/1")]
        odd.append('<article data-test-id="images-result"></article>')
        assert len(self.parse(whole(*odd, row(7))).candidates) == 1
        with pytest.raises(LayoutChanged, match="none of 5 results"):
            self.parse(whole(*odd))

    @pytest.mark.parametrize("size", ["", "large", "0 &#215; 5", "99999999 x 3"])
    def test_odd_sizes(self, size: str) -> None:
        (found,) = self.parse(whole(row(1, size))).candidates
        assert (found.width, found.height) == (None, None)

    def test_the_last_page(self) -> None:
        assert not self.parse(self.page).done
        assert self.parse(whole(*ROWS, more="")).done

    def test_no_results(self) -> None:
        page = self.parse(whole('<div data-test-id="images-no-results">Nothing</div>', more=""))
        assert (list(page.candidates), page.done) == ([], True)

    def test_a_challenge(self) -> None:
        body = b"<html><title>Just a moment...</title><input type=hidden name=cf-turnstile-response>"
        with pytest.raises(Blocked, match="a Cloudflare challenge"):
            self.parse(body)

    def test_another_page(self) -> None:
        with pytest.raises(LayoutChanged):
            self.parse(b"<html><title>Ecosia</title><main></main></html>")

    def test_a_deep_page_takes_no_time(self) -> None:
        self.check_any(b'<article data-test-id="images-result"><div>' * 3000)


class TestRequests:
    def test_pages_are_counted_from_0(self) -> None:
        request = asked(SOURCE, stream_of("ecosia", 'panda & "bär"', page=3))
        parts = urlsplit(request.url)
        assert (parts.netloc, parts.path) == ("www.ecosia.org", "/images")
        assert parse_qs(parts.query) == {"q": ['panda & "bär"'], "p": ["2"]}

    @pytest.mark.parametrize(
        ("kind", "value"),
        [
            ("photo", "photo"),
            ("clipart", "clipart"),
            ("lineart", "line"),
            ("animated", "animatedgif"),
            ("transparent", "transparent"),
            ("face", None),
        ],
    )
    def test_kinds(self, kind: str, value: str | None) -> None:
        assert plain_query(asked(SOURCE, type=kind)).get("imageType") == value

    @pytest.mark.parametrize(("days", "value"), [(0, "day"), (5, "week"), (20, "month"), (90, None)])
    def test_since(self, days: int, value: str | None) -> None:
        day = datetime.now(UTC).date() - timedelta(days=days)
        assert plain_query(asked(SOURCE, since=day)).get("freshness") == value


class TestSimulated:
    def test_all_pages(self, web: SimulatedWeb) -> None:
        pages = list(walk(web, SOURCE, ""))
        found = [each.image_url for page in pages for each in page.candidates]
        assert len(found) == len(set(found)) == len(web.photographs())
        assert len(pages) == -(-len(found) // 24) > 2

    def test_no_results(self, web: SimulatedWeb) -> None:
        (page,) = walk(web, SOURCE, "no such thing")
        assert page.done

    @pytest.mark.parametrize(("how", "expected"), [("block", Blocked), ("layout", LayoutChanged)])
    def test_failures(self, web: SimulatedWeb, how: str, expected: type[SourceProblem]) -> None:
        web.fail("ecosia", how=how)
        with pytest.raises(expected):
            next(walk(web, SOURCE, "mammals"))


def test_its_options_have_nothing_odd() -> None:
    told: dict[str, Any] = SOURCE.options().model_dump()
    assert (told["endpoint"], told["accept_terms"]) == ("https://www.ecosia.org", False)
