"""The people of the console: names, passwords, roles, log-ins, pauses and sessions."""

import itertools
import threading
from datetime import timedelta

import pytest

from pipeline.errors import NotFoundError, PipelineError, RefusedError, UsageError
from pipeline.flow.services import Services
from pipeline.flow.staff.people import passwords, sessions, users
from pipeline.flow.staff.people.roles import PERMISSIONS, Permission, may, require
from pipeline.flow.staff.people.staff_log import note_secret_seen
from pipeline.store.staff_records import Role, StaffAct, StaffLogRecord, UserRecord
from tests.world.fixtures import MakeWorld
from tests.world.world import World

PASSWORD = "kumo no ue no hito"
HOME, AWAY = "192.0.2.7", "198.51.100.9"
_CHEAP = passwords.Cost(memory_kib=8, rounds=1, lanes=1)


@pytest.fixture(autouse=True)
def cheap(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a hash cost next to nothing."""
    monkeypatch.setattr(passwords, "COST", _CHEAP)


def _add(world: World, name: str = "sato", role: Role = Role.ADMIN) -> UserRecord:
    return users.add(world.services, name, role, "root", password=PASSWORD, display="Sato H.")


def _log(services: Services) -> list[StaffLogRecord]:
    with services.store.read() as tx:
        return tx.staff_log.list(100)[::-1]


def _acts(services: Services) -> list[StaffAct]:
    return [line.what for line in _log(services)]


def _code(services: Services, name: str, password: str, peer: str = HOME) -> str:
    try:
        sessions.log_in(services, name, password, peer=peer)
    except PipelineError as error:
        return error.code
    return ""


def _failures(world: World, count: int, *, name: str = "sato", peer: str = HOME) -> None:
    for _ in range(count):
        assert _code(world.services, name, "wrong", peer) == "log_in_refused"


# Who may be added


@pytest.mark.parametrize("typed", ["sato", "SATO", " Sato ", "ＳＡＴＯ"])
def test_a_name_is_one_in_every_case_and_width(world: World, typed: str) -> None:
    _add(world)
    with pytest.raises(RefusedError, match="user_exists"):
        _add(world, typed)
    assert _code(world.services, typed, PASSWORD) == ""


@pytest.mark.parametrize("name", ["佐藤", "straße", "sato@example.com", "o.neil-2_x+y", "0sato"])
def test_names_that_people_have_are_taken(world: World, name: str) -> None:
    _add(world, name)
    assert _code(world.services, name, PASSWORD) == ""


@pytest.mark.parametrize(
    "name",
    [
        *("", " ", "a b", "\u202eotas", "sa\u200bto", "sa\nto", "sa\0to", "sa\ud800to"),
        *(".sato", "\u0301a", "a" * 65, "<b>", "s/../x"),
    ],
)
def test_names_that_cannot_be_read_are_refused(world: World, name: str) -> None:
    with pytest.raises(UsageError, match="user_name"):
        _add(world, name)
    with world.services.store.read() as tx:
        assert tx.users.list() == []


@pytest.mark.parametrize("name", ["s\u0430to", "\u0430\u0435\u043e", "ꜱato", "ıda"])
def test_names_that_look_like_others_are_refused(world: World, name: str) -> None:
    with pytest.raises(UsageError, match="user_name_alike"):
        _add(world, name)


@pytest.mark.parametrize("display", ["\u202eevil", "a\nb", "x" * 101, "a\u200bb"])
def test_what_cannot_be_shown_is_refused(world: World, display: str) -> None:
    with pytest.raises(UsageError, match="user_display"):
        users.add(world.services, "x", Role.VIEWER, "root", password=None, display=display)


# Passwords


@pytest.mark.parametrize(
    ("password", "code"),
    [
        ("", "password_short"),
        ("k4#Lq9!x_Tz", "password_short"),
        ("x" * 1025, "password_long"),
        ("kumo no ue\nno hito", "password_control"),
        ("kumo no ue\ud800no hito", "password_control"),
        ("passwordpassword", "password_guessable"),
        ("aaaaaaaaaaaaaaaa", "password_guessable"),
        ("qwertyuiopqwertyuiop", "password_guessable"),
        ("123456789012345", "password_guessable"),
        ("tanaka@genesys.com", "password_guessable"),
        ("Genesys2026!!", "password_guessable"),
        ("20261129-20261130", "password_guessable"),
        ("P@ssw0rd!2026", "password_guessable"),
        ("パスワードパスワードパスワード", "password_guessable"),
    ],
)
def test_a_weak_password_is_refused_and_not_told(password: str, code: str) -> None:
    with pytest.raises(RefusedError) as refused:
        passwords.check_new(password, ("tanaka@genesys.com", "Tanaka Jiro"))
    assert refused.value.code == code
    assert not password or password not in str(refused.value)


@pytest.mark.parametrize(
    "password", [PASSWORD, "雲の上の人は赤い林檎を食べた", "nur Kleinbuchstaben im Regen"]
)
def test_a_long_password_needs_no_mixture_of_signs(password: str) -> None:
    passwords.check_new(password, ("tanaka",))


def test_a_password_is_one_however_it_is_composed() -> None:
    hashed = passwords.kept("Übung macht den Ｍeister")
    assert passwords.matches(hashed, "U\u0308bung macht den Meister")
    assert not passwords.matches(hashed, "Ubung macht den Meister")


@pytest.mark.parametrize("typed", ["", "\0", "\ud800", "x" * 2_000_000])
def test_whatever_is_typed_without_a_hash_is_wrong(typed: str) -> None:
    assert not passwords.matches("", typed)
    assert not passwords.matches("no hash at all", typed)


def test_nobody_is_found_by_the_time_that_an_answer_takes(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An unknown name, a disabled user and one without a password cost one computation each."""
    _add(world)
    _add(world, "mori")
    users.add(world.services, "proxied", Role.VIEWER, "root", password=None)
    users.disable(world.services, "mori", "root")
    passwords.matches("", "warm")
    made = passwords._hasher(_CHEAP)
    hashes: list[str] = []

    class Counting:
        def verify(self, hashed: str, password: bytes) -> bool:
            hashes.append(hashed)
            return made.verify(hashed, password)

    monkeypatch.setattr(passwords, "_hasher", lambda _cost: Counting())
    for name in ("nobody", "mori", "proxied", "sato"):
        assert _code(world.services, name, "wrong") == "log_in_refused"
        assert len(hashes) == 1
        assert hashes.pop().startswith("$argon2id$")
    assert _code(world.services, "mori", PASSWORD) == "log_in_refused"


def test_a_hash_grows_with_its_cost_at_the_next_log_in(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = _add(world).password_hash
    assert _code(world.services, "sato", PASSWORD) == ""
    with world.services.store.read() as tx:
        assert users.named(tx, "sato").password_hash == before
    monkeypatch.setattr(passwords, "COST", passwords.Cost(memory_kib=16, rounds=2, lanes=1))
    assert _code(world.services, "sato", "wrong") == "log_in_refused"
    assert _code(world.services, "sato", PASSWORD) == ""
    with world.services.store.read() as tx:
        after = users.named(tx, "sato").password_hash
    assert "m=16,t=2" in after
    monkeypatch.setattr(passwords, "COST", _CHEAP)
    assert _code(world.services, "sato", PASSWORD) == ""
    with world.services.store.read() as tx:
        assert users.named(tx, "sato").password_hash == after


# Changes of users


@pytest.mark.parametrize("change", ["disable", "password", "role"])
def test_a_change_ends_all_sessions_and_is_noted(world: World, change: str) -> None:
    services = world.services
    _add(world)
    _add(world, "mori", Role.REVIEWER)
    mine = [sessions.log_in(services, "mori", PASSWORD, peer=HOME).token for _ in range(2)]
    other = sessions.log_in(services, "sato", PASSWORD, peer=HOME).token
    match change:
        case "disable":
            users.disable(services, "MORI", "sato")
        case "password":
            users.set_password(services, "mori", "a new and rather long one", "sato")
        case _:
            users.set_role(services, "mori", Role.APPROVER, "sato")
    assert [sessions.session_of(services, token) for token in mine] == [None, None]
    assert sessions.session_of(services, other) is not None
    last = _log(services)[-1]
    assert (last.who, last.subject) == ("sato", "mori")
    assert last.what is {
        "disable": StaffAct.USER_DISABLED,
        "password": StaffAct.PASSWORD_SET,
        "role": StaffAct.ROLE_SET,
    }.get(change)
    assert PASSWORD not in repr(_log(services))


def test_what_changes_nothing_ends_no_session_and_is_not_noted(world: World) -> None:
    services = world.services
    _add(world)
    token = sessions.log_in(services, "sato", PASSWORD, peer=HOME).token
    before = _log(services)
    users.set_role(services, "sato", Role.ADMIN, "root")
    users.enable(services, "sato", "root")
    assert sessions.session_of(services, token) is not None
    assert _log(services) == before


def test_an_admin_who_may_log_in_always_stays(any_world: World) -> None:
    services = any_world.services
    _add(any_world)
    _add(any_world, "mori")
    users.disable(services, "mori", "sato")
    with pytest.raises(RefusedError, match="last_admin"):
        users.disable(services, "sato", "sato")
    with pytest.raises(RefusedError, match="last_admin"):
        users.set_role(services, "sato", Role.VIEWER, "sato")
    assert _acts(services).count(StaffAct.USER_DISABLED) == 1
    users.enable(services, "mori", "sato")
    users.disable(services, "sato", "mori")
    assert _code(services, "sato", PASSWORD) == "log_in_refused"
    assert _code(services, "mori", PASSWORD) == ""


def test_two_admins_cannot_disable_each_other_at_once(any_world: World) -> None:
    services = any_world.services
    _add(any_world)
    _add(any_world, "mori")
    refused: list[str] = []

    def disable(name: str) -> None:
        try:
            users.disable(services, name, "root")
        except RefusedError as error:
            refused.append(error.code)

    threads = [threading.Thread(target=disable, args=(name,)) for name in ("sato", "mori")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert refused == ["last_admin"]
    with services.store.read() as tx:
        assert len([one for one in tx.users.list() if one.disabled_at is None]) == 1


def test_an_unknown_user_cannot_be_changed(world: World) -> None:
    for change in (users.disable, users.enable, sessions.end_all):
        with pytest.raises(NotFoundError, match="user_unknown"):
            change(world.services, "nobody", "root")


# Log-ins


def test_a_log_in_gives_a_session_that_the_database_cannot_give_away(world: World) -> None:
    services = world.services
    user = _add(world)
    begun = sessions.log_in(services, "Sato", PASSWORD, peer=HOME)
    found = sessions.session_of(services, begun.token)
    assert found == (user, begun.record)
    assert (begun.record.peer, len(begun.token)) == (HOME, 43)
    assert begun.token not in repr(begun)
    with services.store.read() as tx:
        assert begun.token not in repr(tx.sessions.of_user(user.id, services.clock.now()))
    assert sessions.session_of(services, begun.record.id) is None
    assert _acts(services) == [StaffAct.USER_ADDED, StaffAct.LOGGED_IN]


@pytest.mark.parametrize("token", ["", "x", "\ud800", "\0", "ä" * 5000])
def test_a_token_that_is_none_has_no_session(any_world: World, token: str) -> None:
    assert sessions.session_of(any_world.services, token) is None
    sessions.log_out(any_world.services, token)


def test_forgery_of_a_page_is_told_apart(world: World) -> None:
    _add(world)
    one = sessions.log_in(world.services, "sato", PASSWORD, peer=HOME).record
    two = sessions.log_in(world.services, "sato", PASSWORD, peer=HOME).record
    assert sessions.is_own_csrf(one, one.csrf)
    assert [sessions.is_own_csrf(one, given) for given in (two.csrf, "", "ü", "\ud800")] == [
        False
    ] * 4


def test_a_session_ends_when_it_is_idle_and_after_its_longest_time(make_world: MakeWorld) -> None:
    world = make_world(console={"idle_minutes": 30, "session_hours": 1})
    _add(world)
    idle = sessions.log_in(world.services, "sato", PASSWORD, peer=HOME).token
    used = sessions.log_in(world.services, "sato", PASSWORD, peer=HOME).token
    for minutes in (29, 29):
        world.clock.advance(timedelta(minutes=minutes))
        assert sessions.session_of(world.services, used) is not None
    assert sessions.session_of(world.services, idle) is None
    world.clock.advance(timedelta(minutes=2))
    assert sessions.session_of(world.services, used) is None


def test_log_out_ends_one_session_and_end_all_the_rest(world: World) -> None:
    services = world.services
    _add(world)
    tokens = [sessions.log_in(services, "sato", PASSWORD, peer=HOME).token for _ in range(3)]
    sessions.log_out(services, tokens[0])
    sessions.log_out(services, tokens[0])
    assert [sessions.session_of(services, one) is None for one in tokens] == [True, False, False]
    assert sessions.end_all(services, "sato", "root") == 2
    assert sessions.end_all(services, "sato", "root") == 0
    assert sessions.session_of(services, tokens[1]) is None
    ended = [StaffAct.LOGGED_OUT, StaffAct.SESSIONS_ENDED]
    assert _acts(services)[-2:] == ended


def test_a_user_who_is_disabled_while_the_password_is_checked_is_not_logged_in(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    _add(world)
    _add(world, "mori")
    real = passwords.matches

    def slow(hashed: str, password: str) -> bool:
        users.disable(world.services, "mori", "sato")
        return real(hashed, password)

    monkeypatch.setattr(passwords, "matches", slow)
    assert _code(world.services, "mori", PASSWORD) == "log_in_refused"


def test_a_name_that_nobody_has_is_not_written_down(world: World) -> None:
    """People type their passwords into the field of the name."""
    _add(world)
    _failures(world, 1, name="my secret password")
    _failures(world, 1)
    found = [(one.who, one.subject, one.detail) for one in _log(world.services)[1:]]
    assert found == [("", "", HOME), ("sato", "sato", HOME)]


@pytest.mark.parametrize("name", ["\0", "sato\0", "\ud800", "a" * 100_000, "\u202e", ""])
def test_whatever_is_typed_as_a_name_is_refused(any_world: World, name: str) -> None:
    _add(any_world)
    assert _code(any_world.services, name, "x" * 100_000) == "log_in_refused"


# Pauses


def test_pauses_grow_and_end(any_world: World) -> None:
    world = any_world
    _add(world)
    _failures(world, 6)
    waits = []
    for _ in range(4):
        with pytest.raises(RefusedError, match="log_in_too_often") as refused:
            sessions.log_in(world.services, "sato", PASSWORD, peer=HOME)
        seconds = int(str(refused.value.params["seconds"]))
        waits.append(seconds)
        world.clock.advance(timedelta(seconds=seconds))
        _failures(world, 1)
    assert waits == [2, 3, 5, 9]
    world.clock.advance(timedelta(minutes=15))
    assert _code(world.services, "sato", PASSWORD) == ""
    _failures(world, 5)


def test_nobody_is_locked_out_from_another_place(world: World) -> None:
    _add(world)
    _failures(world, 6)
    assert _code(world.services, "sato", PASSWORD) == "log_in_too_often"
    assert _code(world.services, "sato", PASSWORD, AWAY) == ""


def test_one_place_cannot_try_all_names_nor_hide_behind_its_own_log_in(world: World) -> None:
    _add(world)
    for number in range(20):
        _failures(world, 1, name=f"user{number}")
        if number % 4 == 0:
            assert _code(world.services, "sato", PASSWORD) == ""
    _failures(world, 1, name="another")
    assert _code(world.services, "sato", PASSWORD) == "log_in_too_often"
    assert _code(world.services, "sato", PASSWORD, AWAY) == ""


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("2001:db8:1:2::1", "2001:db8:1:2:ffff::9", True),
        ("2001:db8:1:2::1", "2001:db8:1:3::1", False),
        ("::ffff:192.0.2.7", HOME, True),
        ("fe80::1%eth0", "fe80::2%eth1", True),
        ("", "", True),
    ],
)
def test_addresses_of_one_place_are_one(world: World, one: str, other: str, *, same: bool) -> None:
    _add(world)
    _failures(world, 6, peer=one)
    assert _code(world.services, "sato", PASSWORD, other) == ("log_in_too_often" if same else "")


def test_many_at_once_are_no_more_than_one_by_one(any_world: World) -> None:
    _add(any_world)
    codes: list[str] = []
    threads = [
        threading.Thread(target=lambda: codes.append(_code(any_world.services, "sato", "wrong")))
        for _ in range(16)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(codes) == ["log_in_refused"] * 6 + ["log_in_too_often"] * 10


def test_failures_without_end_do_not_fill_the_log(world: World) -> None:
    for number in range(130):
        _failures(world, 1, name=f"user{number}", peer=f"198.51.100.{number}")
    assert len(_log(world.services)) == 100
    world.clock.advance(timedelta(hours=1))
    _failures(world, 1, name="another")
    with world.services.store.read() as tx:
        assert len(tx.staff_log.list(1000)) == 101


def test_confirming_asks_for_the_same_password_and_counts(world: World) -> None:
    user = _add(world)
    sessions.confirm(world.services, user, PASSWORD, peer=HOME)
    for code in ["log_in_refused"] * 6 + ["log_in_too_often"]:
        with pytest.raises(RefusedError, match=code):
            sessions.confirm(world.services, user, "wrong", peer=HOME)
    assert StaffAct.LOGGED_IN not in _acts(world.services)


# Single sign-on


def test_a_header_counts_from_the_proxy_alone(make_world: MakeWorld) -> None:
    world = make_world(
        console={"proxy_header": "X-Remote-User", "proxy_from": ("10.0.8.0/24", "::1")}
    )
    services = world.services
    users.add(services, "sato", Role.VIEWER, "root", password=None)
    for peer in ("10.0.8.7", "::1", "::ffff:10.0.8.7"):
        begun = sessions.log_in_by_proxy(services, "SATO", peer=peer)
        assert sessions.session_of(services, begun.token) is not None
    for name, peer in (("sato", "10.0.9.7"), ("sato", "unix:"), ("nobody", "::1"), ("\0", "::1")):
        with pytest.raises(RefusedError, match="log_in_refused"):
            sessions.log_in_by_proxy(services, name, peer=peer)
    assert _code(services, "sato", "") == "log_in_refused"
    users.disable(services, "sato", "root")
    with pytest.raises(RefusedError, match="log_in_refused"):
        sessions.log_in_by_proxy(services, "sato", peer="::1")


def test_no_header_counts_unless_it_is_set(make_world: MakeWorld) -> None:
    world = make_world(console={"proxy_from": ("::1",)})
    _add(world)
    with pytest.raises(RefusedError, match="log_in_refused"):
        sessions.log_in_by_proxy(world.services, "sato", peer="::1")


# Roles


def test_each_role_may_what_the_one_before_may_and_more(world: World) -> None:
    found = [PERMISSIONS[role] for role in Role]
    assert all(less < more for less, more in itertools.pairwise(found))
    assert PERMISSIONS[Role.VIEWER] == {Permission.LOOK}
    assert PERMISSIONS[Role.ADMIN] == set(Permission)
    assert Permission.APPROVE not in PERMISSIONS[Role.REVIEWER]
    _add(world)
    user = _add(world, "mori", Role.REVIEWER)
    require(user, Permission.ASK)
    with pytest.raises(RefusedError, match="not_permitted"):
        require(user, Permission.CERTIFICATE_ISSUE)
    assert not may(users.disable(world.services, "mori", "root"), Permission.LOOK)


def test_a_look_at_a_secret_is_noted(world: World) -> None:
    note_secret_seen(world.services, "sato", "WA-7K3M9Q4M", "certificate")
    line = _log(world.services)[0]
    assert (line.who, line.what, line.subject) == ("sato", StaffAct.SECRET_SEEN, "WA-7K3M9Q4M")
