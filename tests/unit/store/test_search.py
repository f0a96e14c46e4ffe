"""Search: whatever people write is found in the spellings that others type, and nothing else."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime
from typing import TYPE_CHECKING

import pytest

from pipeline.model.form import FormKind
from pipeline.model.identifiers import new_id
from pipeline.model.request import HoldReason, Move, Status, Track
from pipeline.store import Store, Transaction
from pipeline.store.queues import QueueView
from pipeline.store.records import AttachmentRecord, NoteRecord, RequestRecord, StoredReading
from pipeline.store.search.find import Asking, find
from pipeline.store.search.folding import document, fold, of_mark, stands_in, tokens
from pipeline.store.search.index import forget, index_waiting, is_built, mark_old
from pipeline.store.search.query import parse_query
from pipeline.store.staff_records import DeskRecord
from tests.unit.store.conftest import NOW

if TYPE_CHECKING:
    from tests.unit.store.conftest import Database, Make

Later = Callable[[float], datetime]
_TODAY = date(2026, 11, 23)


def _found(store: Store, text: str, view: QueueView = QueueView.ALL, **more: int) -> list[str]:
    with store.read() as tx:
        asking = Asking(NOW, "Asia/Tokyo", "saki")
        rows = find(tx, parse_query(text, today=_TODAY), view, asking, **more)
    return [row.company for row in rows]


def _index(store: Store) -> None:
    while store.run(lambda tx: index_waiting(tx.context, 50)):
        pass


def _keep(store: Store, *records: RequestRecord) -> None:
    def work(tx: Transaction) -> None:
        for record in records:
            tx.requests.insert(record)

    store.run(work)


#: What stands in a request, and what a person types to find it.
_SPELLINGS = [
    ("Rivière & Fils", ("riviere", "RIVIÈRE", "Rivie\u0300re", "rivière fils", "riv", '"fils"')),
    ("Müller GmbH", ("muller", "mueller", "MÜLLER", "Mu\u0308ller", "mülle", "gmbh müller")),
    ("Mueller AG", ("müller", "mueller")),
    ("Straße & Söhne KG", ("strasse", "STRASSE", "straße", "soehne", "sohne", "Söhne")),
    ("Nguyễn Thị Ánh Co", ("nguyen", "Nguyễn", "NGUYỄN THỊ", "thi anh", "nguyen anh")),
    ("Đặng Văn Lâm", ("dang van", "đặng", "Dang", "lam")),
    ("İstanbul Işık A.Ş.", ("istanbul", "isik", "ışık", "IŞIK", "İSTANBUL", "a.ş.")),
    ("Çağrı Öztürk", ("cagri", "ozturk", "oeztuerk", "ÇAĞRI", "öztürk")),
    ("Łódź Świętokrzyska", ("lodz", "łódź", "swietokrzyska")),
    ("Ærø Søfart", ("aero", "ærø", "sofart", "soefart")),
    ("株式会社山田製作所", ("山田", "製作所", "株式会社山田", "会社", "作")),
    ("㈱髙島屋", ("(株)髙島屋", "髙島", "株", "屋")),
    ("ﾔﾏﾀﾞ電機", ("ヤマダ", "やまだ", "ﾔﾏﾀﾞ", "やまだ電機", "ヤマダ 電機", "電")),
    ("サトウ コーヒー", ("さとう", "サトウコーヒー", "コーヒー", "ｺｰﾋｰ")),
    ("渡辺 太郎商店", ("渡辺太郎", "渡辺 太郎", "渡辺\u3000太郎", "太郎 渡辺")),
    ("ＡＢＣ Ｃｏｒｐ", ("abc corp", "ABC", "ａｂｃ")),
    ("GMOペパボ", ("gmo", "ペパボ", "gmoペパボ", "ぺぱぼ")),
    ("ガス会社", ("ガス", "がす")),
    ("서울 커피", ("서울", "커피", "서")),
    ("Ελλάς Καφές", ("ελλας", "ΕΛΛΆΣ", "καφες")),
    ("Чёрный Лев", ("черный", "ЧЁРНЫЙ", "лев")),
    ("บริษัท กาแฟ", ("บริษัท", "กาแฟ")),
    ("O'Brien–Smith, Inc.", ("o'brien", "O’Brien-Smith", "brien smith", '"smith inc"')),
    ("ﬁne oﬃce №5", ("fine", "office", "No5")),
    ("100% Juice_Bar", ("100%", "juice bar", "juice_bar", "bar")),
]


def test_every_spelling_finds_what_was_written(store: Store, make: "Make") -> None:
    _keep(store, *(make.request(company=company) for company, _ in _SPELLINGS))
    for state in ("changed", "indexed"):
        for company, spellings in _SPELLINGS:
            for text in spellings:
                assert company in _found(store, text), (state, company, text)
        _index(store)
    assert len([text for _, spellings in _SPELLINGS for text in spellings]) > 80


_NOT_FOUND = ("ivière", "mull er gmbhx", "ハス", "田山", "100%x", "rivière müller")


@pytest.mark.parametrize("text", _NOT_FOUND)
def test_what_does_not_stand_there_is_not_found(store: Store, make: "Make", text: str) -> None:
    _keep(store, *(make.request(company=company) for company, _ in _SPELLINGS))
    assert _found(store, text) == []
    _index(store)
    assert _found(store, text) == []


def test_all_texts_of_a_request_are_searched(store: Store, make: "Make") -> None:
    request = make.request(
        company="Mine",
        contact="Zoë Kraft",
        subject="Bitte um Freischaltung",
        address_of_record="z.kraft@post.mine.example.co.jp",
        number="+819012345678",
        reference="WA-7K3M9Q4M",
    )
    other = make.request(company="Other", address_of_record="b@else.example", number="+4917012345")
    readings = (
        StoredReading("use_case", "Bestätigung per ｓｍｓ", "D3", "s", "Bestätigung per sms", "ok"),
        StoredReading("meta_business_id", "1234 5678 9012 345", "D4", "s", "123456789012345", "ok"),
    )
    _keep(store, request, other)

    def work(tx: Transaction) -> None:
        tx.revisions.insert(make.revision(request, readings=readings))
        note = NoteRecord(make.id(), request.id, make.now, "saki", False, "Rückruf am Dienstag")
        tx.notes.insert(note)
        tx.attachments.insert(
            AttachmentRecord(make.id(), request.id, None, "Vollmacht_Köln.pdf", "a/b", "ab" * 32, 1)
        )
        tx.messages.insert_fetched([make.message(request_id=request.id, subject="AW: Nachfrage")])
        mail = make.mail(
            request_id=request.id,
            subject="Ihre Anfrage",
            triggered_by="saki",
            content=b"Subject: x\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n"
            + "Wir prüfen die Vollmacht nächste Woche.\r\n".encode(),
        )
        tx.outbox.enqueue(mail)

    store.run(work)
    for _ in range(2):
        for text in (
            *("zoe", "Freischaltung", "mine.example.co.jp", "@post.mine", "z.kraft@post"),
            *(
                "bestaetigung",
                "SMS",
                "123456789012345",
                "1234 5678 9012 345",
                "申請書",
                "申請書.xlsx",
            ),
            *("rückruf dienstag", "vollmacht koeln", "köln.pdf", "nachfrage", "ihre anfrage"),
            *("naechste woche", '"pruefen die vollmacht"', "zoe rückruf sms"),
            *("WA-7K3M9Q4M", "wa 7k3m", "7k3m9q4m", "ＷＡ－７Ｋ３Ｍ９Ｑ４Ｍ", "7K3M9Q4M zoe"),
            *(
                "+81 90-1234-5678",
                "090-1234-5678",
                "０９０１２３４５６７８",
                "1234-5678",
                "01234567",
                "(090) 1234",
            ),
            *("0081 90 1234 5678", "9012345678", "090\u30fc1234", "090 1234 5678 kraft"),
            *("company:mine", "number:090-1234-5678", "company:mine zoe"),
        ):
            assert _found(store, text) == ["Mine"], text
        assert _found(store, "company:zoe") == []
        assert _found(store, "number:123456789012345") == []
        _index(store)


def test_words_found_whole_come_before_beginnings_and_the_newest_first(
    store: Store, make: "Make"
) -> None:
    names = ["Berg", "Bergmann", "Berg Bau", "Bergwerk"]
    _keep(store, *(make.request(company=name) for name in names))
    _index(store)
    assert _found(store, "berg") == ["Berg Bau", "Berg", "Bergwerk", "Bergmann"]
    pages = [_found(store, "berg", limit=1, offset=at) for at in range(5)]
    assert pages == [["Berg Bau"], ["Berg"], ["Bergwerk"], ["Bergmann"], []]


_HOSTILE = [
    *('"', '""', "'", "%", "_", "*", "\\", "(", ")", "a AND", "NOT", "NEAR(a b)", "a OR b", "^a"),
    *("words:x", "{a}: b", "a*", "-a", "\0", "a\0b", "\ud800", "x" * 10_000, "' OR 1=1 --", ":*"),
    *(
        "a & b",
        "a | !b",
        "<->",
        "'a':*",
        "「",
        "\u202e",
        "🙂",
        "٣٤٥٦",
        "１２３４" * 500,
        "é" * 9_000,
    ),
    *("a " * 5_000, '"' * 999, "status:\u200b", "searched_words MATCH", "；DROP TABLE requests"),
]


@pytest.mark.parametrize("indexed", [False, True])
def test_hostile_texts_are_just_texts(store: Store, make: "Make", indexed: bool) -> None:
    # a word of a reference may begin with a letter that is looked for
    plain = make.request(company="Plain", reference="WA-77777777")
    _keep(store, plain, make.request(company='a "OR" b\0 \ud800 %'))
    if indexed:
        _index(store)
    for text in _HOSTILE:
        assert "Plain" not in _found(store, text), text
    [company] = _found(store, '"a or b"')
    assert company.startswith('a "OR" b')


def test_filters_narrow_what_is_found(store: Store, make: "Make", later: Later) -> None:
    held = make.request(
        make.state(Status.HELD, hold_reason=HoldReason.SENDER, track=Track.QR),
        company="Held",
        language="de",
        country="DE",
        form=FormKind.QR,
        due_at=later(-60),
    )
    waits = make.request(
        make.state(Status.NEEDS_CORRECTION), company="Waits", move=Move.CUSTOMER, due_at=None
    )
    ended = make.request(
        make.state(Status.REJECTED, ended_at=make.now),
        company="Ended",
        move=Move.NOBODY,
        due_at=None,
        opened_at=later(-86_400 * 10),
    )
    _keep(store, held, waits, ended)

    def work(tx: Transaction) -> None:
        tx.notes.insert(
            NoteRecord(make.id(), waits.id, make.now, "", True, "Hallo", waits_since=make.now)
        )
        tx.desk.set(DeskRecord(held.id, assignee="saki"))

    store.run(work)
    cases = {
        "status:held": ["Held"],
        "STATUS:Held,needs-correction": ["Waits", "Held"],
        "track:qr": ["Held"],
        "form:qr": ["Held"],
        "lang:DE country:de": ["Held"],
        "assignee:me": ["Held"],
        "assignee:saki": ["Held"],
        "assignee:none": ["Ended", "Waits"],
        "is:unread": ["Waits"],
        "is:late": ["Held"],
        "is:held": ["Held"],
        "is:open": ["Waits", "Held"],
        "is:ended": ["Ended"],
        "since:2026-11-20": ["Waits", "Held"],
        "since:3d": ["Waits", "Held"],
        "before:2026-11-20": ["Ended"],
        "hallo is:unread": ["Waits"],
        "hallo is:held": [],
        "example.co.jp is:open": ["Waits", "Held"],
        "": ["Ended", "Waits", "Held"],
    }
    for _ in range(2):
        assert {text: _found(store, text) for text in cases} == cases
        _index(store)
    assert _found(store, "example.co.jp", QueueView.HELD) == ["Held"]
    assert _found(store, "example.co.jp", QueueView.NEEDS_ME) == ["Waits", "Held"]
    assert _found(store, "status:held", QueueView.NEEDS_ME) == ["Held"]


def test_faults_of_a_query_are_told() -> None:
    query = parse_query("colour:red status:sad since:tomorrow is:open müller", today=_TODAY)
    assert [(fault.code, fault.key, fault.value) for fault in query.faults] == [
        ("query_key", "colour", "red"),
        ("query_value", "status", "sad"),
        ("query_date", "since", "tomorrow"),
    ]
    assert "company" in query.faults[0].known
    assert "held" in query.faults[1].known
    assert query.text == "müller"
    for text in ("since:0001-01-01", "before:9999-12-31", "status:,", "lang:,", "is:late,sad"):
        assert len(parse_query(text, today=_TODAY).faults) == 1, text
    assert parse_query("since:9999d", today=_TODAY).days == {"since": date(2000, 1, 1)}
    for text in ("https://example.com", "Re: hello", '"colour:red"', "10:30", "a:"):
        assert parse_query(text, today=_TODAY).faults == ()
    assert parse_query("since:2026-02-30", today=_TODAY).faults[0].code == "query_date"


def test_erased_texts_leave_the_index(store: Store, make: "Make") -> None:
    request = make.request(company="Rivière", contact="Zoë")
    _keep(store, request)
    store.run(
        lambda tx: tx.notes.insert(
            NoteRecord(make.id(), request.id, make.now, "", True, "vertraulich 渡辺太郎")
        )
    )
    _index(store)
    assert _found(store, "vertraulich") == ["Rivière"]
    store.run(lambda tx: tx.privacy.erase_request(request.id))
    assert _words_of_index(store) == set()
    _index(store)
    for text in ("vertraulich", "渡辺", "riviere", "zoe"):
        assert _found(store, text) == []
    reference = request.reference.removeprefix("WA-").lower()
    assert _words_of_index(store) == {"wa", reference}


def _words_of_index(store: Store) -> set[str]:
    """Return every token that the index has."""
    with store._engine.connect() as connection:
        if store._engine.dialect.name == "postgresql":
            rows = connection.exec_driver_sql(
                "SELECT DISTINCT unnest(tsvector_to_array(words)) FROM searched"
            )
        else:
            connection.exec_driver_sql(
                "CREATE VIRTUAL TABLE temp.terms USING fts5vocab('main', 'searched_words', 'row')"
            )
            rows = connection.exec_driver_sql("SELECT term FROM temp.terms")
        return {word for word in rows.scalars() if not word.startswith(of_mark(""))}


def test_purged_words_of_staff_leave_the_index(store: Store, make: "Make", later: Later) -> None:
    request = make.request()
    content = b"Subject: x\r\n\r\nonly in this letter\r\n"
    mail = make.mail(request_id=request.id, triggered_by="saki", content=content)
    _keep(store, request)
    store.run(lambda tx: tx.outbox.enqueue(mail))
    store.run(lambda tx: tx.outbox.cancel(mail.id))
    _index(store)
    assert len(_found(store, "letter")) == 1
    store.run(lambda tx: tx.outbox.purge_sent(later(60), 10))
    _index(store)
    assert _found(store, "letter") == []


def test_changed_words_take_the_place_of_the_old_ones(store: Store, make: "Make") -> None:
    request = make.request(company="Before")
    _keep(store, request)
    _index(store)
    changed = replace(request, company="After", state=replace(request.state, version=2))
    store.run(lambda tx: tx.requests.save(changed, expected_version=1))
    assert _found(store, "after") == ["After"]
    assert _found(store, "before") == []
    _index(store)
    assert _found(store, "after") == ["After"]
    assert _found(store, "before") == []


def test_requests_of_old_come_into_the_index_by_and_by(database: "Database", make: "Make") -> None:
    store = database.open()
    _keep(store, *(make.request(company=f"Old {place}") for place in range(5)))
    with store._engine.begin() as connection:
        connection.exec_driver_sql("DELETE FROM searched")
    assert _found(store, "old") == []
    portions = 0
    while store.run(lambda tx: mark_old(tx.context, 2)):
        portions += 1
        _index(store)
    assert portions == 3
    with store.read() as tx:
        assert is_built(tx.context)
    assert _found(store, "old") == [f"Old {place}" for place in (4, 3, 2, 1, 0)]


def test_mailboxes_find_their_own_requests_alone(database: "Database", make: "Make") -> None:
    ours, theirs = database.open(), database.open("others@example.com")
    _keep(ours, make.request(company="Shared Name"))
    _keep(theirs, make.request(company="Shared Name"))
    for store in (ours, theirs):
        _index(store)
    assert _found(ours, "shared") == ["Shared Name"]
    assert _found(theirs, "shared") == ["Shared Name"]


def test_forgetting_what_was_never_indexed_changes_nothing(store: Store, make: "Make") -> None:
    request = make.request(company="Here")
    _keep(store, request)
    store.run(lambda tx: forget(tx.context, request.id))
    store.run(lambda tx: forget(tx.context, "nowhere"))
    assert _found(store, "here") == ["Here"]


def test_beginning_of_a_folded_word_is_the_folded_beginning() -> None:
    for word in ("Bauer", "Oelfeld", "aëe", "queue", "Maerz", "Aéroport", "ｶﾞｽ会社"):
        whole = document([word])
        for end in range(1, len(word) + 1):
            begun = fold(word[:end])
            if begun and word[end : end + 1] != "ﾞ":
                assert stands_in(begun, whole), (word, word[:end])
    assert tokens(document(["a_b", "a_b"])) == ["a", "b"]


@pytest.mark.parametrize("text", ["gen", "gene is:open", "berg", "genf berg", "company:gen", "ra"])
def test_a_common_beginning_finds_the_same_as_a_rare_one(
    store: Store, make: "Make", text: str
) -> None:
    """What nearly all have is found among the newest, what few have by the index."""
    kinds = ("Genesys Cloud", "Genf Berg", "Bergwerk Generika", "Berg Cosmos", "Gen Rarität")
    names = [f"{kinds[at * at % 7 % 5]} {at:03}" for at in range(90)]
    ended = {name for at, name in enumerate(names) if at % 9 == 0}
    first = int(NOW.timestamp() * 1000)
    made = [
        make.request(company=name, id=new_id(first + 1000 * at)) for at, name in enumerate(names)
    ]
    _keep(
        store,
        *(
            replace(one, state=replace(one.state, status=Status.REJECTED))
            if one.company in ended
            else one
            for one in made
        ),
    )
    _index(store)
    words = [word for word in text.split() if word != "is:open"]
    *others, last = [fold(word.removeprefix("company:")) for word in words]

    def meets(name: str, *, whole: bool) -> bool:
        folded = fold(name).split(" ")
        ends = any(word == last if whole else word.startswith(last) for word in folded)
        return ends and all(any(word.startswith(one) for word in folded) for one in others)

    wanted = [
        name
        for name in names[::-1]
        if meets(name, whole=False) and not (name in ended and "is:open" in text)
    ]
    wanted.sort(key=lambda name: not meets(name, whole=True))
    assert _found(store, text, limit=100) == wanted
    assert [_found(store, text, limit=7, offset=at) for at in (0, 7, 35)] == [
        wanted[at : at + 7] for at in (0, 7, 35)
    ]
