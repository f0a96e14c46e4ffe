"""One mail of the ledger as a page of text for the terminal."""

from pipeline.cli.output import print_lines
from pipeline.flow.views.messages import ShownMessage, told_place, told_why
from pipeline.wording import console as words
from pipeline.wording.instants import told


def print_message(mail: ShownMessage, zone: str) -> None:
    """Print what the ledger knows of a mail, with the references of its requests."""
    row = mail.row
    outcome = row.outcome.value if row.outcome else row.state.value
    print_lines(f"{row.id}  {words.status_word(outcome)}", rest="  ", bold=True)
    verdict = words.status_word(row.sender_verdict.value) if row.sender_verdict else ""
    rows = [
        ("received", told(row.fetched_at, zone)),
        ("sender", f"{row.sender} ({verdict})" if verdict else row.sender),
        ("subject", row.subject),
        ("message_id", row.message_id),
        ("size", f"{row.size}"),
        ("reference", ", ".join(mail.requests)),
        ("why", words.why(told_why(row))),
        ("attempts", str(row.attempts) if row.attempts else ""),
        ("next", told(row.next_at, zone)),
        ("processed", told(row.processed_at, zone)),
        ("moved_to", row.move_to),
        ("stands_in", told_place(row) if row.withheld else ""),
        ("server_said", row.withheld),
        ("last_error", words.fault(row.last_error) if row.last_error else ""),
        ("trace", row.trace),
    ]
    rows += [("warning", words.named("sender_warning", code)) for code in row.sender_warnings]
    for key, value in rows:
        if value:
            print_lines(f"{words.word(key)}: {value}", first="  ", rest="      ")
