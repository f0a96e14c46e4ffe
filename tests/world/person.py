"""A person who leaves traces wherever a mail, a file, a request or staff can hold one."""

import zipfile
from datetime import timedelta
from email.message import EmailMessage
from io import BytesIO
from typing import Final

import pikepdf
from openpyxl import load_workbook
from openpyxl.comments import Comment

from pipeline.flow.staff import corrections, letters, review
from pipeline.flow.staff.desk import entering, undo
from pipeline.model.form import FormKind
from pipeline.model.request import NumberState
from tests.world.customers import form
from tests.world.world import World

YORI: Final = "yori.weidenkorb@flechtwerk.example"
#: What is planted, by where it stands.
PLANTED: Final = {
    # in the header of a mail
    "address": YORI,
    "name in From": "Yori Weidenkorb-Altmann",
    "Reply-To": "yori.urlaub@ufergras.example",
    "Cc": "kollegin.binse@ufergras.example",
    "Sender": "sekretariat@schilfrohr.example",
    "Return-Path": "ruecklauf@schilfrohr.example",
    "Message-ID": "moorlilie.4711@ufergras.example",
    "References": "sumpfdotter.0815@ufergras.example",
    "User-Agent": "Korbflechterpost 7.3",
    "Organization": "Weidenkorb Manufaktur Nord",
    "a field of its own": "Binsenkennung-XQ-2291",
    "name of a host": "rechner-von-yori.ufergras.example",
    "subject": "Rohrkolbensache vom Dienstag",
    # in its body and its files
    "text": "Der Seggenkorb ist seit gestern geflochten",
    "HTML": "Verborgenes Peddigrohr im Absatz",
    "name of a file": "Weidenruten-Inventur.txt",
    "words of a file": "Siebzehn Bund Kopfweide",
    "file in a zip": "Flechtmuster-geheim.txt",
    "words in a zip": "Rautenbindung ueber drei",
    "enclosed subject": "Weitergeleitet: Pappelbast",
    "enclosed text": "Pappelbast ist ausverkauft",
    # in a workbook, and in a PDF
    "comment of a cell": "Lindenbast pruefen, bevor das raus geht",
    "author of a comment": "Jorinde Espenlaub",
    "cell beside the answers": "Randnotiz mit Erlenzapfen",
    "sheet of its own": "Hainbuchenliste",
    "author of a workbook": "Ruprecht Ulmenholz",
    "note in a PDF": "Quittenbaum im Hinterhof beachten",
    "author of a PDF": "Benno Mispelstrauch",
    # in answers
    "answer": "Schlehdorn & Partner Korbwaren",
    "earlier answer": "Sanddornhaus Alt GmbH",
    "number": "+447400987611",
    "earlier number": "+447400987622",
    "text of a code": "Hallo Holunderladen, ich moechte flechten",
    # what staff entered, asked, wrote and took back
    "answer entered by staff": "kornelkirsche@flechtwerk.example",
    "question of staff": "Bitte das Vogelbeerschild nachreichen",
    "note of staff": "Am Telefon wegen Traubenkirsche",
    "answer of staff": "Wir haben den Felsenbirnenantrag gesehen",
    "reason of a rejection": "Berberitze ist kein Markenname",
    "company by telephone": "Kreuzdorn Telefonhandel",
    "contact by telephone": "Frau Gagelstrauch",
    "number by telephone": "+447400987633",
    "decision that was taken back": "Ginsterbusch zurueckgenommen",
    "number of the table": "+447400987644",
    # replies
    "reply": "Die Stechpalme hat keine Beeren",
    "automatic reply": "Bin im Liguster bis Freitag",
    "reply of a stranger's address": "Efeuranke von anderswo",
}
#: What a mail that was answered by staff holds; other fields of it have no bytes of a person.
_HEADER: Final = {
    "From": f"{PLANTED['name in From']} <{YORI}>",
    "Reply-To": PLANTED["Reply-To"],
    "Cc": PLANTED["Cc"],
    "Sender": PLANTED["Sender"],
    "Return-Path": f"<{PLANTED['Return-Path']}>",
    "References": f"<{PLANTED['References']}>",
    "User-Agent": PLANTED["User-Agent"],
    "Organization": PLANTED["Organization"],
    "X-Binse": PLANTED["a field of its own"],
    "X-Originating-Host": PLANTED["name of a host"],
}
_PLAIN: Final = {"From": _HEADER["From"]}


def _workbook(company: str, number: str) -> bytes:
    """Return a filled form with remarks wherever a workbook has room for some."""
    filled = form(
        FormKind.ONBOARDING,
        "en",
        "xlsx",
        company_legal_name=company,
        phone_number=number,
        phone_number_again=number,
        contact_email=YORI,
    )
    book = load_workbook(BytesIO(filled[1]))
    first = book.worksheets[0]
    first["A1"].comment = Comment(PLANTED["comment of a cell"], PLANTED["author of a comment"])
    first.cell(first.max_row + 3, 2, PLANTED["cell beside the answers"])
    book.create_sheet(PLANTED["sheet of its own"])
    book.properties.creator = PLANTED["author of a workbook"]
    out = BytesIO()
    book.save(out)
    return out.getvalue()


def _pdf() -> bytes:
    """Return a filled form for a code with a note on its page."""
    filled = form(FormKind.QR, "en", "pdf", prefilled_message=PLANTED["text of a code"])
    out = BytesIO()
    with pikepdf.open(BytesIO(filled[1])) as pdf:
        pdf.docinfo["/Author"] = PLANTED["author of a PDF"]
        note = pikepdf.Dictionary(
            Type=pikepdf.Name.Annot,
            Subtype=pikepdf.Name.Text,
            Rect=[20, 20, 40, 40],
            Contents=PLANTED["note in a PDF"],
        )
        page = pdf.pages[0]
        kept = list(page.get("/Annots", pikepdf.Array()))
        page.Annots = pdf.make_indirect(pikepdf.Array([*kept, pdf.make_indirect(note)]))
        pdf.save(out)
    return out.getvalue()


def _zip() -> bytes:
    out = BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr(PLANTED["file in a zip"], PLANTED["words in a zip"])
    return out.getvalue()


def _enclosed() -> bytes:
    mail = EmailMessage()
    mail["From"], mail["Subject"] = YORI, PLANTED["enclosed subject"]
    mail.set_content(PLANTED["enclosed text"])
    return mail.as_bytes()


def leave_traces(world: World) -> None:
    """Let the person and staff do all of it, until every request has ended."""
    services = world.services
    words = {"text": PLANTED["text"], "subject": PLANTED["subject"]}
    files = (
        ("form.xlsx", _workbook(PLANTED["earlier answer"], PLANTED["earlier number"])),
        (PLANTED["name of a file"], PLANTED["words of a file"].encode()),
        ("more.zip", _zip()),
        ("enclosed.eml", _enclosed()),
    )
    message_id = {"Message-ID": f"<{PLANTED['Message-ID']}>"}
    world.mail(YORI, *files, headers={**_HEADER, **message_id}, **words)
    record = world.request(YORI)
    review.note(services, record, "saki", text=PLANTED["note of staff"])
    corrections.ask(services, world.again(record), "saki", text=PLANTED["question of staff"])
    world.staff_mails()
    world.reply(
        world.again(record), "", ("form.xlsx", _workbook(PLANTED["answer"], PLANTED["number"]))
    )
    entered = (("contact_email", PLANTED["answer entered by staff"]),)
    corrections.edit(services, world.again(record), "saki", answers=entered)
    letters.answer(services, world.again(record), "saki", text=PLANTED["answer of staff"])
    world.staff_mails()
    held = review.hold(
        services, world.again(record), "saki", note=PLANTED["decision that was taken back"]
    )
    undo.undo(services, world.again(held), "saki")
    review.hold(services, world.again(record), "saki", note=PLANTED["decision that was taken back"])
    world.reply(world.again(record), PLANTED["reply"])
    away = {**_PLAIN, "Auto-Submitted": "auto-replied"}
    world.deliver(world.customer.write(YORI, text=PLANTED["automatic reply"], headers=away))
    world.deliver(world.customer.write(YORI, text=PLANTED["HTML"], headers=_PLAIN, proof="none"))
    world.deliver(
        world.customer.write(YORI, text=PLANTED["reply of a stranger's address"], headers=_PLAIN)
    )
    world.mail(YORI, ("code.pdf", _pdf()), headers=_PLAIN)
    caller = entering.Caller(
        FormKind.MIGRATION,
        YORI,
        PLANTED["company by telephone"],
        PLANTED["contact by telephone"],
        PLANTED["number by telephone"],
    )
    entering.open_request(services, caller, "saki", again=True)
    world.set_number(PLANTED["number of the table"], NumberState.RELEASED, YORI)
    world.staff_mails()
    rejected = world.again(record)
    review.reject(services, rejected, "saki", reason="other", text=PLANTED["reason of a rejection"])
    for one in world.requests_of(YORI):
        if not one.state.ended:
            review.withdraw(services, one, "saki")
    world.run(timedelta(hours=1))
