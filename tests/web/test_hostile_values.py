"""Hostile values of customers and staff in every place of every page: nothing of them acts."""

import csv
import io
import re
from collections.abc import Iterator
from functools import partial
from typing import Any
from urllib.parse import quote, unquote

import pytest
from httpx2 import Response

from pipeline.flow.services import Work
from pipeline.flow.staff import review
from pipeline.flow.views.original import originals_of_request
from pipeline.model.request import EventName, NumberState, Status
from pipeline.store.queues import QueueView
from pipeline.store.records import NumberRecord
from pipeline.store.staff_records import Role
from pipeline.web.routes import PAGES
from pipeline.web.visit import Page
from tests.world.console import Staff
from tests.world.customers import HANAKO, JULIA, OLIVER, form
from tests.world.outbox import parsed
from tests.world.pages import AtConsole, PageForm, Parsed, at_console, attacks, read
from tests.world.poison import poisoned
from tests.world.world import World

#: Each ends another context; the element is one that no page of ours has.
HOSTILE = (
    "<zqx-tag>1</zqx-tag>",
    '"><zqx-tag onclick=zqx()>',
    "'><svg onload=zqx()><zqx-tag>",
    "</textarea></pre></title></option><zqx-tag>",
    "<img src=x onerror=zqx()>",
    "javascript:zqx()",
    '=HYPERLINK("https://zqx.example","zqx")',
    "{{ 7919 * 7 }}{% raw %}",
    "zqx\u202egpj.exe\u200b\x07",
    "\r\nBcc: zqx@zqx.example\r\n",
)
ALL = " ".join(HOSTILE)
LONG = "zqx" * 3_400
_LINE = ALL.replace("\r\n", " ").replace("\x07", "")
_BIDI = re.compile("[\u202a-\u202e\u2066-\u2069\u200b\x00-\x08]")
_FILES = (
    ("../../..\\zqx\u202efdp.<zqx-tag>.txt", b"plain"),
    ('"><zqx-tag onclick=zqx()>.png', b"no picture"),
    ("zqx%0d%0aSet-Cookie: a=b.html", b"<script>zqx()</script>"),
)


@pytest.fixture
def sato(world: World, staff: Staff) -> AtConsole:
    """Who may see everything."""
    return at_console(world, staff, "sato", Role.ADMIN)


def _answers() -> tuple[str, bytes]:
    """Return a form whose free answers are hostile, in a file whose name is."""
    values: dict[str, Any] = {
        "company_legal_name": _LINE,
        "contact_name": HOSTILE[2],
        "contact_department": LONG,
        "website": HOSTILE[5],
        "genesys_org_name": HOSTILE[1],
        "genesys_org_id": HOSTILE[0],
        "phone_number": HOSTILE[6],
        "phone_number_again": HOSTILE[6],
        "display_name": HOSTILE[3],
        "use_case": ALL.replace("\x07", ""),
        "country": HOSTILE[4],
        "contact_phone": HOSTILE[7],
    }
    _, content = form(language="ja", **values)
    return '"><zqx-tag onclick=zqx()>\u202e.xlsx', content


def _hostile(world: World) -> None:
    """Bring hostile values in on every way that a stranger has."""
    encoded = "=?utf-8?b?QQ0KQmNjOiB6cXhAenF4LmV4YW1wbGU=?="
    name = _LINE.replace('"', "'").replace("\\", "")
    julia = f'"{name[:200]}" <{JULIA}>'
    world.mail(julia, *_FILES, text=f"{ALL}\n{LONG}", subject=name)
    world.mail(HANAKO, _answers(), text=ALL, subject=name)
    world.mail(OLIVER, form(language="en"), text=ALL, subject=encoded)
    record = world.request(OLIVER)
    reviewed = review.approve(
        world.services, record, HOSTILE[1], ticked="all", business_verified=True
    )
    review.advance(world.services, reviewed, HOSTILE[1], event=EventName.NAME_APPROVED)
    world.staff_mails()
    assert world.request(OLIVER).status is Status.CERTIFICATE_ISSUED
    world.reply(world.request(OLIVER), ALL + '\nhttps://zqx.example/?a="><zqx-tag>', *_FILES)
    for found in world.requests():
        review.note(world.services, found, HOSTILE[0], text=f"{ALL}\n{LONG}")
    for number, owner in (("+819012345678", HOSTILE[1]), ("+819012345679", HOSTILE[5])):
        told = NumberRecord(number, NumberState.ACTIVE, owner, None)
        world.services.run(partial(_know, told))
    raw = world.customer.write(julia, subject=name, text=ALL)
    world.deliver(poisoned(raw))
    world.batch()
    assert world.quarantined()


def _know(told: NumberRecord, work: Work) -> None:
    """Keep what no command lets in, as a database may hold it."""
    work.tx.numbers.lock(told.e164)
    work.tx.numbers.set(told)


def _paths(world: World, sato: AtConsole, page: Page) -> Iterator[str]:
    """Yield the addresses of a page: with each thing that there is."""
    values: dict[str, list[str]] = {
        "view": [view.value for view in QueueView],
        "mail": [row.id for row in world.outbox()],
        "entry": world.quarantined(),
        "number": ["%2B819012345678", "%2B819012345679"],
        "serial": [row.serial for record in world.requests() for row in world.certificates(record)],
        "page:int": ["1"],
        "name": ["sato"] if "/users/" in page.path else ["needs_correction", "answer"],
    }
    if "{reference}" not in page.path:
        yield from _filled(page.path, values)
        return
    for record in world.requests():
        values["reference"] = [record.reference]
        with world.services.store.read() as tx:
            values["original"] = [
                quote(one.id, safe="") for one in originals_of_request(tx, record.id)
            ]
        if "{decision}" in page.path:
            values["decision"] = sato.offered(record.reference)
        yield from _filled(page.path, values)


def _filled(path: str, values: dict[str, list[str]]) -> Iterator[str]:
    found = re.search(r"\{([^}]+)\}", path)
    if found is None:
        yield path
        return
    for value in values[found[1]]:
        yield from _filled(path.replace(found[0], value), values)


def _inspect(answer: Response) -> None:
    """Assert that an answer holds nothing that acts."""
    where = str(answer.url)
    assert answer.status_code < 500, where
    for name, value in answer.headers.items():
        assert not re.search("[<>\r\n]|zqx@", value), (where, name)
    assert "set-cookie" not in answer.headers or "a=b" not in answer.headers["set-cookie"]
    disposition = answer.headers.get("content-disposition", "")
    if disposition:
        name = unquote(disposition.partition("filename")[2].lstrip("*=").removeprefix("UTF-8''"))
        name = name.strip('"')
        assert name, where
        assert not re.search(r'[/\\\r\n"<>|:*?%]', name), (where, name)
        assert not name.startswith("."), (where, name)
        assert not _BIDI.search(name), (where, name)
        assert "sandbox" in answer.headers["content-security-policy"], where
        assert disposition.startswith("attachment"), where
    elif where.endswith("/frame"):  # a mail of ours with made-up values, dressed as mails are
        assert "sandbox" in answer.headers["content-security-policy"], where
        assert "zqx" not in answer.text, where
    elif "html" in answer.headers.get("content-type", ""):
        page = read(answer)
        is_frame = where.endswith("/mail") and "/o/" in where
        acts = [one for one in attacks(page) if not is_frame or not one.startswith("<a href=http")]
        assert acts == [], where
        assert not [tag for tag, _ in page.tags if "zqx" in tag], where
        assert _runs(page) == [], where
        assert not _BIDI.search(answer.text), where
        assert "55433" not in answer.text, where


def _runs(page: Parsed) -> list[dict[str, str]]:
    """Return the scripts and frames of a page that are none of our files."""
    own = re.compile(r"/static/[\w.]+(\?.*)?")
    return [
        had
        for tag, had in page.tags
        if (tag == "script" and not own.fullmatch(had.get("src", "")))
        or (tag in {"object", "embed", "base", "meta"} and had.get("http-equiv"))
    ]


def test_no_page_lets_a_hostile_value_act(
    world: World, sato: AtConsole, deadly: pytest.MonkeyPatch
) -> None:
    _hostile(world)
    seen = set()
    told = ""
    for page in PAGES:
        if page.method != "GET":
            continue
        for path in _paths(world, sato, page):
            answer = sato.browser.get(path)
            _inspect(answer)
            told += answer.text if "html" in answer.headers.get("content-type", "") else ""
            seen.add(page.path)
    assert seen == {page.path for page in PAGES if page.method == "GET"}
    # what people wrote is there to be read, and as they wrote it
    assert "&lt;zqx-tag&gt;" in told
    assert "javascript:zqx()" in told
    for path in ("/q/all", "/outbox", "/q/needs-me", "/numbers", "/certificates"):
        for hostile in (*HOSTILE, LONG):
            _inspect(sato.browser.get(f"{path}?find={quote(hostile, safe='')}"))
        for name in ("view", "from", "before", "state", "done", "to"):
            _inspect(sato.browser.get(f"{path}?{name}={quote(ALL, safe='')}"))


def test_what_was_typed_comes_back_as_text(
    world: World, sato: AtConsole, deadly: pytest.MonkeyPatch
) -> None:
    _hostile(world)
    for record in world.requests():
        for decision in sato.offered(record.reference):
            path = f"/r/{record.reference}/d/{decision}"
            form_of_page = sato.page(path).form(path)
            values = _typed(form_of_page)
            for sent in (f"{path}/preview", path):
                answer = sato.browser.send(sent, {**values, "mark": "0-0-0-none"})
                assert answer.status_code in {200, 400, 409}, (sent, answer.status_code)
                _inspect(answer)
    for path in ("/numbers/set", "/numbers/organisations", "/login"):
        page = sato.browser.get(path)
        for found in read(page).forms:
            if found.method == "post" and found.action == path:
                _inspect(sato.browser.send(path, _typed(found)))


def _typed(found: PageForm) -> dict[str, list[str]]:
    hidden = {"csrf", "mark"}
    return {
        name: values if name in hidden or name.startswith(("answers-of", "answers-was")) else [ALL]
        for name, values in found.values.items()
    } | {"text": [ALL], "into": [HOSTILE[1]], "number": [HOSTILE[1]], "state": [HOSTILE[0]]}


def test_texts_of_staff_add_no_header_to_a_mail(world: World, sato: AtConsole) -> None:
    world.mail(OLIVER, form(language="en"), subject="=?utf-8?b?QQ0KQmNjOiB6cXhAenF4LmV4YW1wbGU=?=")
    reference = world.request(OLIVER).reference
    sato.take(reference, "answer", text=ALL)
    sato.take(reference, "ask", fields=["company_legal_name"], text=ALL)
    mails = world.staff_mails()
    assert mails
    for row in world.outbox():
        mail = parsed(row.content)
        assert mail["Bcc"] is None
        assert mail["To"] == OLIVER or "staff" in str(mail["To"])
        html = mail.get_body(("html",))
        page = Parsed(html.get_content() if html else "")
        assert not [tag for tag, _ in page.tags if "zqx" in tag]
        assert not [name for _, had in page.tags for name in had if name.startswith("on")]


def test_lists_as_files_hold_no_formula(
    world: World, sato: AtConsole, deadly: pytest.MonkeyPatch
) -> None:
    _hostile(world)
    for path in ("/q/all", "/outbox?view=all", "/numbers", "/certificates?state=all"):
        joined = "&" if "?" in path else "?"
        answer = sato.browser.get(f"{path}{joined}format=csv")
        _inspect(answer)
        rows = list(csv.reader(io.StringIO(answer.text)))
        assert len(rows) > 1, path
        assert [cell for row in rows for cell in row if re.match(r"[=@\t\r]", cell)] == []
