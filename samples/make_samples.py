# ruff: noqa: INP001 - a script beside its data, in no package
"""Makes the sample forms and mails: ``python samples/make_samples.py`` in the project's venv.

Needs LibreOffice, pdftk-java, node and npm. The forms are filled by those programs, never by our
own writers, so that what the demo reads is what the world sends.
"""

import io
import sys
import tempfile
import tomllib
import zipfile
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, parseaddr
from pathlib import Path
from typing import Any

from pipeline.forms.catalogue import FORMS
from pipeline.forms.definition import AnswerKind
from pipeline.forms.pdf_writer import build_pdf
from pipeline.forms.texts import form_texts
from pipeline.forms.xlsx_writer import build_xlsx
from pipeline.model.form import FormKind

_HERE = Path(__file__).parent
sys.path.insert(0, str(_HERE / "source"))

from fill import Programs  # noqa: E402 - beside this script, in no package

_MAILBOX = "GenesysCloudWhatsAppRequests@genesys.com"
_PRIVACY = "privacy@genesys.com"
_SERVER = "mx.genesys.example"
_WORKBOOKS = {"libreoffice", "exceljs"}
#: Programs that show the words of a list, where a person picks a word and not a code.
_SHOW_WORDS = {"libreoffice", "exceljs", "pdf-lib"}
_FIRST_DAY = datetime(2026, 11, 13, 0, 30, tzinfo=UTC)
_TYPES = {
    ".xlsx": ("application", "vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
    ".pdf": ("application", "pdf"),
    ".zip": ("application", "zip"),
}
#: ㈱ is outside of JIS X 0208; Japanese mail programs send it all the same (NEC row 13).
_KABU = ("㈱", "=KABU=", b"\x1b$B\x2d\x6a\x1b(B")


def main() -> None:
    """Write samples/forms, samples/mails and samples/samples.toml."""
    forms = _read("forms.toml")
    mails = _read("mails.toml")["mail"]
    for old in (*_HERE.glob("forms/*"), *_HERE.glob("mails/*")):
        old.unlink()
    with tempfile.TemporaryDirectory() as folder:
        programs = Programs(Path(folder))
        programs.prepare()
        names = {name: _fill(programs, Path(folder), name, forms) for name in forms}
    for mail in mails:
        path = _HERE / "mails" / f"{mail['name']}.eml"
        path.write_bytes(_mail(mail, names))
    _write_list(mails)


def _read(name: str) -> dict[str, Any]:
    return tomllib.loads((_HERE / "source" / name).read_text(encoding="utf-8"))


def _fill(programs: Programs, folder: Path, name: str, forms: Mapping[str, Any]) -> Path:
    """Fill one form and return its path."""
    entry = forms[name]
    kind, language, program = FormKind(entry["form"]), entry["language"], entry["program"]
    suffix = ".xlsx" if program in _WORKBOOKS else ".pdf"
    blank = folder / f"blank{suffix}"
    build = build_xlsx if suffix == ".xlsx" else build_pdf
    blank.write_bytes(build(kind, language, address=_MAILBOX, privacy=_PRIVACY))
    target = _HERE / "forms" / f"{name}{suffix}"
    programs.fill(program, blank, _answers(name, forms), target)
    return target


def _answers(name: str, forms: Mapping[str, Any]) -> dict[str, str]:
    """Return the answers as the form's program needs them, without the empty ones."""
    entry = forms[name]
    like = forms[entry["like"]]["answers"] if "like" in entry else {}
    questions = FORMS[FormKind(entry["form"])].questions
    texts = form_texts(entry["language"])
    program = entry["program"]
    found = {}
    for field, text in {**like, **entry["answers"]}.items():
        words = dict(texts.choices(field))
        value = words.get(text, text) if words and program in _SHOW_WORDS else text
        if questions[field].kind is AnswerKind.TICK and program == "pdftk-java":
            value = "Yes"
        key = f"fld_{field}" if program in _WORKBOOKS else field
        if text:
            found[key] = value
    return found


def _mail(mail: Mapping[str, Any], names: Mapping[str, Path]) -> bytes:
    """Return the mail as the receiving server wrote it into the mailbox."""
    name, address = parseaddr(mail["from"])
    local, _, domain = address.partition("@")
    sent = _FIRST_DAY + timedelta(days=mail["day"], minutes=7 * int(mail["name"][:2]))
    message = EmailMessage(policy=SMTP)
    message["From"] = Address(name, local, domain)
    message["To"] = _MAILBOX
    message["Subject"] = mail["subject"]
    message["Date"] = format_datetime(sent)
    message["Message-ID"] = f"<{mail['name']}.{int(sent.timestamp())}@{domain}>"
    if mail["proof"] == "automatic":
        message["Auto-Submitted"] = "auto-replied"
    text = mail["text"].lstrip("\n")
    charset = mail.get("charset", "utf-8")
    subtype = "html" if mail.get("html") else "plain"
    if charset == "utf-8":
        message.set_content(text, subtype=subtype, cte="base64" if not text.isascii() else "7bit")
    else:
        message.set_content(text.replace(_KABU[0], _KABU[1]), charset=charset, cte="7bit")
    for file_name, content in _attachments(mail, names):
        maintype, kind = _TYPES[Path(file_name).suffix]
        message.add_attachment(content, maintype=maintype, subtype=kind, filename=file_name)
    if message.is_multipart():
        message.set_boundary(f"=_{mail['name']}")
    raw = message.as_bytes().replace(_KABU[1].encode(), _KABU[2])
    return _trace(mail["proof"], address, domain, sent) + raw


def _attachments(mail: Mapping[str, Any], names: Mapping[str, Path]) -> list[tuple[str, bytes]]:
    given = mail.get("attach_as", [])
    files = []
    for index, form in enumerate(mail.get("forms", ())):
        path = names[form]
        content = path.read_bytes()
        files.append((given[index] if given else path.name, content[: mail.get("cut")]))
    if "zip" in mail:
        return [(mail["zip"], _zip(files))]
    return files


def _zip(files: list[tuple[str, bytes]]) -> bytes:
    """Return an archive with names in Shift_JIS, as Japanese Windows writes them."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for number, (name, content) in enumerate(files):
            # The library writes UTF-8 names only: a stand-in of the same length is replaced.
            stand_in = f"{number}".rjust(len(name.encode("cp932")), "@")
            archive.writestr(zipfile.ZipInfo(stand_in, (2026, 11, 19, 9, 30, 0)), content)
    raw = packed.getvalue()
    for number, (name, _) in enumerate(files):
        other = name.encode("cp932")
        raw = raw.replace(f"{number}".rjust(len(other), "@").encode(), other)
    return raw


def _trace(proof: str, address: str, domain: str, sent: datetime) -> bytes:
    """Return the header fields that the receiving server puts on top."""
    results = {
        "pass": f"dmarc=pass (p=reject) header.from={domain};\r\n"
        f" dkim=pass header.d={domain} header.s=s1; spf=pass smtp.mailfrom={address}",
        "none": f"dmarc=none header.from={domain};\r\n dkim=none; spf=pass smtp.mailfrom={address}",
        "fail": f"dmarc=fail (p=reject) header.from={domain};\r\n"
        " dkim=none; spf=softfail smtp.mailfrom=bounce@bulk-sender.example",
    }
    found = results.get(proof, results["pass"])
    arrived = format_datetime(sent + timedelta(seconds=4))
    host = "bulk-sender.example" if proof == "fail" else f"mail.{domain}"
    return (
        f"Authentication-Results: {_SERVER}; {found}\r\n"
        f"Received: from {host} ({host} [192.0.2.25])\r\n by {_SERVER} with ESMTPS;"
        f"\r\n {arrived}\r\n"
    ).encode("ascii")


def _write_list(mails: list[dict[str, Any]]) -> None:
    lines = [
        "# The sample mails in the order of the story; made by make_samples.py from source/.",
        "# `day` counts from the beginning of the story, nine days before its end.",
    ]
    for mail in mails:
        lines += [
            "",
            "[[sample]]",
            f'file = "mails/{mail["name"]}.eml"',
            f"day = {mail['day']}",
            f'sender = "{parseaddr(mail["from"])[1]}"',
            f'proof = "{mail["proof"]}"',
            f'shows = "{mail["shows"]}"',
        ]
    (_HERE / "samples.toml").write_text("\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
