"""Images of a dataset: lists, items, and the pictures themselves."""

from __future__ import annotations

import io

import pytest
from peewee import SqliteDatabase
from PIL import Image as Pillow
from pixcrawler_server.bodies import View
from pixcrawler_server.image_queries import ImagesQuery, Order, found, statement
from pixcrawler_server.scanning import scanned

from pixcrawler_core.catalog.sql import Sql
from tests.server.conftest import Api, Caller, error_code
from tests.server.filled import Filled, picture


@pytest.fixture
def ada(api: Api) -> Caller:
    return api.user()


@pytest.fixture
def filled(api: Api, ada: Caller) -> Filled:
    return Filled(api, api.project(ada))


def ids(caller: Caller, filled: Filled, **query: object) -> list[int]:
    """The images of all pages of a list."""
    found: list[int] = []
    cursor: dict[str, object] = {}
    while True:
        page = caller("GET", f"/datasets/{filled.id}/images", params={**query, **cursor})
        assert page.status_code == 200, page.json
        found += [each["id"] for each in page.json["items"]]
        if not page.json["has_more"]:
            return found
        cursor = {"cursor": page.json["next_cursor"]}


def test_images_come_by_category_and_number(filled: Filled, ada: Caller) -> None:
    cats = [filled.keep(number).id for number in range(3)]
    ants = [filled.keep(number, category="ant").id for number in range(3, 5)]
    assert ids(ada, filled, limit=2) == ants + cats
    assert ids(ada, filled, limit=1, category="cat") == cats


def test_images_come_by_quality(filled: Filled, ada: Caller) -> None:
    qualities = (0.9, 0.1, 0.5, 0.5, None)
    found = [
        filled.keep(number, scores={} if quality is None else {"x": {"score": quality}}).id
        for number, quality in enumerate(qualities)
    ]
    best = [found[0], found[3], found[2], found[1]]
    assert ids(ada, filled, order="best", limit=1) == best
    assert ids(ada, filled, order="worst", limit=3) == best[::-1]
    assert ids(ada, filled, order="best", quality_max=0.5, limit=1) == best[1:]
    assert ids(ada, filled, order="best", quality_min=0.5, limit=1) == best[:3]
    assert ids(ada, filled, order="worst", quality_min=0.5, quality_max=0.5, limit=1) == best[1:3][::-1]
    assert ids(ada, filled, quality_min=0.5) == [found[0], found[2], found[3]]


def test_each_order_goes_along_an_index(filled: Filled) -> None:
    database = filled.api.services.catalog.database
    if not isinstance(database, SqliteDatabase):
        pytest.skip("PostgreSQL plans by what there is, which is next to nothing")
    sql = Sql(database)
    for order, place in (("place", ["cat", 1]), ("best", [0.5, 1]), ("worst", [0.5, 1])):
        for given in (None, place):
            for name in ("category", "host", "licence", "engine", None):
                query = ImagesQuery(order=Order(order), **({name: "x"} if name else {}))  # type: ignore[arg-type]
                text, values = statement(filled.id, query, given, 101)
                plan = " ".join(row[3] for row in sql.all(f"EXPLAIN QUERY PLAN {text}", values))
                assert "SEARCH i USING INDEX image_dataset_id_" in plan
                assert "TEMP B-TREE" not in plan
                assert given is None or order == "place" or "(quality,ledger_row)" in plan


def test_a_page_looks_at_so_many_images(api: Api, filled: Filled, ada: Caller) -> None:
    made = [filled.keep(1) for _ in range(3)]
    query = ImagesQuery(limit=2, label="none")
    rows = found(Sql(api.services.catalog.database), filled.id, query, None, 2)
    page = scanned(
        api.services.cursors,
        "x",
        rows,
        query,
        read=2,
        fits=lambda _: False,
        view=lambda _: View(),
        place=lambda _: [1],
    )
    assert (page.items, page.has_more) == ([], True)
    assert ids(ada, filled, label="none") == []
    assert ids(ada, filled, quality_max=0.5) == [each.id for each in made]


def test_filters(filled: Filled, ada: Caller) -> None:
    one = filled.keep(1, engine="flickr", license="cc-by-4.0", image_url="https://B.example:81/1.jpg")
    two = filled.keep(2, engine="flickr")
    three = filled.keep(3, license="cc-by-4.0")
    assert ids(ada, filled, host="b.example") == [one.id]
    assert ids(ada, filled, engine="flickr", limit=1) == [one.id, two.id]
    assert ids(ada, filled, licence="cc-by-4.0", limit=1) == [one.id, three.id]
    assert ids(ada, filled, licence="cc-by-4.0", engine="flickr") == [one.id]
    assert ids(ada, filled, licence="'; DROP TABLE image; --") == []
    assert ids(ada, filled, split="train") == []


def test_an_image_tells_where_it_comes_from(filled: Filled, ada: Caller) -> None:
    image = filled.keep(1, title="<script>alert(1)</script>", license="cc-by-sa-4.0")
    told = ada("GET", f"/images/{image.id}")
    assert told.status_code == 200
    assert told.json["consent"] == {"robots_txt": "allowed"}
    assert told.json["checks"] == [{"name": "sharpness", "score": 0.5, "threshold": 0.2, "measures": {}}]
    assert told.json["licence"]["code"] == "cc-by-sa-4.0"
    assert told.json["licence"]["allows"] == ["commercial", "modification"]
    assert told.json["row"]["title"] == "<script>alert(1)</script>"
    assert told.headers["Content-Type"] == "application/json"
    assert told.headers["X-Content-Type-Options"] == "nosniff"


@pytest.mark.parametrize("form", ["JPEG", "PNG", "WEBP", "GIF"])
@pytest.mark.parametrize("size", [128, 256])
def test_thumbnails_are_webp(filled: Filled, ada: Caller, form: str, size: int) -> None:
    image = filled.keep(1, form=form)
    shown = ada("GET", f"/images/{image.id}/thumbnail", params={"size": size})
    assert (shown.status_code, shown.headers["Content-Type"]) == (200, "image/webp")
    with Pillow.open(io.BytesIO(shown.content)) as small:
        assert small.format == "WEBP"
        assert max(small.size) <= size
    assert shown.headers["Cache-Control"] == "private, no-cache"
    again = ada("GET", f"/images/{image.id}/thumbnail", params={"size": size})
    assert again.content == shown.content
    tag = {"If-None-Match": shown.headers["ETag"]}
    assert ada("GET", f"/images/{image.id}/thumbnail", params={"size": size}, headers=tag).status_code == 304


def test_a_thumbnail_is_made_once(filled: Filled, ada: Caller, api: Api) -> None:
    image = filled.keep(1)
    ada("GET", f"/images/{image.id}/thumbnail")
    api.services.workspace.blobs.remove(str(image.hash))
    assert ada("GET", f"/images/{image.id}/thumbnail").status_code == 200
    gone = ada("GET", f"/images/{image.id}/thumbnail", params={"size": 512})
    assert (gone.status_code, error_code(gone)) == (409, "NOT_AVAILABLE")


def test_the_bytes_of_an_image(filled: Filled, ada: Caller) -> None:
    image = filled.keep(1, form="PNG")
    whole = ada("GET", f"/images/{image.id}/file")
    assert whole.content == picture(1, "PNG")
    assert whole.headers["Content-Type"] == "image/png"
    assert whole.headers["Content-Disposition"].startswith("attachment;")
    assert "sandbox" in whole.headers["Content-Security-Policy"]
    part = ada("GET", f"/images/{image.id}/file", headers={"Range": "bytes=5-9"})
    assert (part.status_code, part.content) == (206, picture(1, "PNG")[5:10])
    assert part.headers["Content-Range"] == f"bytes 5-9/{len(whole.content)}"
    beyond = ada("GET", f"/images/{image.id}/file", headers={"Range": "bytes=99999-"})
    assert (beyond.status_code, error_code(beyond)) == (416, "RANGE_NOT_SATISFIABLE")
    other = ada("GET", f"/images/{image.id}/file", headers={"Range": "bytes=5-9", "If-Range": '"other"'})
    assert (other.status_code, other.content) == (200, whole.content)


def test_what_does_not_fit(filled: Filled, ada: Caller, api: Api) -> None:
    image = filled.keep(1)
    stranger = api.user("s@example.org")
    for path in (f"/images/{image.id}", f"/images/{image.id}/file", f"/images/{image.id}/thumbnail"):
        assert error_code(stranger("GET", path)) == "NOT_FOUND"
    assert error_code(stranger("GET", f"/datasets/{filled.id}/images")) == "NOT_FOUND"
    for query in (
        {"order": "size"},
        {"quality_min": 2},
        {"limit": 101},
        {"sort": "x"},
        {"quality_min": "nan"},
    ):
        assert error_code(ada("GET", f"/datasets/{filled.id}/images", params=query)) == "VALIDATION_ERROR"
    assert (
        error_code(ada("GET", f"/images/{image.id}/thumbnail", params={"size": 4096})) == "VALIDATION_ERROR"
    )
