"""``pipeline user``: who may log in to the console."""

import sys

import click

from pipeline.cli.asking import ask_secret
from pipeline.cli.choices import WordChoice
from pipeline.cli.opened import os_user, services
from pipeline.cli.output import plain, print_json, print_lines, print_table
from pipeline.cli.pages.log_page import print_log
from pipeline.errors import RefusedError, UsageError
from pipeline.store.staff_records import Role, UserRecord
from pipeline.wording import console as words

#: A password of so many bytes is refused in any case.
_READ = 8192


def _role_word(code: str) -> str:
    return words.named("role", code)


_ROLES = WordChoice((role.value for role in Role), _role_word)


def _password(*, from_stdin: bool) -> str:
    """Ask for a new password twice without an echo, or read it from standard input.

    Raises UsageError ``password_no_terminal`` or ``password_differs``.
    """
    if from_stdin:
        return _one_line(sys.stdin.buffer.read(_READ))
    missing = UsageError("password_no_terminal")
    return ask_secret("ask_password", no_terminal=missing, again="ask_password_again")


def _one_line(content: bytes) -> str:
    """Return what was read, without the end of its line."""
    try:
        return content.removesuffix(b"\n").removesuffix(b"\r").decode()
    except UnicodeDecodeError:
        raise RefusedError("password_control") from None


@click.command("add")
@click.argument("user")
@click.option("--role", type=_ROLES, required=True)
@click.option("--display", default="")
@click.option("--password-stdin", is_flag=True)
@click.option("--no-password", is_flag=True)
@click.option("--as", "name", default=None)
def add(
    user: str,
    role: str,
    display: str,
    name: str | None,
    *,
    password_stdin: bool,
    no_password: bool,
) -> None:
    """Let somebody log in to the console."""
    from pipeline.flow.staff.people import users  # noqa: PLC0415 - slow to import

    if password_stdin and no_password:
        raise UsageError("password_twice")
    with services(make=True) as opened:
        users.check_free(opened, user)
        password = None if no_password else _password(from_stdin=password_stdin)
        who = name or os_user()
        made = users.add(opened, user, Role(role), who, password=password, display=display)
    _tell("user_added", made)


@click.command("list")
@click.option("--json", "as_json", is_flag=True)
def list_users(*, as_json: bool) -> None:
    """Print who may log in, and with which role."""
    with services() as opened, opened.store.read() as tx:
        rows = tx.users.list()
    if as_json:
        print_json([_facts(row) for row in rows])
        return
    if not rows:
        print_lines(words.word("users_none"))
        return
    print_table(
        [words.word(f"user_{key}") for key in ("name", "display", "role", "state", "since")],
        [
            [
                row.name,
                row.display,
                _role_word(row.role.value),
                words.word(_state(row)),
                row.created_at.date().isoformat(),
            ]
            for row in rows
        ],
        keep=(0,),
    )


@click.command("disable")
@click.argument("user")
@click.option("--as", "name", default=None)
def disable(user: str, name: str | None) -> None:
    """Let a user log in no more."""
    from pipeline.flow.staff.people import users  # noqa: PLC0415 - slow to import

    with services() as opened:
        changed = users.disable(opened, user, name or os_user())
    _tell("user_disabled", changed)


@click.command("enable")
@click.argument("user")
@click.option("--as", "name", default=None)
def enable(user: str, name: str | None) -> None:
    """Let a disabled user log in again."""
    from pipeline.flow.staff.people import users  # noqa: PLC0415 - slow to import

    with services() as opened:
        changed = users.enable(opened, user, name or os_user())
    _tell("user_enabled", changed)


@click.command("password")
@click.argument("user")
@click.option("--password-stdin", is_flag=True)
@click.option("--as", "name", default=None)
def password(user: str, name: str | None, *, password_stdin: bool) -> None:
    """Give a user a new password."""
    from pipeline.flow.staff.people import users  # noqa: PLC0415 - slow to import

    with services() as opened:
        with opened.store.read() as tx:
            users.named(tx, user)
        new = _password(from_stdin=password_stdin)
        changed = users.set_password(opened, user, new, name or os_user())
    _tell("user_password_set", changed)


@click.command("role")
@click.argument("user")
@click.argument("role", type=_ROLES)
@click.option("--as", "name", default=None)
def set_role(user: str, role: str, name: str | None) -> None:
    """Give a user another role."""
    from pipeline.flow.staff.people import users  # noqa: PLC0415 - slow to import

    with services() as opened:
        changed = users.set_role(opened, user, Role(role), name or os_user())
    _tell("user_role_set", changed)


@click.command("log")
@click.option("--limit", type=click.IntRange(1, 1000), default=50)
@click.option("--json", "as_json", is_flag=True)
def log(limit: int, *, as_json: bool) -> None:
    """Print what staff did beside requests, the latest first."""
    with services() as opened:
        with opened.store.read() as tx:
            rows = tx.staff_log.list(limit)
        zone = opened.settings.team.time_zone
    if as_json:
        print_json([plain(row) for row in rows])
        return
    print_log(
        rows,
        zone,
        [f"staff_log_{key}" for key in ("at", "who", "what", "subject", "detail")],
        lambda row: [row.who, words.named("staff", row.what.value), row.subject, row.detail],
        keep=(0,),
        wrapped=(4,),
    )


def _facts(user: UserRecord) -> dict[str, object]:
    """Return what is shown of a user: never the hash of the password."""
    return {
        "name": user.name,
        "display": user.display,
        "role": user.role.value,
        "has_password": bool(user.password_hash),
        "created_at": user.created_at,
        "disabled_at": user.disabled_at,
    }


def _state(user: UserRecord) -> str:
    if user.disabled_at is not None:
        return "user_is_disabled"
    return "user_by_password" if user.password_hash else "user_by_proxy"


def _tell(word: str, user: UserRecord) -> None:
    print_lines(words.word(word, name=user.name, role=_role_word(user.role.value)))
