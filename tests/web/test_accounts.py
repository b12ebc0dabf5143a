"""Registering, verifying an address and setting a new password, by the links of letters."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, expect

from tests.server.mailbox import Mailbox
from tests.web.conftest import Site, Visit

ADDRESS, FIRST, SECOND = "ada@example.org", "correct horse battery", "staple battery horse"
LINK = re.compile(r"http://\S+(/account/\w+#token=\S+)")

pytestmark = pytest.mark.drill


def link_of(workspace: Path, letters: int) -> str:
    """Where the link of the newest letter leads, when there are so many."""
    text = Mailbox(workspace).all(letters)[-1].get_content()
    found = LINK.search(text)
    assert found is not None, text
    return found[1]


def test_an_account_from_its_letter_to_a_new_password(
    site: Site, context: BrowserContext, workspace: Path
) -> None:
    site.start("--without-worker")
    visit = Visit(context.new_page(), site.base)
    page = visit.page
    visit.open("/jobs")
    page.get_by_role("link", name="Register").click()
    page.get_by_label("E-mail address").fill(ADDRESS)
    page.get_by_label("Password").fill("short")
    page.get_by_role("button", name="Register").click()
    expect(page.get_by_label("Password")).to_have_attribute("aria-invalid", "true")
    page.get_by_label("Password").fill(FIRST)
    page.get_by_role("button", name="Register").click()
    expect(page.get_by_text(f"A link is on its way to {ADDRESS}")).to_be_visible()
    visit.open(link_of(workspace, 1))
    page.get_by_label("Password").fill("short")
    page.get_by_role("button", name="Verify").click()
    expect(page.get_by_label("Password")).to_have_attribute("aria-invalid", "true")
    page.get_by_label("Password").fill(FIRST)
    page.get_by_role("button", name="Verify").click()
    expect(page.get_by_text("Your address is verified")).to_be_visible()
    assert "token" not in page.url
    visit.open("/account/forgot")
    page.get_by_label("E-mail address").fill(ADDRESS)
    page.get_by_role("button", name="Send the link").click()
    expect(page.get_by_text("Look into your mailbox")).to_be_visible()
    visit.open(link_of(workspace, 2))
    page.get_by_label("New password").fill(SECOND)
    page.get_by_role("button", name="Set the password").click()
    page.get_by_role("link", name="Sign in").click()
    page.get_by_label("E-mail address").fill(ADDRESS)
    page.get_by_label("Password").fill(FIRST)
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_text("Address and password do not fit together.")).to_be_visible()
    page.get_by_label("Password").fill(SECOND)
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_text("No job yet")).to_be_visible()
    assert visit.faults == []
