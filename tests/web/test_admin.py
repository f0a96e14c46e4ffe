"""Administration: who may see it, what each form does, and what no page ever shows."""

import re
from pathlib import Path

import pytest
import sqlalchemy as sa
from starlette.testclient import TestClient

from pipeline.config import Settings, look
from pipeline.flow.services import Services
from pipeline.flow.staff.people import users
from pipeline.flow.staff.people.roles import Permission
from pipeline.resources import languages
from pipeline.store.staff_records import Role, StaffAct, UserRecord
from pipeline.web import routes
from pipeline.web.application import application
from pipeline.web.console import Console
from pipeline.web.gate import PAGE_POLICY
from tests.world.console import ORIGIN, PASSWORD, Browser, Staff
from tests.world.world import World

NEW = "quiet-otter-counts-lanterns"
_PAGES = [page.path for page in routes.PAGES if page.path.startswith("/admin")]
_SENT = [page for page in routes.PAGES if page.method == "POST" and page.path.startswith("/admin")]
_LOOKED = [
    "/admin",
    "/admin/users",
    "/admin/users/tanaka",
    "/admin/sessions",
    "/admin/settings?all=1",
    "/admin/mails",
    "/admin/mails/unreadable",
    "/admin/health",
    "/admin/log",
    "/admin/audit",
    "/me",
]


@pytest.fixture
def admin(staff: Staff) -> Browser:
    """An admin, beside whom there is a reviewer."""
    found = staff.person("tanaka", Role.ADMIN)
    users.add(staff.services, "mori", Role.REVIEWER, "test", password=PASSWORD)
    return found


def _user(staff: Staff, name: str) -> UserRecord:
    with staff.services.store.read() as tx:
        return users.named(tx, name)


def _acts(staff: Staff, name: str) -> list[StaffAct]:
    with staff.services.store.read() as tx:
        return [line.what for line in tx.staff_log.list(50, name=name)]


@pytest.mark.parametrize("role", [Role.VIEWER, Role.REVIEWER, Role.APPROVER])
def test_nobody_but_an_admin_administers(staff: Staff, role: Role) -> None:
    users.add(staff.services, "tanaka", Role.ADMIN, "test", password=PASSWORD)
    person = staff.person("ito", role)
    assert 'href="/admin"' not in person.get("/dashboard").text
    for path in _LOOKED[:-1]:
        assert person.get(path).status_code == 403, path
    person.get("/me")
    token = person.tokens()
    for page in _SENT:
        path = page.path.replace("{name}", "tanaka")
        values = {**token, "own_password": PASSWORD, "password": NEW, "role": "viewer"}
        assert person.client.post(path, data=values, headers={"origin": ORIGIN}).status_code == 403
    assert _user(staff, "tanaka").role is Role.ADMIN
    assert _acts(staff, "tanaka") == [StaffAct.USER_ADDED]


def test_every_page_of_administration_needs_a_permission_of_admins() -> None:
    needs = {page.path: page.needs for page in routes.PAGES if page.path in _PAGES}
    assert len(needs) > 10
    assert set(needs.values()) == {Permission.USERS, Permission.SETTINGS} | {Permission.STAFF_LOG}


@pytest.mark.parametrize("language", languages())
def test_all_pages_are_there_in_each_language(admin: Browser, staff: Staff, language: str) -> None:
    for path in [*_LOOKED, "/admin/users/mori", "/admin/mails?lang=ja", "/dashboard?days=7"]:
        page = admin.get(path, **{"accept-language": language})
        assert page.status_code == 200, path
        assert f'<html lang="{language}"' in page.text
        assert not re.search(r"\sstyle=|<script>|onclick", page.text), path
    assert staff.services.store.schema_state() == "current"


def test_a_user_is_added_with_the_own_password_alone(admin: Browser, staff: Staff) -> None:
    admin.get("/admin/users")
    values = {"name": "ito", "role": "approver", "password": NEW, "display": "Ito <b>Aki</b>"}
    wrong = admin.send("/admin/users", {**values, "own_password": "not-it"})
    assert wrong.status_code == 409
    assert 'value="ito"' in wrong.text
    assert NEW not in wrong.text
    with staff.services.store.read() as tx:
        assert tx.users.by_name("ito") is None
    done = admin.send("/admin/users", {**values, "own_password": PASSWORD})
    assert done.status_code == 200
    assert done.url.path == "/admin/users/ito"
    assert "<b>Aki" not in done.text
    assert "Ito &lt;b&gt;Aki" in done.text
    assert staff.browser().log_in("ito", NEW).get("/me").status_code == 200


def test_a_role_ends_the_sessions_and_is_noted(admin: Browser, staff: Staff) -> None:
    mori = staff.browser().log_in("mori")
    admin.get("/admin/users/mori")
    refused = admin.send("/admin/users/mori/role", {"role": "boss", "own_password": PASSWORD})
    assert refused.status_code == 400
    assert _user(staff, "mori").role is Role.REVIEWER
    admin.send("/admin/users/mori/role", {"role": "approver", "own_password": PASSWORD})
    assert _user(staff, "mori").role is Role.APPROVER
    assert 'name="password"' in mori.get("/me").text
    assert _acts(staff, "mori")[0] is StaffAct.ROLE_SET


def test_a_disabled_user_comes_back_only_when_enabled(admin: Browser, staff: Staff) -> None:
    admin.get("/admin/users/mori")
    admin.send("/admin/users/mori/disable", {"own_password": PASSWORD})
    refused = staff.browser().send("/login", {"name": "mori", "password": PASSWORD})
    assert refused.status_code == 401
    admin.get("/admin/users/mori")
    admin.send("/admin/users/mori/enable", {"own_password": PASSWORD})
    staff.browser().log_in("mori")


def test_a_password_is_set_and_shown_nowhere(admin: Browser, staff: Staff) -> None:
    admin.get("/admin/users/mori")
    short = admin.send("/admin/users/mori/password", {"password": "a", "own_password": PASSWORD})
    assert short.status_code == 409
    done = admin.send("/admin/users/mori/password", {"password": NEW, "own_password": PASSWORD})
    assert done.status_code == 200
    assert NEW not in done.text
    staff.browser().log_in("mori", NEW)


@pytest.mark.parametrize(("act", "values"), [("role", {"role": "viewer"}), ("disable", {})])
def test_the_last_admin_stays(
    admin: Browser, staff: Staff, act: str, values: dict[str, str]
) -> None:
    admin.get("/admin/users/tanaka")
    sent = {**values, "own_password": PASSWORD}
    assert admin.send(f"/admin/users/tanaka/{act}", sent).status_code == 409
    found = _user(staff, "tanaka")
    assert (found.role, found.disabled_at) == (Role.ADMIN, None)
    assert admin.get("/admin").status_code == 200


def test_guessing_the_own_password_meets_a_pause(admin: Browser, staff: Staff) -> None:
    admin.get("/admin/users/mori")
    for _ in range(6):
        admin.send("/admin/users/mori/disable", {"own_password": "guess"})
    last = admin.send("/admin/users/mori/disable", {"own_password": PASSWORD})
    assert last.status_code == 409
    assert _user(staff, "mori").disabled_at is None
    assert StaffAct.LOG_IN_FAILED in _acts(staff, "tanaka")


def test_sessions_are_ended_one_and_all(admin: Browser, staff: Staff) -> None:
    one, other = staff.browser().log_in("mori"), staff.browser().log_in("mori")
    page = admin.get("/admin/users/mori")
    found = re.search(r'name="session" value="([0-9a-f]+)"', page.text)
    assert found
    admin.send("/admin/sessions/end", {"user": "mori", "session": found[1]})
    gone = [person for person in (one, other) if 'name="password"' in person.get("/help").text]
    assert len(gone) == 1
    admin.get("/admin/users/mori")
    admin.send("/admin/users/mori/end-sessions")
    assert 'name="password"' in one.get("/help").text
    assert 'name="password"' in other.get("/help").text
    assert admin.get("/admin/sessions").status_code == 200


def test_nobody_ends_a_session_of_somebody_else_from_the_own_page(
    admin: Browser, staff: Staff
) -> None:
    mori = staff.browser().log_in("mori")
    with staff.services.store.read() as tx:
        theirs = tx.sessions.of_user(_user(staff, "tanaka").id, staff.console.clock.now())[0].id
    mori.get("/me")
    mori.send("/me/sessions/end", {"session": theirs})
    assert admin.get("/admin").status_code == 200


def test_the_own_password_is_changed_and_other_sessions_end(admin: Browser, staff: Staff) -> None:
    mori, elsewhere = staff.browser().log_in("mori"), staff.browser().log_in("mori")
    mori.get("/me")
    values = {"own_password": PASSWORD, "password": NEW, "again": NEW}
    for wrong in ({"own_password": "no"}, {"again": "other"}, {"password": "a", "again": "a"}):
        assert mori.send("/me/password", {**values, **wrong}).status_code == 409
    assert mori.send("/me/password", values).status_code == 200
    assert mori.get("/me").status_code == 200
    assert 'name="again"' in mori.get("/me").text
    assert 'name="again"' not in elsewhere.get("/me").text
    staff.browser().log_in("mori", NEW)
    assert admin.get("/admin").status_code == 200


def test_other_sessions_end_and_then_the_own(admin: Browser, staff: Staff) -> None:
    mori, elsewhere = staff.browser().log_in("mori"), staff.browser().log_in("mori")
    mori.get("/me")
    mori.send("/me/sessions/end-others")
    assert 'action="/login"' in elsewhere.get("/help").text
    mori.get("/me")
    assert 'action="/login"' in mori.send("/me/sessions/end-all").text
    assert 'action="/login"' in mori.get("/help").text
    assert admin.get("/me").status_code == 200


def test_no_page_shows_a_secret(admin: Browser, staff: Staff) -> None:
    now = staff.console.clock.now()
    with staff.services.store.read() as tx:
        records = tx.users.list()
        csrf = [one.csrf for one in tx.sessions.list(now, 10)]
    token = admin.client.cookies["session"]
    for path in [*_LOOKED, "/admin/users/mori", "/dashboard"]:
        text = admin.get(path).text
        assert token not in text
        assert not [one for one in records if one.password_hash in text], path
        assert [one for one in csrf if one in text] == [csrf[0]], path


def _with(world: World, settings: Settings) -> Services:
    """Return the services of a world under other settings."""
    known = world.services
    return Services(settings, known.clock, known.store, known.blobs, known.guard)


def test_who_has_no_password_is_vouched_for_by_the_proxy(world: World) -> None:
    users.add(world.services, "tanaka", Role.ADMIN, "test", password=None)
    users.add(world.services, "mori", Role.VIEWER, "test", password=PASSWORD)
    own = world.services.settings
    console = own.console.model_copy(
        update={"proxy_header": "Remote-User", "proxy_from": ("127.0.0.1",)}
    )
    services = _with(world, own.model_copy(update={"console": console}))
    client = TestClient(
        application(Console(services, ORIGIN)), base_url=ORIGIN, client=("127.0.0.1", 40000)
    )
    browser, said = Browser(client), {"remote-user": "tanaka"}
    assert browser.get("/login", **said).url.path == "/q/needs-me"
    page = browser.get("/admin/users/mori", **said)
    assert "own_password" not in page.text
    silent = browser.send("/admin/users/mori/role", {"role": "reviewer"})
    assert silent.status_code == 409
    other = browser.send("/admin/users/mori/role", {"role": "reviewer"}, **{"remote-user": "x"})
    assert other.status_code == 409
    browser.get("/admin/users/mori", **said)
    assert browser.send("/admin/users/mori/role", {"role": "reviewer"}, **said).status_code == 200
    with world.services.store.read() as tx:
        assert users.named(tx, "mori").role is Role.REVIEWER


def test_settings_hide_what_is_secret(world: World, tmp_path: Path) -> None:
    path = tmp_path / "pipeline.toml"
    path.write_text(
        f"""[store]
home = "{tmp_path}"
url = "postgresql://who:hidden-word@db.example/x"
[mailbox]
kind = "imap"
host = "imap.example.com"
user = "desk"
address = "desk@example.com"
[mailbox.password]
command = ["pass", "secret-argument"]
[team]
alert_to = "staff@example.com"
country = "DE"
time_zone = "Europe/Berlin"
""",
        encoding="utf-8",
    )
    found = look(path, environment={})
    Staff(world.services).person("tanaka", Role.ADMIN)
    client = TestClient(
        application(Console(_with(world, found.settings), ORIGIN, found.sources)), base_url=ORIGIN
    )
    browser = Browser(client).log_in("tanaka")
    for asked in ("/admin/settings", "/admin/settings?all=1"):
        text = browser.get(asked).text
        assert "imap.example.com" in text
        assert str(path) in text
        assert "hidden-word" not in text
        assert "secret-argument" not in text
    assert "idle_minutes" in text


def test_a_mail_is_shown_in_a_frame_that_can_do_nothing(admin: Browser) -> None:
    page = admin.get("/admin/mails/unreadable?lang=de")
    assert re.search(r"<iframe[^>]* sandbox[^>]* src=\"/admin/mails/unreadable/frame", page.text)
    frame = admin.get("/admin/mails/unreadable/frame?lang=de")
    policy = frame.headers["content-security-policy"]
    assert policy.startswith("sandbox; default-src 'none'")
    assert "script-src" not in policy
    assert frame.headers["cache-control"] == "no-store"
    assert page.headers["content-security-policy"] == PAGE_POLICY
    assert admin.get("/admin/mails/nothing").status_code == 404
    assert admin.get("/admin/mails/nothing/frame").status_code == 404


def test_the_log_is_filtered_and_what_was_typed_is_inert(admin: Browser, staff: Staff) -> None:
    staff.browser().log_in("mori")
    whole = admin.get("/admin/log").text
    assert whole.count("<tr data-row") >= 4
    of_mori = admin.get("/admin/log?name=MORI&what=logged_in").text
    assert of_mori.count("<tr data-row") == 1
    hostile = admin.get("/admin/log?name=%22%3E%3Cscript%3Ealert(1)%3C/script%3E&what=x&before=%27")
    assert hostile.status_code == 200
    assert "<script>alert" not in hostile.text


def test_a_history_that_was_changed_is_found(world: World, staff: Staff, admin: Browser) -> None:
    world.deliver_forms(0, 1)
    world.run()
    broken, fine = (record.reference for record in world.requests()[:2])
    admin.get("/admin/audit")
    assert 'class="notice done"' in admin.send("/admin/audit").text
    tampered = sa.text(
        "UPDATE events SET actor_name = 'nobody' WHERE seq = 1 AND request_id ="
        " (SELECT id FROM requests WHERE reference = :reference)"
    )
    world.services.store.run(
        lambda tx: tx.context.connection.execute(tampered, {"reference": broken})
    )
    admin.get("/admin/audit")
    answer = admin.send("/admin/audit").text
    assert f'href="/r/{broken}"' in answer
    assert f'href="/r/{fine}"' not in answer
    assert 'class="notice done"' in admin.send("/admin/audit", {"reference": fine}).text
    assert 'class="notice wrong"' in admin.send("/admin/audit", {"reference": broken}).text
    assert admin.send("/admin/audit", {"reference": "WA-<i>"}).status_code == 404
    assert "<i>" not in (admin.last.text if admin.last else "<i>")


def test_the_dashboard_counts_and_takes_no_other_period(world: World, staff: Staff) -> None:
    world.deliver_forms(0)
    world.run()
    viewer = staff.person("abe", Role.VIEWER)
    page = viewer.get("/dashboard?days=7")
    assert page.text.count('class="chart chart-of-') == 8
    assert 'aria-current="true">7 days' in page.text
    assert 'aria-current="true">28 days' in viewer.get("/dashboard?days=100000").text
    assert viewer.get("/static/charts.css").status_code == 200
