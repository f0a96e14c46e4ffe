"""What tells the characters of a print where its fonts do not, and which of them are lost."""

import struct
from io import BytesIO

import pikepdf
import pytest

from pipeline.forms.pdf.fonts import REGULAR
from pipeline.forms.pdf.printed.codes import with_known_codes
from pipeline.forms.pdf.printed.damage import as_meant, has_lost_characters
from pipeline.forms.pdf.printed.fold import as_typed
from pipeline.forms.pdf.printed.options import chosen
from pipeline.forms.pdf.printed.page import PrintedPage, opened
from pipeline.forms.pdf.printed.sfnt import characters_of_glyphs
from pipeline.forms.pdf.printed.text import Written
from pipeline.forms.pdf.write.typesetting.subset import cut
from tests.unit.forms.pdf.additions import in_font

_MOST_READ = 70_000


def _page(encoding: str, shown: bytes, *, program: bytes = b"", meaning: bytes = b"") -> bytes:
    """Return a PDF that shows the codes ``shown`` in a composite font of ``encoding``."""
    pdf = pikepdf.new()
    page = pdf.add_blank_page(page_size=(200, 100))
    font = in_font(pdf, encoding, program, meaning)
    page.Resources = pikepdf.Dictionary(Font=pikepdf.Dictionary(F1=font))
    page.Contents = pdf.make_stream(b"BT /F1 12 Tf 20 50 Td <%s> Tj ET" % shown.hex().encode())
    target = BytesIO()
    pdf.save(target)
    return target.getvalue()


def _shown(content: bytes) -> str:
    with pikepdf.open(BytesIO(content)) as pdf:
        known = with_known_codes(pdf, content)
    with opened(known) as document:
        page = PrintedPage(document, 0)
        text = "".join("\ufffd" if item.unmapped else item.text for item in page.characters)
        page.close()
    return text


@pytest.mark.parametrize(
    ("encoding", "codec"),
    [
        ("/90ms-RKSJ-H", "cp932"),
        ("/EUC-H", "euc_jp"),
        ("/UniJIS-UTF16-H", "utf-16-be"),
        ("/UniJIS-UCS2-H", "utf-16-be"),
    ],
)
def test_codes_of_a_character_set_are_read(encoding: str, codec: str) -> None:
    assert _shown(_page(encoding, "山田商店2027".encode(codec))) == "山田商店2027"


def test_unicode_codes_are_believed_rather_than_a_wrong_map() -> None:
    wrong = (
        b"begincmap 1 begincodespacerange <0000> <ffff> endcodespacerange\n"
        b"1 beginbfchar <0032> <0051> endbfchar endcmap"
    )
    content = _page("/UniJIS-UTF16-H", "2".encode("utf-16-be"), meaning=wrong)
    assert _shown(content) == "2"


def test_code_points_of_five_digits_are_read_as_characters() -> None:
    """MuPDF names 𠮷 so, where two halves of UTF-16 belong (ISO 32000-2, 9.10.3)."""
    meaning = (
        b"begincmap 1 begincodespacerange <0000> <ffff> endcodespacerange\n"
        b"2 beginbfchar <0032> <20bb7> <0033> <91ce> endbfchar endcmap"
    )
    shown = _shown(_page("/Identity-H", b"\x00\x32\x00\x33", meaning=meaning))
    assert shown.encode("utf-16-le", "surrogatepass").decode("utf-16-le") == "𠮷野"


def test_glyphs_of_an_embedded_font_are_read_by_its_own_map() -> None:
    subset = cut(REGULAR, ["山", "髙", "A"])
    codes = b"".join(struct.pack(">H", subset.glyphs[one]) for one in "髙山A")
    assert _shown(_page("/Identity-H", codes, program=subset.program)) == "髙山A"


def test_font_without_anything_stays_unread() -> None:
    content = _page("/Identity-H", b"\x00\x05")
    with pikepdf.open(BytesIO(content)) as pdf:
        assert with_known_codes(pdf, content) is content


@pytest.mark.parametrize("kind", [4, 12])
def test_map_that_claims_too_much_is_read_in_part(kind: int) -> None:
    if kind == 12:
        groups = struct.pack(">3L", 1, 0x10FFFF, 1) * 1_000
        body = struct.pack(">2H3L", 12, 0, 16 + len(groups), 0, 1_000) + groups
    else:
        count = 1_000
        ends, starts = b"\xff\xff" * count, b"\x00\x00" * count
        body = struct.pack(">7H", 4, 0, 0, 2 * count, 0, 0, 0) + ends + b"\0\0" + starts
        body += b"\0\0" * count + struct.pack(f">{count}H", *([0] * count))
    table = struct.pack(">4HL", 0, 1, 3, 10, 12) + body
    font = struct.pack(">L4H", 0x10000, 1, 0, 0, 0) + struct.pack(
        ">4s3L", b"cmap", 0, 28, len(table)
    )
    assert 0 < len(characters_of_glyphs(font + table)) <= _MOST_READ


@pytest.mark.parametrize("size", [0, 3, 11, 30, 60])
def test_torn_font_is_no_font(size: int) -> None:
    assert characters_of_glyphs(cut(REGULAR, ["山"]).program[:size]) == {}


@pytest.mark.parametrize(
    "text",
    [
        "??????", "2027?3?8? 10:00", "?????03-1234", "髙﨑商店?WhatsApp", "············",
        "クラウドAPI·Metaが", "ĒĬĥ\x9e", "˚‡˘•", "November ¤C 28", "山\ufffd商店", "\ue001",
    ],
)  # fmt: skip
def test_characters_that_a_program_did_not_know_are_told(text: str) -> None:
    assert has_lost_characters(text)


@pytest.mark.parametrize(
    "text",
    [
        "Really?", "Is it? Yes", "Why?? Because", "Why???", "https://a.example/?x=1&y=?",
        "a.example/p?x=1", "col·legi", "Est-ce possible ? Oui", "ok (?)", "What?\nNo", "𠮷野",
        "葛󠄀城", "か゚", "Ünal & Søn", "l'été", "～・「」①㈱",
    ],
)  # fmt: skip
def test_what_people_type_is_not_told(text: str) -> None:
    assert not has_lost_characters(text)


def test_text_that_was_drawn_byte_by_byte_is_read() -> None:
    drawn = b"\xfe\xff" + "お客様相談室".encode("utf-16-be")
    assert as_meant(drawn.decode("cp1252")) == "お客様相談室"
    assert as_meant(drawn.decode("cp1252")[:-1]) == ""
    assert as_meant("þing") == "þing"


_WORDS = ("On premises", "On the business platform (another provider)", "Never")


@pytest.mark.parametrize(
    ("seen", "read", "damaged"),
    [
        ("Never", "Never", False),
        ("On the business pla", "On the business platform (another provider)", False),
        ("On he business platfrm (another provder)", "On the business platform (another provider)",
         False),
        ("On", "On", True),
        ("Xyz", "Xyz", True),
        ("never_used", "never_used", False),
    ],
)  # fmt: skip
def test_word_of_a_list_is_told_by_what_is_seen_of_it(seen: str, read: str, damaged: bool) -> None:
    found = chosen(Written(seen), ("a", "b", "never_used"), _WORDS)
    assert (found.text, found.damaged) == (read, damaged)


def test_signs_of_one_glyph_are_those_of_the_keyboard() -> None:
    assert as_typed("3\u20111234 昆布‧鰹節") == "3-1234 昆布・鰹節"
