"""What a request must have: our host, our own pages, a session, a role, an end."""

import re
from collections.abc import Iterator

import pytest

from pipeline.flow.staff.people.roles import PERMISSIONS
from pipeline.store.staff_records import Role
from pipeline.web.gate import BODY_BYTES
from pipeline.web.routes import PAGES
from pipeline.web.visit import Page
from tests.world.console import ORIGIN, PASSWORD, Browser, Staff
from tests.world.world import World

#: How a browser marks what another page sent: a form, an image, a fetch, a frame, an old browser.
_FOREIGN: tuple[dict[str, str], ...] = (
    {"origin": "https://evil.example"},
    {"origin": "null"},
    {"origin": "https://127.0.0.1:8765"},
    {"origin": "http://127.0.0.1:8765.evil.example"},
    {"origin": ORIGIN, "sec-fetch-site": "cross-site"},
    {"origin": ORIGIN, "sec-fetch-site": "same-site"},
    {"sec-fetch-site": "cross-site"},
    {"sec-fetch-site": "none"},
    {"referer": f"{ORIGIN}/q/new"},
    {},
)
_OPEN = {"/login", "/looks"}


#: What stands for the parts of a path that only some values can be.
_PARTS = {"view": "new", "decision": "note"}


def _address(page: Page, reference: str) -> str:
    known = {"reference": reference, **_PARTS}
    return re.sub(r"\{(\w+)(?::int)?\}", lambda part: known.get(part[1], "1"), page.path)


@pytest.fixture
def reference(world: World) -> str:
    world.deliver_forms(0)
    world.run()
    return world.requests()[0].reference


@pytest.mark.parametrize("headers", _FOREIGN)
def test_no_other_site_can_act_or_log_in(
    headers: dict[str, str], staff: Staff, reference: str
) -> None:
    sato = staff.person("sato")
    sato.get(f"/r/{reference}/d/note")
    values = {**sato.tokens(), "text": "sent by another site"}
    for path in (f"/r/{reference}/d/note", "/login", "/logout", "/looks"):
        answer = sato.client.post(path, data=values, headers=headers)
        assert answer.status_code == 403, path
    assert sato.get(f"/r/{reference}").status_code == 200  # nobody was logged out
    assert "sent by another site" not in sato.get(f"/r/{reference}").text


def test_a_page_of_a_colleague_acts_for_nobody_else(staff: Staff, reference: str) -> None:
    sato, mori = staff.person("sato"), staff.person("mori")
    mori.get(f"/r/{reference}/d/note")
    stolen = {**mori.tokens(), "text": "by another"}
    for token in (stolen["csrf"], "", "x" * 64, "é"):
        answer = sato.client.post(
            f"/r/{reference}/d/note", data={**stolen, "csrf": token}, headers={"origin": ORIGIN}
        )
        assert answer.status_code == 403
    assert "by another" not in sato.get(f"/r/{reference}").text


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1:1", "127.0.0.1.evil.example", ""])
def test_another_name_of_this_machine_shows_nothing(host: str, staff: Staff) -> None:
    sato = staff.person("sato")
    assert sato.get("/q/new", host=host).status_code == 421


def test_a_session_that_somebody_planted_is_worth_nothing(staff: Staff) -> None:
    planted = "planted-by-an-attacker-planted-by-an-attacker"
    browser = staff.browser()
    browser.client.cookies.set("session", planted)
    staff.person("sato")  # the user exists
    browser.log_in("sato")
    assert browser.client.cookies.get("session", domain="127.0.0.1") != planted
    stranger = staff.browser()
    stranger.client.cookies.set("session", planted)
    assert 'name="password"' in stranger.get("/q/new").text


def test_who_logged_out_is_out_with_the_old_cookie(staff: Staff) -> None:
    sato = staff.person("sato")
    sato.get("/q/new")
    old = sato.client.cookies.get("session")
    sato.send("/logout")
    stranger = staff.browser()
    stranger.client.cookies.set("session", str(old))
    assert 'name="password"' in stranger.get("/q/new").text


@pytest.mark.parametrize("role", [None, *Role])
def test_each_role_sees_what_its_table_says(role: Role | None, staff: Staff) -> None:
    for page in PAGES:
        if page.path == "/logout":
            continue
        browser = staff.browser() if role is None else staff.person("sato", role)
        browser.get("/q/new")
        status, to = _visited(browser, page)
        if page.needs is None:
            assert status != 403, page
        elif role is None:
            assert status == 401 or (status == 303 and to.startswith("/login")), page
        elif page.needs in PERMISSIONS[role]:
            assert status not in {401, 500}, page
        else:
            assert status == 403, page


def _visited(browser: Browser, page: Page) -> tuple[int, str]:
    path = _address(page, "WA-0000000")
    if page.method == "GET":
        answer = browser.client.get(path, follow_redirects=False)
    else:
        answer = browser.client.post(
            path, data=browser.tokens(), headers={"origin": ORIGIN}, follow_redirects=False
        )
    return answer.status_code, answer.headers.get("location", "")


def test_every_page_tells_the_browser_what_it_must_not_do(staff: Staff, reference: str) -> None:
    sato = staff.person("sato")
    for path in ("/login", "/q/new", f"/r/{reference}", "/nowhere", "/healthz", "/static/icon.svg"):
        headers = sato.get(path).headers
        policy = headers["content-security-policy"]
        assert "default-src 'self'" in policy, path
        assert "unsafe" not in policy, path
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["referrer-policy"] == "same-origin"
        if not path.startswith("/static"):
            assert headers["cache-control"] == "no-store", path
        assert "server" not in headers


def test_a_cookie_is_for_this_console_alone(staff: Staff) -> None:
    staff.person("sato")
    browser = staff.browser()
    answer = browser.client.post(
        "/login",
        data={"name": "sato", "password": PASSWORD},
        headers={"origin": ORIGIN},
        follow_redirects=False,
    )
    cookie = answer.headers["set-cookie"].lower()
    assert "httponly" in cookie
    assert "samesite=strict" in cookie
    assert "domain" not in cookie


@pytest.mark.parametrize(
    "to",
    [
        "//evil.example",
        "https://evil.example",
        "/\\evil.example",
        "javascript:alert(1)",
        "/x\r\nX: y",
    ],
)
def test_a_log_in_leads_to_our_own_pages_only(to: str, staff: Staff) -> None:
    staff.person("sato")
    answer = staff.browser().client.post(
        "/login",
        data={"name": "sato", "password": PASSWORD, "to": to},
        headers={"origin": ORIGIN},
        follow_redirects=False,
    )
    assert answer.status_code == 303
    assert answer.headers["location"] == "/"


def test_a_body_has_an_end(staff: Staff, reference: str) -> None:
    sato = staff.person("sato")
    sato.get(f"/r/{reference}/d/note")
    long = "x" * (BODY_BYTES + 1)
    assert sato.send(f"/r/{reference}/d/note", {"text": long}).status_code == 413

    def pieces() -> Iterator[bytes]:
        for _ in range(BODY_BYTES // 65_536 + 2):
            yield b"x" * 65_536

    answer = sato.client.post(
        f"/r/{reference}/d/note",
        content=pieces(),
        headers={"origin": ORIGIN, "content-type": "application/x-www-form-urlencoded"},
    )
    assert answer.status_code == 413


def test_guessing_passwords_becomes_slow(staff: Staff) -> None:
    staff.person("sato")
    stranger = staff.browser()
    codes = [
        stranger.send("/login", {"name": "sato", "password": f"guess number {guess}"}).status_code
        for guess in range(12)
    ]
    assert set(codes) == {401}
    late = stranger.send("/login", {"name": "sato", "password": PASSWORD})
    assert 'name="password"' in late.text  # not even the right one, for a while


@pytest.mark.parametrize(
    "path",
    [
        "/static/../../../pyproject.toml",
        "/static/%2e%2e/%2e%2e/%2e%2e/pyproject.toml",
        "/static/..%2f..%2fen.toml",
        "/static//etc/passwd",
        "/r/..%2f..%2fetc%2fpasswd",
        "/q/%00",
    ],
)
def test_no_path_leads_out(path: str, staff: Staff) -> None:
    answer = staff.person("sato").get(path)
    assert answer.status_code == 404
    assert "[pages]" not in answer.text
