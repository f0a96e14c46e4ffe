"""A whole run in its barest form: what 200 mails cost that are read, kept and answered by a script.

It reads each mail and its form in the guarded child as the product does, commits twice a mail, and
answers with one sentence. It judges nothing and asks nobody. Its arguments: host and port of the
mailbox, user, password, the port of the courier, and a folder.
"""

import imaplib
import smtplib
import sqlite3
import sys
from contextlib import closing
from email.message import EmailMessage
from pathlib import Path

from pipeline.flow.inbound.child import read_message
from pipeline.guard import Guard


def main(host: str, port: str, user: str, password: str, courier: str, folder: str) -> None:
    """Read what is new, keep it, answer it, and mark it as seen."""
    with (
        Guard() as guard,
        imaplib.IMAP4(host, int(port)) as mailbox,
        smtplib.SMTP("127.0.0.1", int(courier)) as line,
        closing(sqlite3.connect(Path(folder) / "rows.sqlite3", isolation_level=None)) as rows,
    ):
        rows.execute("PRAGMA journal_mode = WAL")
        rows.execute("PRAGMA synchronous = FULL")
        rows.execute("CREATE TABLE IF NOT EXISTS answers (uid, sender, answers, answered)")
        mailbox.login(user, password)
        mailbox.select()
        for uid in mailbox.uid("search", "UNSEEN")[1][0].split():
            (_, raw), *_ = mailbox.uid("fetch", uid.decode(), "(BODY.PEEK[])")[1]
            read = guard.call(read_message, raw)
            sender = read.message.senders[0].address
            row = (uid, sender, repr(read.submissions[0].answers))
            rows.execute("INSERT INTO answers VALUES (?, ?, ?, 0)", row)
            answer = EmailMessage()
            answer["From"], answer["To"], answer["Subject"] = "box@example.com", sender, "Received"
            answer.set_content("We have it.")
            line.send_message(answer)
            rows.execute("UPDATE answers SET answered = 1 WHERE uid = ?", (uid,))
            mailbox.uid("store", uid.decode(), "+FLAGS", "(\\Seen)")


if __name__ == "__main__":
    main(*sys.argv[1:])
