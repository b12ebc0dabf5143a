"""Jobs over lists of addresses, in the page."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from pixcrawler_core.testing.web import SimulatedWeb
from tests.web.conftest import Visit

pytestmark = pytest.mark.drill


def test_a_list_tells_what_was_done_of_it(visit: Visit, web: SimulatedWeb) -> None:
    web.delay(400)
    page, dataset = visit.page, visit.dataset()
    urls = [web.photograph_url(each["key"]) for each in web.photographs()[:40]]
    urls += [web.url(f"/nothing/{number}.jpg") for number in range(5)]
    job = visit.api("POST", "/validation/batch", {"dataset": dataset, "urls": urls})["id"]
    visit.open(f"/jobs/{job}")
    expect(page.get_by_text("Validation of 45 images")).to_be_visible()
    expect(page.get_by_text("running", exact=True)).to_be_visible()
    expect(page.get_by_role("progressbar", name="Progress", exact=True)).to_have_count(0)
    expect(page.get_by_text("completed", exact=True)).to_be_visible(timeout=30_000)
    expect(page.get_by_text("40 images", exact=True)).to_be_visible()
    expect(page.get_by_text("100 %")).to_be_visible()
    expect(page.get_by_role("region", name="Sources")).to_have_count(0)
    expect(page.get_by_text(re.compile(r"of \W"))).to_have_count(0)
    done = visit.api("GET", f"/jobs/{job}/progress")
    assert (done["status"], done["progress"], done["live"]["accepted"]) == ("completed", 100, 40)
    visit.open("/")
    expect(page.get_by_role("link", name="A list of addresses")).to_be_visible()
