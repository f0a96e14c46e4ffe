"""One mail of the outbox as a page of text for the terminal."""

from pipeline.cli.output import print_lines
from pipeline.flow.views.outbox import ShownOutboxMail
from pipeline.wording import console as words
from pipeline.wording.instants import told

#: What our mails put into the words of others, so that no program makes a link of them.
_JOINER = "\u2060"


def print_outbox_mail(mail: ShownOutboxMail, zone: str) -> None:
    """Print how far a mail has come, and what its reader gets."""
    rows = [
        ("state", words.status_word(mail.state.value)),
        ("notice", words.notice_name(mail.notice.value)),
        ("reference", ", ".join(mail.references)),
        ("recipient", mail.recipient),
        ("sender", mail.sender),
        ("subject", mail.subject),
        ("message_id", mail.message_id),
        ("caused_by", words.status_word(mail.caused_by)),
        ("created", told(mail.created_at, zone)),
        ("next", told(mail.next_at, zone)),
        ("sent_at", told(mail.sent_at, zone)),
        ("attempts", str(mail.attempts) if mail.attempts else ""),
        ("why", mail.last_error),
        ("attached", ", ".join(f"{file.name} ({file.size})" for file in mail.files)),
    ]
    print_lines(mail.id, bold=True)
    for key, value in rows:
        if value:
            print_lines(f"{words.word(key)}: {value}", first="  ", rest="      ")
    print_lines("")
    if not mail.has_bytes:
        print_lines(words.word("mail_no_text"), first="  ", rest="  ")
    for line in mail.text.replace(_JOINER, "").splitlines():
        print_lines(line, first="  | ", rest="  | ")
    if mail.hidden:
        print_lines(words.word("mail_secret"))
