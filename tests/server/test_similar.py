"""Images of a dataset that look like another one."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from PIL import Image as Pillow

from pixcrawler_core.catalog.models import Image
from tests.server.conftest import Api, Caller, MakeApi, error_code
from tests.server.filled import Filled, picture

BINARY = {"Content-Type": "application/octet-stream"}


@pytest.fixture
def ada(api: Api) -> Caller:
    return api.user()


@pytest.fixture
def filled(api: Api, ada: Caller) -> Filled:
    found = Filled(api, api.project(ada))
    for number in range(1, 4):
        found.keep(number)
    return found


def ask(caller: Caller, filled: Filled, data: bytes = b"", **query: object) -> list[tuple[int, float]]:
    told = caller("POST", f"/datasets/{filled.id}/similar", body=data, headers=BINARY, params=query)
    assert told.status_code == 200, told.json
    return [(each["image_id"], each["distance"]) for each in told.json["items"]]


def test_a_picture_finds_itself_also_reduced(ada: Caller, filled: Filled) -> None:
    image = Image.get(Image.number == 2)
    assert ask(ada, filled, picture(2))[0] == (image.id, 0)
    with Pillow.open(io.BytesIO(picture(2))) as whole:
        small = io.BytesIO()
        whole.resize((72, 54)).save(small, "PNG")
    assert ask(ada, filled, small.getvalue(), most=1, radius=16)[0][0] == image.id
    assert image.id not in [found for found, _ in ask(ada, filled, image_id=image.id)]


def test_images_that_come_later_are_found(ada: Caller, filled: Filled) -> None:
    assert (ask(ada, filled, picture(9), radius=0)) == []
    image = filled.keep(9)
    assert ask(ada, filled, picture(9), radius=0) == [(image.id, 0)]
    twin = filled.keep(9)
    assert ask(ada, filled, image_id=image.id, radius=0) == [(twin.id, 0)]


@pytest.mark.parametrize("data", [b"", b"<svg/>", b"GIF89a", picture(1)[:200], Path(__file__).read_bytes()])
def test_what_is_no_picture(ada: Caller, filled: Filled, data: bytes) -> None:
    refused = ada("POST", f"/datasets/{filled.id}/similar", body=data, headers=BINARY)
    assert (refused.status_code, error_code(refused)) == (422, "VALIDATION_ERROR")


def test_what_is_too_large(make_api: MakeApi) -> None:
    api = make_api(server={"max_upload": 1024})
    ada = api.user()
    filled = Filled(api, api.project(ada))
    refused = ada("POST", f"/datasets/{filled.id}/similar", body=bytes(2000), headers=BINARY)
    assert (refused.status_code, error_code(refused)) == (413, "TOO_LARGE")


def test_images_of_others_are_not_looked_at(api: Api, ada: Caller, filled: Filled) -> None:
    other = Filled(api, api.project(api.user("b@x.org")))
    image = other.keep(1)
    assert ada("POST", f"/datasets/{filled.id}/similar", params={"image_id": image.id}).status_code == 404
    assert ada("POST", f"/datasets/{other.id}/similar", body=picture(1)).status_code == 404
