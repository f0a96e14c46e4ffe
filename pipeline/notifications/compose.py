"""From a notice and its facts to the words of a mail: subject, plain text, HTML."""

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

from markupsafe import Markup

from pipeline.model.notice import NoticeFacts, NoticeName
from pipeline.model.request import Status
from pipeline.notifications.addressee import addressee_lines
from pipeline.notifications.blocks import Block, BlockKind, Line, read_blocks
from pipeline.notifications.html import HtmlWriter
from pipeline.notifications.plain import PlainWriter
from pipeline.notifications.seal import Promised, Vault
from pipeline.notifications.sources import Source, find_source, shared_part
from pipeline.notifications.view import View
from pipeline.notifications.words import FALLBACK, Words, words_of

if TYPE_CHECKING:
    from jinja2 import Template
    from jinja2.sandbox import ImmutableSandboxedEnvironment


@dataclass(frozen=True, slots=True)
class Composed:
    """The words of a mail.

    ``text`` is complete by itself; ``html`` has the same words, and hidden before them the
    ``preheader``, which an inbox shows beside the subject. ``body`` is the part of ``text``
    between greeting and closing, by which lengths are counted. ``rows`` are those of its tables as
    a reply quotes them from the HTML. ``template_id`` is the template's stable id with its version.
    ``promised``: it names the date by which we write.
    """

    notice: NoticeName
    language: str
    subject: str
    text: str
    html: str
    body: str
    template_id: str
    promised: bool = False
    preheader: str = ""
    rows: str = ""


@cache
def _environment() -> "ImmutableSandboxedEnvironment":
    from jinja2 import StrictUndefined, pass_context  # noqa: PLC0415 - slow to import
    from jinja2.runtime import Context  # noqa: PLC0415 - slow to import
    from jinja2.sandbox import ImmutableSandboxedEnvironment  # noqa: PLC0415 - slow to import

    class Sandbox(ImmutableSandboxedEnvironment):
        """Decides once for a type and a name, which is all that its rule looks at."""

        known: dict[tuple[type, str], bool] = {}  # noqa: RUF012 - of the one environment

        def is_safe_attribute(self, obj: Any, attr: str, value: Any) -> bool:
            """Return whether a template may read ``attr`` of ``obj``."""
            key = (type(obj), attr)
            if key not in self.known:
                self.known[key] = super().is_safe_attribute(obj, attr, value)
            return self.known[key]

    @pass_context
    def seal(context: Context, value: object) -> str:
        vault: Vault = context["vault"]
        return vault.seal(value)

    return Sandbox(
        undefined=StrictUndefined,
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=seal,
    )


@cache
def _template(source: str) -> "Template":
    return _environment().from_string(source)


@cache
def _fixed(source: str) -> str:
    """Return a template that asks for nothing."""
    return _template(source).render()


def _telling(facts: NoticeFacts) -> tuple[str, ...]:
    """Return the facts that may choose a document, the most telling first."""
    certificate = facts.certificate
    on_hold = facts.status is Status.HELD
    found = (
        ("reason:", facts.reason),
        ("hold:", facts.hold_reason),
        ("reason:", certificate.reason if certificate else ""),
        ("", "reminder" if facts.reminder else ""),
        ("", "limit" if certificate and certificate.is_last and not on_hold else ""),
        ("actor:", "staff" if facts.by_staff else ""),
        ("from:", facts.previous_status),
        ("to:", facts.status),
        ("track:", facts.track),
        ("known:", "details" if facts.details_known else ""),
        ("form:", facts.form or "none"),
    )
    return tuple(f"{kind}{code}" for kind, code in found if code)


@dataclass
class _Mail:
    """One mail in the making."""

    source: Source
    words: Words
    facts: NoticeFacts
    vault: Vault

    def render(self, template: str) -> str:
        """Return ``template`` as Markdown with sealed values."""
        if "{" not in template:
            return _fixed(template)
        view = View(self.facts, self.words)
        return _template(template).render(v=view, f=self.facts, part=self.part, vault=self.vault)

    def part(self, name: str) -> Markup:
        """Return the shared part ``name`` where a template asks for it; it is ours, no value."""
        text = self.render(shared_part(self.words.language, name))
        return Markup(text.strip("\n"))  # noqa: S704 - its own values are sealed already

    def shared(self, part: str) -> tuple[Block, ...]:
        return read_blocks(self.render(shared_part(self.words.language, part))) if part else ()

    def addressee(self) -> tuple[Block, ...]:
        if self.source.address == "none":
            return ()
        who = self.facts if self.source.address == "person" else None
        lines = addressee_lines(
            self.words,
            who.company if who else "",
            who.department if who else "",
            who.contact if who else "",
        )
        sealed = tuple(Line(self.vault.seal(line), hard=True) for line in lines)
        return (Block(BlockKind.PARAGRAPH, gap=False, lines=sealed),)


def compose(notice: NoticeName, variant: str, language: str, facts: NoticeFacts) -> Composed:
    """Write the mail ``notice`` in its ``variant`` with ``facts``, in ``language`` or English.

    Without a document for ``variant``, the facts choose one (see ``sources``). Raises
    ConfigurationError ``notice_source`` or ``notice_variant`` for templates that are not as they
    have to be, jinja2.UndefinedError and TypeError for one that writes what does not exist.
    """
    source = find_source(notice.value, variant, _telling(facts), language)
    mail = _Mail(source, words_of(source.language), facts, Vault())
    subject, preheader = (mail.render(line).strip() for line in (source.subject, source.preheader))
    body = read_blocks(mail.render(source.body))
    before = (
        mail.addressee(),
        mail.shared(source.opening and f"opening_{source.opening}"),
    )
    after = (
        mail.shared(source.closing and f"closing_{source.closing}"),
        mail.shared(f"signature_{source.signature}"),
    )
    writer = PlainWriter(mail.words, mail.vault)
    plain_body = writer.write(body)
    parts = (*map(writer.write, before), plain_body, *map(writer.write, after))
    return Composed(
        notice=notice,
        language=source.language,
        subject=mail.vault.open_line(subject),
        text=_text(parts, mail.words),
        html=HtmlWriter(mail.words, mail.vault).page(subject, preheader, (*before, body, *after)),
        body=plain_body,
        template_id=source.template_id,
        promised=mail.vault.holds(Promised),
        preheader=mail.vault.open_line(preheader),
        rows=writer.rows(body),
    )


def _text(parts: tuple[str, ...], words: Words) -> str:
    written = [part for part in parts if part]
    rule = words.text("layout", "signature_rule")
    if rule:
        written[-1] = f"{rule}\n{written[-1]}\n{rule}"
    return "\n\n".join(written) + "\n"


def forwardable(notice: NoticeName, language: str, facts: NoticeFacts) -> str:
    """Return the text of ``notice`` that can be passed on, in English and then in ``language``.

    It has no reference, no name and no link; empty when the notice has no such text. The old
    provider is often abroad, hence English always.
    """
    texts = []
    for code in dict.fromkeys((FALLBACK, words_of(language).language)):
        source = find_source(notice.value, "", _telling(facts), code)
        mail = _Mail(source, words_of(code), facts, Vault())
        writer = PlainWriter(mail.words, mail.vault)
        blocks = read_blocks(mail.render(source.body))
        texts += [writer.write(block.blocks) for block in blocks if block.blocks]
    return "\n\n".join(texts) + "\n" if texts else ""
