"""``pipeline template``: look at the notices as customers get them."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

from pipeline.errors import UsageError
from pipeline.model.notice import NoticeName
from pipeline.resources import languages
from pipeline.wording import console as words

if TYPE_CHECKING:
    from pipeline.notifications.samples import Sample


@click.command("preview")
@click.argument("notice", required=False)
@click.option("--variant", default=None)
@click.option("--lang", "chosen", multiple=True)
@click.option("--out", type=click.Path(file_okay=False, path_type=Path))
def preview(
    notice: str | None, variant: str | None, chosen: tuple[str, ...], out: Path | None
) -> None:
    """Print a notice with the facts of nobody, or write all of them as pages with a gallery."""
    found = list(_samples(notice, variant, chosen))
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


def _samples(
    notice: str | None, variant: str | None, chosen: tuple[str, ...]
) -> "Iterator[Sample]":
    from pipeline.notifications.samples import samples  # noqa: PLC0415 - slow to import

    unknown = [language for language in chosen if language not in languages()]
    if unknown:
        raise UsageError("language_unknown", language=unknown[0], known=", ".join(languages()))
    if notice is not None and notice not in set(NoticeName):
        raise UsageError("notice_unknown", notice=notice)
    for language in chosen or languages():
        for sample in samples(language, NoticeName(notice) if notice else None):
            if variant is None or sample.variant == variant:
                yield sample


def _write(out: Path, found: "list[Sample]") -> None:
    """Write each mail as a page and as text, and ``index.html``, which shows them all."""
    from pipeline.notifications.gallery import gallery  # noqa: PLC0415 - slow to import

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
