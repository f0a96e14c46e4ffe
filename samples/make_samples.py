# ruff: noqa: INP001 - a script beside its data, in no package
"""Makes the sample forms and mails: ``python samples/make_samples.py`` in the project's venv.

Needs the programs of ``tests/programs`` (``make test`` installs them). The forms are filled by
those, never by our own writers, so that what the demo reads is what the world sends. A folder as
argument takes the place of this one.
"""

import io
import sys
import tempfile
import tomllib
import zipfile
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, parseaddr
from pathlib import Path
from typing import Any

from pipeline.forms.pdf.write.form import build_pdf
from pipeline.forms.texts import form_texts
from pipeline.forms.xlsx.write.form import build_xlsx
from pipeline.model.form import FileFormat, FormKind

_HERE = Path(__file__).parent
sys.path.insert(0, str(_HERE.parent))

from tests.programs.answers import way_of  # noqa: E402 - found in the checkout only
from tests.programs.job import Entry, Job, Program  # noqa: E402 - as above
from tests.programs.libreoffice import LibreOffice  # noqa: E402 - as above
from tests.programs.node_books import EXCELJS  # noqa: E402 - as above
from tests.programs.pdf_js import PdfJs  # noqa: E402 - as above
from tests.programs.pdf_lib import PdfLib  # noqa: E402 - as above
from tests.programs.pdftk import Pdftk  # noqa: E402 - as above

_MAILBOX = "GenesysCloudWhatsAppRequests@genesys.com"
_PRIVACY = "privacy@genesys.com"
_SERVER = "mx.genesys.example"
_PROGRAMS: Mapping[str, Program] = {
    "libreoffice": LibreOffice(),
    "exceljs": EXCELJS,
    "pdf-lib": PdfLib(),
    "pdf.js": PdfJs(),
    "pdftk-java": Pdftk(),
}
_FIRST_DAY = datetime(2026, 11, 13, 0, 30, tzinfo=UTC)
_TYPES = {
    ".xlsx": ("application", "vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
    ".pdf": ("application", "pdf"),
    ".zip": ("application", "zip"),
}
#: ㈱ is outside of JIS X 0208; Japanese mail programs send it all the same (NEC row 13).
_KABU = ("㈱", "=KABU=", b"\x1b$B\x2d\x6a\x1b(B")


def main(target: Path = _HERE) -> None:
    """Write forms/, mails/ and samples.toml into ``target``."""
    forms = _read("forms.toml")
    mails = _read("mails.toml")["mail"]
    for folder in (target / "forms", target / "mails"):
        folder.mkdir(parents=True, exist_ok=True)
        for old in folder.iterdir():
            old.unlink()
    with tempfile.TemporaryDirectory() as folder_name:
        names = _fill(forms, Path(folder_name), target / "forms")
    for mail in mails:
        path = target / "mails" / f"{mail['name']}.eml"
        path.write_bytes(_mail(mail, names))
    _write_list(mails, target / "samples.toml")


def _read(name: str) -> dict[str, Any]:
    return tomllib.loads((_HERE / "source" / name).read_text(encoding="utf-8"))


def _fill(forms: Mapping[str, Any], scratch: Path, target: Path) -> dict[str, Path]:
    """Let each program fill its forms; return their paths by name."""
    paths: dict[str, Path] = {}
    for program_name, program in _PROGRAMS.items():
        if missing := program.missing():
            raise SystemExit(f"{missing} is not installed")
        own = scratch / program_name
        own.mkdir()
        jobs = [
            _job(name, forms, program.file_format, scratch, target)
            for name, entry in forms.items()
            if entry["program"] == program_name
        ]
        program.fill(jobs, own)
        paths |= {job.target.stem: job.target for job in jobs}
    return paths


def _job(
    name: str, forms: Mapping[str, Any], file_format: FileFormat, scratch: Path, target: Path
) -> Job:
    """Write the blank of one form; return what is to be done with it."""
    kind, language = FormKind(forms[name]["form"]), forms[name]["language"]
    file_name = f"{name}.{file_format.value}"
    build = build_xlsx if file_format is FileFormat.XLSX else build_pdf
    blank = scratch / file_name
    blank.write_bytes(build(kind, language, address=_MAILBOX, privacy=_PRIVACY))
    entries = tuple(_entries(name, forms, kind, file_format))
    return Job(kind, language, blank, entries, target / file_name)


def _entries(
    name: str, forms: Mapping[str, Any], kind: FormKind, file_format: FileFormat
) -> Iterator[Entry]:
    """Yield the answers of one form, without the empty ones."""
    entry = forms[name]
    like = forms[entry["like"]]["answers"] if "like" in entry else {}
    texts = form_texts(entry["language"])
    for field, given in {**like, **entry["answers"]}.items():
        words = dict(texts.choices(field))
        if given:
            way = way_of(kind, texts, file_format, field)
            text, code = words.get(given, given), given if given in words else ""
            yield Entry(field, text, code, way)


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


def _write_list(mails: list[dict[str, Any]], target: Path) -> None:
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
    target.write_text("\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:2]))
