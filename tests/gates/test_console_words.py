"""The words of the command line: complete in every language, and no code without its sentence."""

import ast
import dataclasses
import importlib
import re
import tomllib
from collections.abc import Iterator
from enum import StrEnum
from functools import cache
from pathlib import Path
from string import Formatter
from typing import Any, get_args

import click
import pytest

from pipeline import resources
from pipeline.certificates.paste import PasteCode
from pipeline.certificates.verify import Reason
from pipeline.cli import MODULES, command_at, command_paths
from pipeline.cli.help import help_key
from pipeline.config.kinds import RefusedValueError
from pipeline.errors import PipelineError
from pipeline.flow.inbound.faults import LOST_BYTES
from pipeline.flow.requests.thread import Standing
from pipeline.flow.views.doctor import NAMES
from pipeline.flow.views.reconcile import Difference
from pipeline.guard import Reason as GuardReason
from pipeline.mailbox.automatic.signs import SIGNS
from pipeline.meta.errors import MetaError
from pipeline.meta.errors import Reason as MetaReason
from pipeline.model.certificate import CertificateState
from pipeline.model.form import FormKind
from pipeline.model.message import SenderVerdict, SenderWarning
from pipeline.model.notice import NoticeName
from pipeline.model.problem import Audience, Severity, Verdict
from pipeline.model.request import (
    Actor,
    EventName,
    HoldReason,
    Move,
    NumberState,
    Status,
    Track,
)
from pipeline.model.transition import DeadlineKind
from pipeline.resources import template
from pipeline.routing.rules import RULES, rule_name
from pipeline.store.outbox_records import OutboxState
from pipeline.store.queries import Counts
from pipeline.store.records import MessageState
from pipeline.store.unit_of_work import SchemaState
from pipeline.terms import Issuer, Outcome
from pipeline.tracks.catalogue import TRACKS

PACKAGE = Path(__file__).parents[2] / "pipeline"
LANGUAGES = sorted(path.stem for path in template("console").glob("??.toml"))
SECTIONS = ("help", "options", "words", "codes")
PARTS = ("what", "why", "next")

#: Enumerations whose values ``console.status_word`` prints; ``console.step`` prints a status.
PRINTED: tuple[type[StrEnum], ...] = (
    Track,
    HoldReason,
    Move,
    Actor,
    NumberState,
    SenderVerdict,
    Verdict,
    Severity,
    Audience,
    Outcome,
    MessageState,
    OutboxState,
    CertificateState,
    FormKind,
    Difference,
)
#: An error of Meta has a reason in place of a code, and carries these whatever it is.
META_CODES = [f"meta_{reason}" for reason in MetaReason]
META_PARAMS = frozenset({"call", "said"})
#: Enumerations that the report prints with a prefix.
PREFIXED: dict[str, type[StrEnum]] = {
    "event": EventName,
    "deadline": DeadlineKind,
    "issuer": Issuer,
    "sender_warning": SenderWarning,
}


@cache
def table(language: str) -> dict[str, Any]:
    found: dict[str, Any] = tomllib.loads(
        template("console", f"{language}.toml").read_text(encoding="utf-8")
    )
    return found


def placeholders(text: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(text) if name is not None}


def error_classes() -> set[str]:
    return {PipelineError.__name__, *(kind.__name__ for kind in PipelineError.__subclasses__())}


def raised() -> Iterator[tuple[str, frozenset[str] | None, str]]:
    """Yield code, names of the params (None: passed on as a whole) and place of every error."""
    kinds = error_classes()
    for path in sorted(PACKAGE.rglob("*.py")):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        for node in ast.walk(tree):
            if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Name)):
                continue
            if node.func.id not in kinds or not node.args:
                continue
            names = [keyword.arg for keyword in node.keywords]
            known = None if None in names else frozenset(name for name in names if name)
            place = f"{path.relative_to(PACKAGE)}:{node.lineno}"
            if node.func.id == MetaError.__name__:
                yield from ((code, META_PARAMS, place) for code in META_CODES)
                continue
            for code in codes_of(node.args[0], tree):
                yield code, known, place


def codes_of(node: ast.expr, tree: ast.Module) -> list[str]:
    """Return the codes that the first argument of an error can be."""
    match node:
        case ast.Constant(value=str(code)):
            return [code] if code else []
        case ast.BoolOp(values=values):
            return [code for value in values for code in codes_of(value, tree)]
        case ast.Call(func=ast.Name(id=name)):
            returned = [
                step.value
                for function in ast.walk(tree)
                if isinstance(function, ast.FunctionDef) and function.name == name
                for step in ast.walk(function)
                if isinstance(step, ast.Return) and step.value is not None
            ]
            return [code for value in returned for code in codes_of(value, tree)]
        case ast.IfExp(body=one, orelse=other):
            return [*codes_of(one, tree), *codes_of(other, tree)]
        case ast.JoinedStr(values=[ast.Constant(value="database_"), ast.FormattedValue()]):
            return [f"database_{state}" for state in get_args(SchemaState) if state != "current"]
        case ast.Attribute(attr="value", value=ast.Attribute(attr="code")):
            return [code.value for code in PasteCode]
        case ast.Attribute(attr="code", value=ast.Name(id="error")):
            return sorted(refused_values())
        case ast.Attribute(attr="refuse"):
            return sorted(refusals())
        case ast.Name(id=name):
            assigned = [
                statement.value
                for statement in ast.walk(tree)
                if isinstance(statement, (ast.Assign, ast.NamedExpr))
                and any(isinstance(goal, ast.Name) and goal.id == name for goal in goals(statement))
            ]
            return [code for value in assigned for code in codes_of(value, tree)]
    pytest.fail(f"the codes of {ast.unparse(node)} cannot be told; teach this gate to find them")


def goals(statement: ast.Assign | ast.NamedExpr) -> list[ast.expr]:
    return statement.targets if isinstance(statement, ast.Assign) else [statement.target]


@cache
def refused_values() -> frozenset[str]:
    """Return the codes with which sections of the settings refuse a value."""
    name = RefusedValueError.__name__
    calls = (
        node
        for path in (PACKAGE / "config").rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == name
    )
    return frozenset(str(ast.literal_eval(call.args[0])) for call in calls)


def refusals() -> set[str]:
    return {
        rule.refuse
        for track in TRACKS.values()
        for status in Status
        if (step := track.step(status)) is not None
        for rule in step.rules
        if rule.refuse
    }


def commands() -> Iterator[tuple[tuple[str, ...], click.Command]]:
    for path in command_paths():
        yield path, command_at(path)


@pytest.mark.parametrize("language", [code for code in LANGUAGES if code != "en"])
def test_languages_have_the_same_keys_and_placeholders(language: str) -> None:
    english, other = table("en"), table(language)
    assert set(english) == set(other)
    for section in (*SECTIONS, "errors"):
        assert set(english[section]) == set(other[section]), section
    for section in SECTIONS:
        for key, text in english[section].items():
            assert placeholders(text) == placeholders(other[section][key]), (section, key)
    for code, entry in english["errors"].items():
        wanted = {name for part in PARTS for name in placeholders(entry[part])}
        found = {name for part in PARTS for name in placeholders(other["errors"][code][part])}
        assert wanted == found, code


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_word_is_empty(language: str) -> None:
    empty = [
        (section, key)
        for section in SECTIONS
        for key, text in table(language)[section].items()
        if not text.strip()
    ]
    assert empty == []
    for code, entry in table(language)["errors"].items():
        assert set(entry) == set(PARTS), code
        assert all(entry[part].strip() for part in PARTS), code


def test_every_command_and_group_has_help() -> None:
    wanted = {"pipeline", *MODULES}
    for first, name in MODULES.items():
        module = importlib.import_module(f"pipeline.cli.commands.{name}")
        made = {value.name for value in vars(module).values() if isinstance(value, click.Command)}
        wanted |= {f"{first}.{command}" for command in made if first not in made}
    assert wanted == set(table("en")["help"])


def test_every_option_has_help_and_no_help_is_left_over() -> None:
    named = {"config", "home", "version"}
    for _, command in commands():
        named |= {help_key(param) for param in command.params if isinstance(param, click.Option)}
    assert named == set(table("en")["options"])


def test_every_error_has_sentences_with_the_params_it_carries() -> None:
    entries = table("en")["errors"]
    missing = sorted({(code, place) for code, _, place in raised() if code not in entries})
    assert missing == []
    for code, names, place in raised():
        used = {name for part in PARTS for name in placeholders(entries[code][part])}
        if names is not None:
            assert used <= names, (code, place)


def test_no_error_sentence_is_left_over() -> None:
    assert set(table("en")["errors"]) == {code for code, _, _ in raised()}


def test_rules_of_tracks_carry_status_and_event() -> None:
    entries = table("en")["errors"]
    for code in refusals():
        used = {name for part in PARTS for name in placeholders(entries[code][part])}
        assert used <= {"status", "event"}, code


@pytest.mark.parametrize("printed", PRINTED, ids=lambda kind: kind.__name__)
def test_every_printed_value_has_a_word(printed: type[StrEnum]) -> None:
    codes = table("en")["codes"]
    assert [item.value for item in printed if item.value not in codes] == []


def test_every_rule_of_the_routing_has_a_word() -> None:
    codes = table("en")["codes"]
    names = [rule_name(rule) for rule in RULES]
    assert [name for name in names if not {f"rule_{name}", f"event_{name}"} & set(codes)] == []


def test_every_reason_of_a_mail_has_a_word() -> None:
    source = "".join(
        path.read_text(encoding="utf-8") for path in sorted((PACKAGE / "flow").rglob("*.py"))
    )
    reasons = set(re.findall(r'\bwhy="([a-z_]+)"', source)) | {
        item.value for item in set(Standing) - {Standing.REQUESTER}
    }
    codes = table("en")["codes"]
    kinds = ("became_", "rule_", "event_", "automatic_", "")
    assert len(reasons) > 10
    missing = [name for name in reasons if not any(f"{kind}{name}" in codes for kind in kinds)]
    assert sorted(missing) == []


def test_every_sign_of_a_program_has_a_word() -> None:
    codes = table("en")["codes"]
    names = {sign.name for sign in SIGNS}
    assert len(names) > 10
    assert sorted(name for name in names if f"automatic_{name}" not in codes) == []


@pytest.mark.parametrize("prefix", PREFIXED)
def test_every_prefixed_value_has_a_word(prefix: str) -> None:
    wanted = {f"{prefix}_{item.value}" for item in PREFIXED[prefix]}
    found = {code for code in table("en")["codes"] if code.startswith(f"{prefix}_")}
    assert wanted == found


def test_every_schema_state_has_a_word() -> None:
    wanted = {f"schema_{state}" for state in get_args(SchemaState)}
    assert wanted == {code for code in table("en")["codes"] if code.startswith("schema_")}


def test_every_count_of_the_status_has_a_word() -> None:
    wanted = {f"count_{field.name}" for field in dataclasses.fields(Counts)}
    assert wanted == {key for key in table("en")["words"] if key.startswith("count_")}


def test_every_check_of_the_doctor_has_its_words() -> None:
    views = PACKAGE / "flow" / "views"
    sources = [*sorted((views / "doctor").glob("*.py")), views / "backups.py"]
    source = "".join(path.read_text(encoding="utf-8") for path in sources)
    words = table("en")["words"]
    checks = set(re.findall(r'Finding\(\s*"([a-z_]+)"', source))
    assert checks <= set(NAMES)
    assert {f"check_{name}" for name in NAMES} == {key for key in words if key.startswith("check_")}
    said = set(re.findall(r'Finding\(\s*"[a-z_]+", "[a-z]+", "([a-z_]+)"', source))
    said |= set(re.findall(r'BackupView\(known, "[a-z]+", "([a-z_]+)"', source))
    assert said
    assert sorted(said - set(words)) == []


def test_every_reason_of_the_quarantine_has_a_sentence() -> None:
    source = "".join(
        path.read_text(encoding="utf-8") for path in sorted((PACKAGE / "mailbox").glob("*.py"))
    )
    refused = set(re.findall(r'RefusedError\("(mail_refused)", reason="([a-z_]+)"\)', source))
    assert refused
    wanted = {"_".join(pair) for pair in refused} | {"reader_lacks", *LOST_BYTES}
    wanted |= {f"guard_{reason}" for reason in get_args(GuardReason)}
    codes = table("en")["codes"]
    assert sorted(name for name in wanted if f"fault_{name}" not in codes) == []


def test_every_reason_that_verify_names_has_a_sentence() -> None:
    words = table("en")["words"]
    assert [reason for reason in Reason if f"verify_{reason}" not in words] == []


def test_every_word_that_the_code_asks_for_is_there() -> None:
    words = table("en")["words"]
    rooms = ("cli", "demo", "flow/views")
    files = [path for room in rooms for path in (PACKAGE / room).rglob("*.py")]
    sources = [path.read_text(encoding="utf-8") for path in files]
    pages = (
        ("report", "report.html.jinja"),
        ("report", "figures.html.jinja"),
        ("console", "web", "charts.html.jinja"),
    )
    sources += [template(*page).read_text(encoding="utf-8") for page in pages]
    asked = {key for text in sources for key in re.findall(r"\bword\(\s*[\"']([a-z_]+)[\"']", text)}
    assert len(asked) > 50
    assert sorted(asked - set(words) - {"check_"}) == []


@pytest.mark.parametrize("language", resources.languages())
def test_every_alert_of_the_digest_has_words(language: str) -> None:
    source = "".join(path.read_text(encoding="utf-8") for path in sorted(PACKAGE.rglob("*.py")))
    codes = set(re.findall(r'\balert\(\s*work,\s*"([a-z_]+)"', source))
    codes |= set(re.findall(r'\bAlertStaff\("([a-z_]+)"\)', source))
    words = tomllib.loads(
        template("notices", f"words.{language}.toml").read_text(encoding="utf-8")
    )["alert"]
    assert len(codes) > 15
    assert sorted(codes - set(words)) == []


@pytest.mark.parametrize("language", resources.languages())
def test_every_refusal_of_the_tracks_has_words_that_a_digest_can_carry(language: str) -> None:
    words = resources.read_toml("notices", f"words.{language}.toml")["reason"]
    machine = {"no_such_move", "actor_not_allowed", "ended_request", "stale_request"}
    assert sorted((refusals() | machine) - set(words)) == []


@pytest.mark.parametrize("language", resources.languages())
def test_steps_of_staff_do_not_speak_to_the_customer(language: str) -> None:
    tables = resources.read_toml("notices", f"words.{language}.toml")
    words = {status: tables["staff_step"].get(status, tables["step"][status]) for status in Status}
    spoken_to = re.compile(r"\b(?:you|your|Sie|Ihre?[mnrs]?|We|Wir)\b|ご(?!案内)|お手続き|ください")
    assert [text for text in words.values() if spoken_to.search(text)] == []
    assert set(tables["staff_step"]) <= {status.value for status in Status}


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_issuer_of_the_settings_has_words(language: str) -> None:
    words = table(language)["words"]
    assert [name for name in Issuer if f"issuer_{name.value}" not in words] == []


@pytest.mark.parametrize("notice", NoticeName)
def test_every_notice_has_a_name_for_staff(notice: NoticeName) -> None:
    for path in template("notices", notice.value).glob("??.md"):
        assert resources.read_documents("notices", notice.value, path.name)[0][0]["name"], path
