"""``pipeline template``: look at the notices as customers get them, and check them."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click
from jinja2 import TemplateError

from pipeline.cli.opened import one_request, services
from pipeline.cli.output import print_json, print_lines, print_table
from pipeline.errors import ExitCode, UsageError
from pipeline.model.notice import NoticeName
from pipeline.resources import languages
from pipeline.wording import console as words

if TYPE_CHECKING:
    from pipeline.notifications.preview.samples import Sample


@click.command("preview")
@click.argument("notice", required=False)
@click.option("--variant", default=None)
@click.option("--lang", "chosen", multiple=True)
@click.option("--ref", "of_request", default=None)
@click.option("--out", type=click.Path(file_okay=False, path_type=Path))
def preview(
    notice: str | None,
    variant: str | None,
    chosen: tuple[str, ...],
    of_request: str | None,
    out: Path | None,
) -> None:
    """Print a notice with the facts of nobody or of a request, or write pages with a gallery."""
    name = _known(notice)
    if of_request is not None:
        found = [_of_request(of_request, name, variant or "", chosen)]
    else:
        found = list(_samples(name, variant, chosen))
    if notice is not None and not found:
        raise UsageError("notice_variant_unknown", notice=notice, variant=variant or "")
    if out is not None:
        _write(out, found)
        return
    if notice is None:
        click.echo("\n".join(dict.fromkeys(sample.name for sample in found)))
        return
    for sample in found:
        mail = sample.compose()
        head = (f"=== {sample.name} ({sample.language})", mail.subject, mail.preheader, "")
        click.echo("\n".join((*head, mail.text)))


def _known(notice: str | None) -> NoticeName | None:
    if notice is not None and notice not in set(NoticeName):
        raise UsageError("notice_unknown", notice=notice)
    return NoticeName(notice) if notice else None


def _samples(
    notice: NoticeName | None, variant: str | None, chosen: tuple[str, ...]
) -> "Iterator[Sample]":
    from pipeline.notifications.preview.samples import samples  # noqa: PLC0415 - slow to import

    for language in _languages(chosen) or languages():
        for sample in samples(language, notice):
            if variant is None or sample.variant == variant:
                yield sample


def _languages(chosen: tuple[str, ...]) -> tuple[str, ...]:
    unknown = [language for language in chosen if language not in languages()]
    if unknown:
        raise UsageError("language_unknown", language=unknown[0], known=", ".join(languages()))
    return chosen


def _of_request(
    reference: str, notice: NoticeName | None, variant: str, chosen: tuple[str, ...]
) -> "Sample":
    """Return the notice of a request, checked for what its facts cannot say."""
    from pipeline.flow.views.notices.preview import of_request  # noqa: PLC0415 - slow to import
    from pipeline.notifications.sources import variants_of  # noqa: PLC0415 - slow to import

    if notice is None:
        raise UsageError("preview_needs_notice", reference=reference)
    with services() as opened, opened.store.read() as tx:
        record = one_request(tx, reference)
        language = [*_languages(chosen), record.language][0]
        if variant and variant not in variants_of(notice.value, language):
            raise UsageError("notice_variant_unknown", notice=notice.value, variant=variant)
        found = of_request(opened, tx, replace(record, language=language), notice, variant)
    try:
        found.compose()
    except (TemplateError, TypeError) as error:
        raise UsageError(
            "preview_facts_missing", notice=notice.value, reference=record.reference
        ) from error
    return found


def _write(out: Path, found: "list[Sample]") -> None:
    """Write each mail as a page and as text, and ``index.html``, which shows them all."""
    from pipeline.notifications.preview.gallery import gallery  # noqa: PLC0415 - slow to import

    out.mkdir(parents=True, exist_ok=True)
    shown = []
    for sample in found:
        mail = sample.compose()
        name = f"{sample.name}.{sample.language}"
        (out / f"{name}.html").write_text(mail.html, encoding="utf-8")
        (out / f"{name}.txt").write_text(mail.text, encoding="utf-8")
        shown.append((name, mail))
    (out / "index.html").write_text(gallery(shown), encoding="utf-8")
    click.echo(words.word("gallery_written", path=out / "index.html", count=len(shown)))


@click.command("check")
@click.argument("notice", required=False)
@click.option("--json", "as_json", is_flag=True)
def check(notice: str | None, *, as_json: bool) -> int:
    """Hold the notices, in every language and state, against the rules for mails."""
    from pipeline.flow.views.notices.check import check as checked  # noqa: PLC0415 - slow to import

    faults = checked(_known(notice))
    if as_json:
        print_json(faults)
    elif not faults:
        print_lines(words.word("templates_clean"))
    else:
        print_table(
            [words.word(key) for key in ("notice", "language", "mail_rule", "found_there")],
            [
                [
                    fault.notice,
                    fault.language,
                    words.word(f"rule_{fault.rule}"),
                    fault.what,
                ]
                for fault in faults
            ],
            wrapped=(2, 3),
        )
    return ExitCode.UNFINISHED if faults else ExitCode.DONE
