"""Shared strings say the same whether they are cut out of the XML or read from a tree."""

import xml.etree.ElementTree as ET
from collections.abc import Callable
from xml.sax.saxutils import escape

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.forms.xlsx.read import cells
from pipeline.forms.xlsx.read.archive import Archive, DamagedFileError, RefusedFileError
from pipeline.forms.xlsx.read.cells import read_strings

_DECLARED = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
_SPACE = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
_LEGAL = st.characters(codec="utf-8", exclude_characters="\ufffe\uffff\r").filter(
    lambda sign: sign >= " " or sign in "\t\n"
)
_HEADS = (
    _DECLARED + f"<sst {_SPACE}>",
    "\ufeff" + _DECLARED + f'<sst {_SPACE} count="2" uniqueCount="2">',
    f"<?xml version='1.0' encoding='utf-8'?><sst {_SPACE}>",
    f'<?xml version="1.0"?>\r\n<sst {_SPACE}>',
    _DECLARED + "<sst>",
)


class _OnePart(Archive):
    """An archive whose every part has the same bytes."""

    def __init__(self, content: bytes) -> None:
        super().__init__(content, {})

    def read(self, name: str) -> bytes:
        return self._content


def _read(content: bytes) -> tuple[str, ...]:
    return read_strings(_OnePart(content), "xl/sharedStrings.xml")


def _is_cut(content: bytes) -> bool:
    return cells._cut_strings(content) is not None


def _document(items: str, head: str = _HEADS[0]) -> bytes:
    return f"{head}{items}</sst>".encode()


def _decimal(text: str) -> str:
    return "".join(f"&#{ord(sign)};" for sign in text)


def _hexadecimal(text: str) -> str:
    return "".join(f"&#x{ord(sign):04X};" for sign in text)


def _named(text: str) -> str:
    return escape(text, {'"': "&quot;", "'": "&apos;"})


@given(
    texts=st.lists(st.text(_LEGAL, max_size=20), min_size=1, max_size=6),
    head=st.sampled_from(_HEADS),
    spell=st.sampled_from((escape, _named, _decimal, _hexadecimal)),
    tag=st.sampled_from(("<t>", '<t xml:space="preserve">')),
)
def test_plain_strings_are_cut_and_say_what_the_tree_says(
    texts: list[str], head: str, spell: Callable[[str], str], tag: str
) -> None:
    items = "".join(f"<si>{tag}{spell(text)}</t></si>" for text in texts)
    content = _document(items, head)
    assert cells._cut_strings(content) == texts
    with_a_comment = _document(items + "<!-- a tree is needed -->", head)
    assert not _is_cut(with_a_comment)
    assert _read(content) == _read(with_a_comment)


@pytest.mark.parametrize(
    ("items", "texts"),
    [
        ("<si><t>a</t></si><si><t/></si>", ("a", "")),
        ("<si><t>a</t></si>\n<si><t>b</t></si>", ("a", "b")),
        ("<si><r><t>a</t></r><r><t> b</t></r></si>", ("a b",)),
        ('<si><t>東京</t><rPh sb="0" eb="2"><t>トウキョウ</t></rPh></si>', ("東京",)),
        ("<si><t>a<!-- b -->c</t></si>", ("ac",)),
        ("<si><t><![CDATA[</t></si><si><t>]]></t></si>", ("</t></si><si><t>",)),
        ("<si><t>a<?b </t></si><si><t> ?>c</t></si>", ("ac",)),
        ("<!-- <si><t>a</t></si> --><si><t>b</t></si>", ("b",)),
        ('<si><t xmlns="urn:other">a</t></si>', ("",)),
        ("<si><t>a\r\nb\rc</t></si>", ("a\nb\nc",)),
        ("", ()),
    ],
)
def test_other_strings_are_read_from_a_tree(items: str, texts: tuple[str, ...]) -> None:
    content = _document(items)
    assert not _is_cut(content)
    assert _read(content) == texts


@pytest.mark.parametrize(
    "head",
    [
        f"<!-- a --><sst {_SPACE}>",
        f"<?xml version='1.0' encoding='iso-8859-1'?><sst {_SPACE}>",
        f'{_DECLARED}<sst {_SPACE} note="a>b">',
        f"<sst {_SPACE}>",
    ],
)
def test_strings_after_an_unusual_beginning_are_read_from_a_tree(head: str) -> None:
    content = f"{head}<si><t>über</t></si></sst>".encode()
    assert not _is_cut(content)
    assert _read(content) == tuple(item.text for item in ET.fromstring(content).iter() if item.text)


@pytest.mark.parametrize(
    "content",
    [
        _document("<si><t>&unknown;</t></si>"),
        _document("<si><t>&#0;</t></si>"),
        _document("<si><t>&#xD800;</t></si>"),
        _document("<si><t>&#X41;</t></si>"),
        _document("<si><t>a & b</t></si>"),
        _document("<si><t>]]></t></si>"),
        _document("<si><t>\x01</t></si>"),
        _document("<si><t>\uffff</t></si>"),
        _document("<si><t>a</t></si>", _DECLARED + '<sst a="1" a="2">'),
        _document("<si><t>a</t></si>", _DECLARED + '<sst unbound:a="1">'),
        _document("<si><t>a</t></si>") + b"\x1c",
        _document("<si><t>a</t></si>") + b"<sst/>",
        _document("<si><t>\u00e9</t></si>").replace(b"\xc3\xa9", b"\xe9"),
        _document("<si><t>\u00e9</t></si>").replace(b"\xc3\xa9", b"\xed\xa0\x80"),
    ],
)
def test_strings_that_are_no_xml_are_damaged(content: bytes) -> None:
    with pytest.raises(DamagedFileError):
        _read(content)


def test_a_number_of_many_digits_is_a_character_like_any_other() -> None:
    assert _read(_document(f"<si><t>&#{'0' * 5_000}65;</t></si>")) == ("A",)
    assert _read(_document(f"<si><t>&#x{'0' * 5_000}41;</t></si>")) == ("A",)


def test_escapes_of_the_format_are_read_in_strings_that_are_cut() -> None:
    content = _document("<si><t>a_x000A_b</t></si><si><t>_xD83D__xDE00_ &amp;amp;</t></si>")
    assert _is_cut(content)
    assert _read(content) == ("a\nb", "😀 &amp;")


def test_limits_hold_for_strings_that_are_cut() -> None:
    long = _document(f"<si><t>{'x' * 100_001}</t></si>")
    assert _is_cut(long)
    assert _read(long) == ("x" * 100_000 + "\ufffd",)
    with pytest.raises(RefusedFileError):
        _read(_document("<si><t>a</t></si>" * 200_001))
    with pytest.raises(RefusedFileError):
        _read(_document("<si><t>&lt;!DOCTYPE</t></si>", "<!DOCTYPE sst>" + _HEADS[0]))
    assert not _is_cut(_document(f"<si><t>{'x' * 1_000_000}</t></si>"))
