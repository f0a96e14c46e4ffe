"""``pipeline form``: list, build and describe the blank forms, and check filled ones."""

import hashlib
import json
import tomllib
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

import click

from pipeline.cli.context import settings
from pipeline.cli.files import read_named, tell, worst
from pipeline.cli.output import plain, print_json, print_lines, print_table
from pipeline.cli.pages.answers import AnswerLine, left_over_line, print_answers
from pipeline.errors import ExitCode, PipelineError, UsageError
from pipeline.forms.definitions.catalogue import FORMS
from pipeline.forms.texts import form_texts
from pipeline.model.form import FileFormat, Filling, FormKind
from pipeline.resources import languages
from pipeline.wording import console as words

if TYPE_CHECKING:
    from pipeline.flow.views.form_check import CheckedField, FormCheck

_KINDS = [kind.value for kind in FormKind]


@click.command("list")
@click.option("--json", "as_json", is_flag=True)
def list_forms(*, as_json: bool) -> None:
    """Print the forms, their versions and languages."""
    rows = [
        {"form": kind.value, "version": form.version, "languages": list(languages())}
        for kind, form in FORMS.items()
    ]
    if as_json:
        print_json(rows)
        return
    print_table(
        [words.word("form"), words.word("version"), words.word("languages")],
        [[kind.value, form.version, words.listed(languages())] for kind, form in FORMS.items()],
    )


@click.command("build")
@click.option("--out", type=click.Path(file_okay=False, path_type=Path), default=Path("forms"))
@click.option("--lang", "chosen", multiple=True)
@click.option(
    "--format", "formats", multiple=True, type=click.Choice([item.value for item in FileFormat])
)
@click.option("--kind", "kinds", multiple=True, type=click.Choice(_KINDS))
@click.option("--prefill", type=click.Path(path_type=Path))
def build(
    out: Path,
    chosen: tuple[str, ...],
    formats: tuple[str, ...],
    kinds: tuple[str, ...],
    prefill: Path | None,
) -> None:
    """Write blank (or pre-filled) forms as files."""
    from pipeline.forms.publish import publish  # noqa: PLC0415 - slow to import

    unknown = [language for language in chosen if language not in languages()]
    if unknown:
        raise UsageError("language_unknown", language=unknown[0], known=", ".join(languages()))
    found = settings(optional=True)
    paths = publish(
        out,
        kinds=tuple(FormKind(kind) for kind in kinds) or tuple(FormKind),
        languages=chosen or languages(),
        formats=tuple(FileFormat(name) for name in formats) or tuple(FileFormat),
        filling=_filling(prefill) if prefill else None,
        address=found.mailbox.address,
        privacy=found.forms.privacy,
    )
    for path in paths:
        click.echo(str(path))


def _filling(path: Path) -> Filling:
    """Read answers from a TOML or JSON file: field id = text."""
    content = read_named(path)
    try:
        text = content.decode("utf-8")
        values = json.loads(text) if path.suffix == ".json" else tomllib.loads(text)
        return Filling(answers=tuple((str(key), str(value)) for key, value in values.items()))
    except (ValueError, AttributeError) as error:
        raise UsageError("prefill_unreadable", path=path) from error


@click.command("site")
@click.option("--out", type=click.Path(file_okay=False, path_type=Path), default=Path("forms"))
def site(out: Path) -> None:
    """Write the download page in every language, with the forms that it links."""
    from pipeline.forms.publish import publish  # noqa: PLC0415 - slow to import
    from pipeline.forms.site import write_site  # noqa: PLC0415

    found = settings(optional=True)
    address, privacy = found.mailbox.address, found.forms.privacy
    paths = publish(out, address=address, privacy=privacy)
    for path in (*paths, *write_site(out, address=address, privacy=privacy)):
        click.echo(str(path))


@click.command("fields")
@click.argument("kind", type=click.Choice(_KINDS))
@click.option("--json", "as_json", is_flag=True)
def fields(kind: str, *, as_json: bool) -> None:
    """Print the fields of one form: id, type, required, choices, limits."""
    form = FORMS[FormKind(kind)]
    rows = [
        {
            "id": name,
            "number": form.numbers[name],
            "type": question.kind.value,
            "required": "conditional" if question.when else question.required,
            "when": plain(question.when),
            "choices": list(question.choices),
            "minimum": question.minimum or None,
            "maximum": question.maximum or None,
            "usual": plain(question.usual),
            "pattern": question.pattern or None,
            "unknown_allowed": question.unknown,
        }
        for name, question in form.questions.items()
    ]
    if as_json:
        print_json(rows)
        return
    texts = form_texts(words.language())
    print_table(
        [
            "#",
            words.word("question"),
            words.word("field"),
            words.word("type"),
            words.word("required"),
            words.word("choices"),
        ],
        [
            [
                str(row["number"]),
                texts.label(FormKind(kind), str(row["id"])),
                f"`{row['id']}`",
                f"`{row['type']}`",
                _required(row["required"]),
                words.listed(f"`{choice}`" for choice in row["choices"]),
            ]
            for row in rows
        ],
        keep=(0, 2),
        wrapped=(1, 5),
    )


def _required(value: object) -> str:
    return words.word("conditional" if value == "conditional" else "yes" if value else "no")


@click.command("check")
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--json", "as_json", is_flag=True)
@click.option("--lang", "language", default=None)
def check(files: tuple[Path, ...], language: str | None, *, as_json: bool) -> int:
    """Read filled forms and print what each answer was read as, with every problem.

    A file with several forms is one object of JSON, with the others inside that of the first.
    """
    from pipeline.flow.services import phone_policy  # noqa: PLC0415
    from pipeline.flow.views.form_check import FormCheck, check_form  # noqa: PLC0415 - slow to import
    from pipeline.guard import Guard  # noqa: PLC0415

    codes: list[ExitCode] = []
    phones = phone_policy(settings(optional=True))
    with Guard() as guard:
        for path in files:
            try:
                content = read_named(path)
            except PipelineError as error:
                codes.append(tell(error))
                continue
            result: FormCheck = check_form(
                guard,
                path.name,
                content,
                language or words.language(),
                date.today(),  # noqa: DTZ011 - the operator's day
                phones,
            )
            if result.verdict == "unreadable":
                codes.append(ExitCode.UNFINISHED)
            if as_json:
                print_json(result)
            else:
                digest = hashlib.sha256(content).hexdigest()[:12]
                for form in (result, *result.other_forms):
                    _print_check(form, digest)
    return worst(codes)


def _label(result: "FormCheck", field: str) -> str:
    """Return the question of a field; its id when the file is no form."""
    kind = FormKind(result.form) if result.form else None
    known = kind is not None and field in FORMS[kind].questions
    return form_texts(words.language()).label(kind, field) if kind and known else field


def _word(result: "FormCheck", field: "CheckedField") -> str:
    """Return what was read, in words."""
    from pipeline.wording.answers import answer_word  # noqa: PLC0415 - slow to import

    if not result.form:
        return field.value or ""
    return answer_word(FormKind(result.form), field.id, field.value, words.language())


def _print_check(result: "FormCheck", digest: str) -> None:
    title = f"{result.file}  {result.form or ''} {result.version or ''} {result.language or ''}"
    print_lines(f"{title.strip()}  [{words.status_word(result.verdict)}]  {digest}", rest="    ")
    told: dict[str, list[str]] = {}
    for problem in result.problems:
        line = f"{words.status_word(problem.severity)}: {problem.message} (`{problem.code}`)"
        told.setdefault(problem.field, []).append(line)
    for item in result.left_over:
        told.setdefault(item.field, []).append(left_over_line(item))
    lines = [
        AnswerLine(
            _label(result, field.id),
            field.raw,
            _word(result, field),
            field.verdict,
            field.notes,
            tuple(told.pop(field.id, ())),
        )
        for field in result.fields
    ]
    if lines:
        print_answers("question", lines)
    for line in (line for found in told.values() for line in found):
        print_lines(line, first="  ", rest="      ")
    click.echo("")
