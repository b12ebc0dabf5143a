from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image
from pixcrawler_server.avatars import MAX_BYTES, SIDE

from pixcrawler_core.catalog.models import ActivityLog, User
from pixcrawler_core.service import Scope
from tests.server.conftest import PASSWORD, Api, Caller, MakeApi
from tests.server.mailbox import Mailbox
from tests.server.test_registration import ADDRESS, OTHER, login

NEW = "countess@example.org"
JPEG = {"Content-Type": "image/jpeg"}
EXIF_TURNED = 6
"""Orientation: what is stored at the top is shown at the right."""


@pytest.fixture
def ada(api: Api) -> Caller:
    return api.user(ADDRESS)


@pytest.fixture
def mailbox(api: Api) -> Mailbox:
    return Mailbox(api.services.workspace.root)


def encoded(picture: Image.Image, form: str, **options: object) -> bytes:
    out = io.BytesIO()
    picture.save(out, form, **options)
    return out.getvalue()


def test_a_name_is_changed_unless_somebody_else_did(ada: Caller) -> None:
    before = ada("GET", "/me")
    tagged = {"If-Match": before.headers["ETag"]}
    changed = ada("PATCH", "/me", {"full_name": "Ada <b>Lovelace</b>"}, headers=tagged)
    assert (changed.status_code, changed.json["full_name"]) == (200, "Ada <b>Lovelace</b>")
    late = ada("PATCH", "/me", {"full_name": "Eve"}, headers=tagged)
    assert late.status_code == 412
    assert not {"password_hash", "consents"} & changed.json.keys()


@pytest.mark.parametrize("field", ["role", "plan", "status", "verified", "id", "storage_quota"])
def test_nobody_makes_themselves_more_than_they_are(ada: Caller, field: str) -> None:
    assert ada("PATCH", "/me", {field: "ADMIN"}).status_code == 422


def test_another_address_is_verified_first(api: Api, ada: Caller, mailbox: Mailbox) -> None:
    asked = ada("PATCH", "/me", {"email": NEW, "password": PASSWORD})
    assert (asked.status_code, asked.json["email"]) == (200, ADDRESS)
    token = mailbox.token(1)
    assert api.anonymous("POST", "/auth/verify", {"token": token}).status_code == 204
    assert (ada("GET", "/me").json["email"], ada("GET", "/me").json["verified"]) == (NEW, True)
    assert [each["To"] for each in mailbox.all(2)] == [NEW, ADDRESS]
    assert (login(api).status_code, login(api, NEW).status_code) == (401, 200)
    assert api.anonymous("POST", "/auth/verify", {"token": token}).status_code == 400


def test_an_address_that_others_have_is_not_told(api: Api, ada: Caller, mailbox: Mailbox) -> None:
    api.user(NEW)
    asked = ada("PATCH", "/me", {"email": NEW, "password": PASSWORD})
    assert (asked.status_code, asked.json["email"]) == (200, ADDRESS)
    (letter,) = mailbox.all(1)
    assert (letter["To"], letter["Subject"]) == (NEW, "You have an account already")


def test_an_address_that_was_taken_meanwhile(api: Api, ada: Caller, mailbox: Mailbox) -> None:
    ada("PATCH", "/me", {"email": NEW, "password": PASSWORD})
    api.user(NEW)
    assert api.anonymous("POST", "/auth/verify", {"token": mailbox.token(1)}).status_code == 409
    assert User.get_by_id(ada.id).email == ADDRESS


def test_an_old_link_for_a_new_password_is_void_with_the_old_address(
    api: Api, ada: Caller, mailbox: Mailbox
) -> None:
    api.anonymous("POST", "/auth/password/forgot", {"email": ADDRESS})
    old = mailbox.token(1)
    ada("PATCH", "/me", {"email": NEW, "password": PASSWORD})
    api.anonymous("POST", "/auth/verify", {"token": mailbox.token(2)})
    reset = {"token": old, "password": OTHER}
    assert api.anonymous("POST", "/auth/password/reset", reset).status_code == 400


def test_an_address_needs_the_password_and_no_key(api: Api, ada: Caller) -> None:
    assert ada("PATCH", "/me", {"email": NEW, "password": "wrong"}).status_code == 403
    assert ada("PATCH", "/me", {"email": NEW}).status_code == 403
    key = api.key(ada, Scope.PROFILE)
    assert key("PATCH", "/me", {"email": NEW, "password": PASSWORD}).status_code == 403
    assert key("PATCH", "/me", {"full_name": "Key"}).status_code == 200


def test_a_picture_is_made_anew(ada: Caller) -> None:
    hidden = encoded(Image.new("RGB", (600, 300), "red"), "JPEG", comment=b"<script>secret</script>")
    assert ada("PUT", "/me/avatar", body=hidden + b"<script>", headers=JPEG).status_code == 204
    shown = ada("GET", "/me/avatar")
    assert (shown.headers["Content-Type"], shown.headers["X-Content-Type-Options"]) == (
        "image/jpeg",
        "nosniff",
    )
    assert b"script" not in shown.content
    with Image.open(io.BytesIO(shown.content)) as picture:
        assert (picture.size, picture.format) == ((SIDE, SIDE), "JPEG")
    again = ada("GET", "/me/avatar", headers={"If-None-Match": shown.headers["ETag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert ada("GET", "/me").json["avatar_url"] == "/api/v1/me/avatar"
    assert ada("DELETE", "/me/avatar").status_code == 204
    assert (ada("GET", "/me/avatar").status_code, ada("GET", "/me").json["avatar_url"]) == (404, None)


def test_a_photograph_is_upright_and_without_its_place(ada: Caller) -> None:
    picture = Image.new("RGB", (400, 400), "blue")
    picture.paste("red", (0, 0, 400, 200))
    exif = Image.Exif()
    exif[0x0112] = EXIF_TURNED
    exif[0x8825] = {1: "N", 2: (48.0, 8.0, 0.0)}
    body = encoded(picture, "JPEG", exif=exif)
    assert ada("PUT", "/me/avatar", body=body, headers=JPEG).status_code == 204
    with Image.open(io.BytesIO(ada("GET", "/me/avatar").content)) as shown:
        assert not dict(shown.getexif())
        left, right = (np.asarray(shown)[128, place] for place in (20, 236))
    assert (left.argmax(), right.argmax()) == (2, 0)


def test_a_picture_with_transparency_stays_so(ada: Caller) -> None:
    body = encoded(Image.new("RGBA", (40, 20), (0, 0, 255, 100)), "WEBP", lossless=True)
    assert ada("PUT", "/me/avatar", body=body, headers={"Content-Type": "image/webp"}).status_code == 204
    shown = ada("GET", "/me/avatar")
    assert shown.headers["Content-Type"] == "image/png"
    with Image.open(io.BytesIO(shown.content)) as picture:
        assert (picture.mode, picture.size) == ("RGBA", (SIDE, SIDE))


@pytest.mark.parametrize(
    "body",
    [
        b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>",
        b"<?xml version='1.0'?><svg/>",
        b"",
        b"GIF89a<html>",
        encoded(Image.new("RGB", (64, 64)), "PNG")[:60],
        encoded(Image.new("1", (7000, 7000)), "PNG"),
    ],
    ids=["svg", "xml", "empty", "polyglot", "truncated", "bomb"],
)
def test_what_is_no_picture(ada: Caller, body: bytes) -> None:
    refused = ada("PUT", "/me/avatar", body=body, headers={"Content-Type": "image/png"})
    assert refused.status_code == 422
    assert ada("GET", "/me/avatar").status_code == 404


def test_svg_is_refused_by_its_name_as_well(ada: Caller) -> None:
    refused = ada("PUT", "/me/avatar", body=b"<svg/>", headers={"Content-Type": "image/svg+xml"})
    assert refused.status_code == 415


@pytest.mark.parametrize("headers", [{}, {"Content-Length": "100"}, {"Transfer-Encoding": "chunked"}])
def test_a_picture_of_too_many_bytes(make_api: MakeApi, headers: dict[str, str]) -> None:
    ada = make_api(server={"max_upload": 4096}).user()
    refused = ada("PUT", "/me/avatar", body=b"\xff\xd8\xff" + b"x" * 5000, headers={**JPEG, **headers})
    assert refused.status_code in ((413,) if "Content-Length" not in headers else (400, 413))
    assert MAX_BYTES > 4096


def test_consents_are_given_and_withdrawn(api: Api, ada: Caller) -> None:
    told = ada("GET", "/me/consents").json["consents"]
    assert told == {name: {"given": False, "at": None} for name in ("newsletter", "privacy", "terms")}
    assert ada("PUT", "/me/consents/terms", {"given": True}).json == {
        "given": True,
        "at": "2026-01-15T12:00:00Z",
    }
    api.clock.forward(days=1)
    ada = api.again(ada)
    ada("PUT", "/me/consents/terms", {"given": False})
    assert ada("GET", "/me/consents").json["consents"]["terms"] == {
        "given": False,
        "at": "2026-01-16T12:00:00Z",
    }
    assert [each.action for each in ActivityLog.select().order_by(ActivityLog.id)] == [
        "consent given",
        "consent withdrawn",
    ]
    assert ada("PUT", "/me/consents/anything", {"given": True}).status_code == 404
