"""A login with a real provider in a real browser: who has not logged in sees a button, and can launch nothing."""

import pytest

from fairal.runs.store import Store
from fairal.ui.server import Dashboard

provider = pytest.importorskip("oidc_provider_mock", reason="pip install -r requirements-test.txt")
pytest.importorskip("authlib")
PAGES = ["", "overview", "story", "cohort", "launch", "runs", "compare", "slices", "next"]
WAIT_MS = 120_000
SECRETS = """[auth]
redirect_uri = "{redirect}"
cookie_secret = "no secret at all, but long enough for one"
client_id = "fairal"
client_secret = "also none"
server_metadata_url = "{metadata}"
"""


@pytest.fixture(scope="module")
def issuer():
    """A provider that knows two people, on this machine."""
    people = [
        provider.User(sub=name, claims={"email": f"{name}@example.org", "email_verified": True})
        for name in ("alice", "mallory")
    ]
    with provider.run_server_in_thread(user_claims=people) as server:
        yield f"http://localhost:{server.server_port}"


@pytest.fixture(scope="module")
def served(tmp_path_factory, issuer):
    folder = tmp_path_factory.mktemp("login")
    server = Dashboard(folder / "home", HOME=str(folder), FAIRAL_WARM="0", FAIRAL_ALLOWED_EMAILS="alice@example.org")
    (folder / ".streamlit").mkdir()
    (folder / ".streamlit" / "secrets.toml").write_text(
        SECRETS.format(redirect=server.url("oauth2callback"), metadata=f"{issuer}/.well-known/openid-configuration")
    )
    with server:
        yield server


def opened(browser):
    """A visitor of its own, who waits as long as a busy machine takes."""
    page = browser.new_context().new_page()
    page.set_default_timeout(WAIT_MS)
    return page


def at_rest(page):
    page.locator("[data-testid=stApp][data-test-script-state=notRunning]").wait_for()


def log_in(page, server, name: str) -> None:
    page.goto(server.url())
    page.get_by_role("button", name="Log in").click()
    page.get_by_role("button", name=name, exact=True).click()
    page.wait_for_url(f"{server.url()}**")
    page.get_by_role("button", name="Log out").wait_for()
    at_rest(page)


@pytest.mark.slow
@pytest.mark.browser
def test_before_the_login_every_address_shows_its_button_and_nothing_else(browser, served):
    page = opened(browser)
    for name in PAGES:
        page.goto(served.url(name))
        page.get_by_role("button", name="Log in").wait_for()
        at_rest(page)
        assert page.locator("[data-testid=stMain] button").count() == 1
        assert page.locator("[data-testid=stSidebarNav]").count() == 0
        assert "Home:" not in page.locator("body").inner_text()
        for words in ("Launch", "Run the demo", "Check and import"):
            assert page.get_by_role("button", name=words).count() == 0
    page.context.close()


@pytest.mark.slow
@pytest.mark.browser
def test_after_it_the_pages_work_and_after_log_out_no_more(browser, served):
    page = opened(browser)
    log_in(page, served, "alice")
    assert "alice@example.org" in page.locator("[data-testid=stSidebar]").inner_text()
    page.goto(served.url("launch"))
    page.get_by_role("button", name="Launch").first.wait_for()
    at_rest(page)
    page.get_by_role("button", name="Log out").click()
    page.get_by_role("button", name="End session").click()  # the provider's own question
    page.wait_for_url(f"{served.url()}**")
    page.get_by_role("button", name="Log in").wait_for()
    page.goto(served.url("launch"))
    page.get_by_role("button", name="Log in").wait_for()
    at_rest(page)
    assert page.get_by_role("button", name="Launch").count() == 0
    page.context.close()
    assert Store(served.home).experiments() == []


@pytest.mark.slow
@pytest.mark.browser
def test_who_is_not_allowed_is_told_so_after_the_login(browser, served):
    page = opened(browser)
    log_in(page, served, "mallory")
    assert "is not among those who may come in" in page.locator("[data-testid=stMain]").inner_text()
    page.goto(served.url("launch"))
    page.get_by_text("is not among those who may come in").wait_for()
    assert page.get_by_role("button", name="Launch").count() == 0
    page.context.close()
