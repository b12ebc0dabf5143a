"""Each switch stops what it names, and nothing else."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from itertools import count

import pytest
from falcon.testing import Result
from pixcrawler_server.flags import Flag

from tests.server.conftest import Api, Caller, error_code
from tests.server.samples import PICTURE

PLACE = "https://example.org/a.jpg"
_numbers = count()
Call = Callable[[Api, Caller], Result]


def a_dataset(api: Api, owner: Caller) -> str:
    return api.dataset(api.project(owner, f"P{next(_numbers)}"))


def register(api: Api, _: Caller) -> Result:
    body = {"email": "new@example.org", "password": "correct horse battery"}
    return api.anonymous("POST", "/auth/register", body)


def single(_: Api, ada: Caller) -> Result:
    return ada("POST", "/validation/single", {"url": "http://127.0.0.1/a.jpg"})


def batch(api: Api, ada: Caller) -> Result:
    body = {"dataset": a_dataset(api, ada), "urls": [PLACE]}
    return ada("POST", "/validation/batch", body)


def export(api: Api, ada: Caller) -> Result:
    return ada("POST", f"/datasets/{a_dataset(api, ada)}/exports", {"format": "zip"})


CALLS: Mapping[Flag, Sequence[Call]] = {
    Flag.REGISTRATION: (register,),
    Flag.URL_VALIDATION: (single, batch),
    Flag.EXPORTS: (export,),
}


@pytest.mark.parametrize("flag", Flag)
def test_what_a_switch_names_is_off_and_nothing_else(api: Api, flag: Flag) -> None:
    ada, admin = api.user(), api.admin()
    admin("PUT", f"/admin/flags/{flag}", {"enabled": False})
    for call in CALLS[flag]:
        refused = call(api, ada)
        assert (refused.status_code, error_code(refused)) == (403, "SWITCHED_OFF")
        assert refused.json["error"]["message"] == "this is switched off on this server for now"
        assert refused.json["error"]["details"] == {"flag": flag}
    others = [call for name, calls in CALLS.items() if name != flag for call in calls]
    assert all(error_of(call(api, ada)) != "SWITCHED_OFF" for call in others)
    admin("PUT", f"/admin/flags/{flag}", {"enabled": True})
    assert all(error_of(call(api, ada)) != "SWITCHED_OFF" for call in CALLS[flag])


def test_an_image_that_is_sent_is_checked_while_no_url_is_fetched(api: Api) -> None:
    api.admin()("PUT", "/admin/flags/url_validation", {"enabled": False})
    headers = {"Content-Type": "image/jpeg"}
    sent = api.user()("POST", "/validation/single", body=PICTURE.read_bytes(), headers=headers)
    assert (sent.status_code, sent.json["accepted"]) == (200, True)


def error_of(result: Result) -> str | None:
    return error_code(result) if result.status_code >= 400 else None
