"""The views of the account: keys, password, projects, schedules, the copy of one's data, and being erased."""

from __future__ import annotations

import re
import zipfile

import pytest
from playwright.sync_api import expect

from tests.web.conftest import PASSWORD, Come, Visit, sign_in

ADA = "ada@example.org"
TABLES = {"job": {"keywords": ["birds"], "max_images": 3}, "sources": {"engines": ["openverse"]}}
OWNED = "window.owned=1"
TEXT = f"</script><script>{OWNED}</script><img src=x onerror={OWNED}>\" onmouseover='{OWNED}'"


def test_a_key_is_made_shown_once_and_used(visit: Visit) -> None:
    page = visit.page
    visit.open("/account/keys")
    page.get_by_role("button", name="New key").first.click()
    page.get_by_label("Name").fill("Nightly <b>export</b>")
    page.get_by_label("projects:read").check()
    page.get_by_role("button", name="Make the key").click()
    key = page.get_by_label("Key of “Nightly <b>export</b>”").input_value()
    page.keyboard.press("Escape")
    expect(page.get_by_role("heading", name="Your new key")).to_be_visible()
    page.get_by_role("button", name="I have kept it").click()
    expect(page.get_by_role("table", name="API keys")).to_contain_text("Nightly <b>export</b>")
    assert key not in page.content()
    for path, status in (("/projects", 200), ("/jobs", 403)):
        told = page.request.get(f"{visit.base}/api/v1{path}", headers={"Authorization": f"Bearer {key}"})
        assert told.status == status
    page.get_by_role("button", name="Revoke Nightly").click()
    page.get_by_role("button", name="Revoke the key").click()
    expect(page.get_by_role("heading", name="No key yet")).to_be_visible()


@pytest.mark.drill
def test_a_key_is_replaced_and_its_end_is_the_day_that_was_chosen(visit: Visit) -> None:
    made = visit.api("POST", "/api-keys", {"name": "Old", "scopes": ["profile"]})
    page = visit.page
    visit.open("/account/keys")
    page.get_by_role("button", name="Replace Old").click()
    page.get_by_label("The old key ends").select_option(label="In a day")
    page.get_by_role("button", name="Make the new key").click()
    assert page.get_by_label("Key of “Old”").input_value() != made["key"]
    page.get_by_role("button", name="I have kept it").click()
    expect(page.get_by_role("button", name="Revoke Old")).to_have_count(2)
    page.get_by_role("button", name="New key").click()
    page.get_by_label("Name").fill("Other")
    page.get_by_label("It ends").select_option(label="On a day that I choose")
    page.get_by_role("button", name="Only read").click()
    page.get_by_role("button", name="Make the key").click()
    expect(page.get_by_role("alert")).to_contain_text("Choose the last day")
    page.get_by_label("Last day").fill("2099-12-31")
    page.get_by_role("button", name="Make the key").click()
    page.get_by_role("button", name="I have kept it").click()
    newest = visit.api("GET", "/api-keys")["items"][0]
    assert (newest["name"], newest["expires_at"]) == (
        "Other",
        "2099-12-31T22:59:59Z",
    )  # it is winter in Berlin
    assert all(each.endswith(":read") for each in newest["scopes"])


@pytest.mark.drill
def test_a_key_gets_another_name_and_fewer_rights(visit: Visit) -> None:
    made = visit.api("POST", "/api-keys", {"name": "Old", "scopes": ["profile", "projects:read"]})
    headers = {"Authorization": f"Bearer {made['key']}"}
    page = visit.page
    assert page.request.get(f"{visit.base}/api/v1/projects", headers=headers).status == 200
    visit.open("/account/keys")
    page.get_by_role("button", name="Change Old").click()
    page.get_by_label("Name").fill("Laptop")
    page.get_by_role("button", name="Nothing", exact=True).click()
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("dialog").locator(".problem, .notice").first).to_be_visible()
    page.get_by_label("profile").check()
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("table", name="API keys")).to_contain_text("Laptop")
    expect(page.get_by_role("button", name="Change Laptop")).to_be_visible()
    assert page.request.get(f"{visit.base}/api/v1/projects", headers=headers).status == 403
    assert page.request.get(f"{visit.base}/api/v1/me", headers=headers).status == 200


@pytest.mark.drill
def test_hostile_names_are_text_in_all_views(visit: Visit) -> None:
    visit.api("PATCH", "/me", {"full_name": TEXT[:200]})
    project = visit.api("POST", "/projects", {"name": TEXT, "description": TEXT})["id"]
    dataset = visit.api("POST", "/datasets", {"name": TEXT, "project_id": project})["id"]
    visit.api("POST", "/api-keys", {"name": TEXT[:100], "scopes": ["profile"]})
    tables = {"job": {"keywords": [f"<img src=x onerror={OWNED}>"], "max_images": 1}}
    visit.api("POST", "/schedules", {"dataset": dataset, "cron": "0 3 * * *", "tables": tables})
    visit.api("POST", "/jobs", {"dataset": dataset, "tables": tables, "draft": True})
    me = visit.api("GET", "/me")["id"]
    paths = ["/account", "/account/keys", "/account/schedules", "/account/schedules/new", "/account/activity"]
    paths += ["/projects", f"/projects/{project}", "/admin/jobs", "/admin/users", f"/admin/users/{me}"]
    for path in [*paths, "/admin/audit", f"/admin/audit?action={TEXT}", f"/admin/users?email={TEXT}"]:
        visit.open(path)
        visit.page.wait_for_load_state("networkidle")
        assert visit.page.evaluate("window.owned") is None, path
        assert visit.page.locator("main img").count() == 0, path
    visit.open(f"/projects/{project}")
    expect(visit.page.get_by_role("heading", name=TEXT)).to_be_visible()


@pytest.mark.drill
def test_a_new_password_ends_the_other_sessions(visit: Visit, come: Come) -> None:
    ada = come(ADA)
    other = ada.page.context.browser
    assert other is not None
    with other.new_context() as elsewhere:
        away = Visit(elsewhere.new_page(), ada.base)
        away.open("/account/sign-in")
        sign_in(away.page, ADA)
        page = ada.page
        ada.open("/account/security")
        expect(page.get_by_role("button", name="Sign out Chrome")).to_have_count(1)
        page.get_by_label("Password until now").fill("wrong")
        page.get_by_label("New password").fill("battery horse correct")
        page.get_by_role("button", name="Change the password").click()
        expect(page.get_by_role("alert")).to_contain_text("not your password")
        page.get_by_label("Password until now").fill(PASSWORD)
        page.get_by_role("button", name="Change the password").click()
        expect(page.get_by_role("button", name="Sign out Chrome")).to_have_count(0)
        away.page.wait_for_timeout(2500)  # a credential is remembered for two seconds
        away.page.reload()
        expect(away.page.get_by_role("heading", name="Sign in")).to_be_visible()


@pytest.mark.drill
def test_a_schedule_orders_a_job_again(visit: Visit) -> None:
    page = visit.page
    visit.open("/account/schedules/new")
    expect(page.get_by_role("heading", name="Order a job first")).to_be_visible()
    job = visit.api("POST", "/jobs", {"dataset": visit.dataset(), "tables": TABLES, "draft": True})["id"]
    visit.open(f"/account/schedules/new?job={job}")
    page.get_by_text("Week", exact=True).click()
    page.get_by_role("combobox", name="Day").select_option(label="Friday")
    page.get_by_label("Time", exact=True).fill("04:15")
    page.get_by_label("Time zone").fill("Mars/Olympus")
    page.reload()  # nothing is lost
    expect(page.get_by_text("Every Friday at 04:15, Mars/Olympus")).to_be_visible()
    page.get_by_role("button", name="Make the schedule").click()
    expect(page.locator(".problem")).to_contain_text("IANA")
    page.get_by_label("Time zone").fill("Europe/Berlin")
    page.get_by_role("button", name="Make the schedule").click()
    expect(page).to_have_url(f"{visit.base}/account/schedules")
    expect(page.get_by_text("Every Friday at 04:15")).to_be_visible()
    (made,) = visit.api("GET", "/schedules")["items"]
    assert (made["cron"], made["timezone"]) == ("15 4 * * 5", "Europe/Berlin")
    assert made["tables"]["job"]["keywords"] == ["birds"]
    page.get_by_role("button", name="Pause").click()
    expect(page.get_by_role("button", name="Go on")).to_be_visible()
    assert not visit.api("GET", "/schedules")["items"][0]["enabled"]
    page.get_by_role("button", name="Remove the schedule").click()
    page.get_by_role("dialog").get_by_role("button", name="Remove the schedule").click()
    expect(page.get_by_role("heading", name="No schedule yet")).to_be_visible()


@pytest.mark.drill
def test_members_see_a_project_and_leave_it(visit: Visit, come: Come) -> None:
    ada, page = come(ADA), visit.page
    visit.open("/projects")
    page.get_by_role("button", name="New project").first.click()
    page.get_by_label("Name").fill("Garden")
    page.get_by_role("button", name="Make the project").click()
    expect(page.get_by_role("heading", name="Garden")).to_be_visible()
    page.get_by_label("E-mail address").fill("nobody@example.org")
    page.get_by_role("button", name="Add", exact=True).click()
    expect(page.get_by_role("alert")).to_be_visible()
    page.get_by_label("E-mail address").fill(ADA)
    page.get_by_role("button", name="Add", exact=True).click()
    page.get_by_label(f"Role of {ADA}").select_option("editor")
    expect(page.get_by_text("The role is changed")).to_be_visible()
    ada.open("/projects")
    ada.page.get_by_role("link", name="Garden").click()
    expect(ada.page.get_by_label("Name", exact=True)).to_have_value("Garden")
    ada.page.get_by_role("button", name="Leave the project").click()
    ada.page.get_by_role("button", name="Leave", exact=True).last.click()
    expect(ada.page.get_by_role("heading", name="No project yet")).to_be_visible()
    ada.page.go_back()
    expect(ada.page.get_by_role("heading", name="Projects")).to_be_visible()
    assert ada.api("GET", "/projects")["items"] == []
    assert [each["name"] for each in visit.api("GET", "/projects")["items"]] == ["Garden"]


@pytest.mark.drill
def test_a_copy_of_the_data_and_the_erasure_that_is_taken_back(come: Come) -> None:
    ada = come(ADA)
    page = ada.page
    ada.open("/account/data")
    page.get_by_label("Newsletter").click()  # it is ticked when the server has it
    expect(page.get_by_text(re.compile("Given on"))).to_be_visible()
    page.get_by_role("button", name="Make the archive").click()
    with page.expect_download(timeout=15_000) as download:
        page.get_by_role("button", name="Download").click(timeout=15_000)
    assert zipfile.is_zipfile(download.value.path())
    page.get_by_role("button", name="Erase my account").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Your e-mail address").fill("other@example.org")
    dialog.get_by_label("Your password").fill(PASSWORD)
    dialog.get_by_role("button", name="Erase my account").click()
    expect(dialog.get_by_role("alert")).to_contain_text(ADA)
    dialog.get_by_label("Your e-mail address").fill(ADA)
    dialog.get_by_role("button", name="Erase my account").click()
    expect(dialog.get_by_role("alert")).to_contain_text("Tick")
    dialog.get_by_label("I know").check()
    dialog.get_by_role("button", name="Erase my account").click()
    expect(page.get_by_role("heading", name="You will be erased on")).to_be_visible()
    page.get_by_role("button", name="Close").click()
    sign_in(page, ADA)
    expect(page.get_by_role("heading", name="Your account is erased after")).to_be_visible()
    page.get_by_role("button", name="Keep my account").click()
    expect(page.get_by_role("heading", name="No job yet")).to_be_visible()
