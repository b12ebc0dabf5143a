"""What a browser fetches of the page's scripts: a view brings those that it needs, and no others."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Response

from tests.web.conftest import Visit
from tests.web.test_gallery import crowd

FIRST = 100_000
"""Bytes of source for what one sees after signing in."""
MOST = 150_000
"""Bytes of source for any view."""


def fetched(visit: Visit, path: str) -> tuple[int, int]:
    """Bytes of scripts that a browser without a cache needs for a view: as source, and as sent."""
    found: list[Response] = []

    def note(response: Response) -> None:
        found.append(response)

    visit.page.on("response", note)
    visit.open(path)
    visit.page.wait_for_load_state("networkidle")
    visit.page.remove_listener("response", note)
    scripts = [each for each in found if each.url.endswith(".js")]
    sent = sum(each.request.sizes()["responseBodySize"] for each in scripts)
    return sum(len(each.body()) for each in scripts), sent


@pytest.mark.drill
def test_no_view_fetches_many_scripts(visit: Visit, workspace: Path) -> None:
    dataset = crowd(visit, workspace, 12)
    visit.page.context.new_cdp_session(visit.page).send("Network.setCacheDisabled", {"cacheDisabled": True})
    paths = ["/", "/new", f"/datasets/{dataset}", f"/datasets/{dataset}/images", "/jobs/1"]
    paths += ["/account/usage", "/account/keys", "/admin/analytics", "/admin/audit"]
    weights = {path: fetched(visit, path) for path in paths}
    assert 50_000 < weights["/"][0] < FIRST
    busiest = max(weights.values())
    assert busiest == weights[f"/datasets/{dataset}/images"]
    assert busiest[0] < MOST
    assert all(sent < source / 2 for source, sent in weights.values()), weights
