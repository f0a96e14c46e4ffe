import io
import struct
import tracemalloc
import zipfile
from collections.abc import Callable, Mapping
from typing import Any

import pytest
from hypothesis import HealthCheck, given
from hypothesis import strategies as st

from pipeline.forms.xlsx.read.reader import read_xlsx
from pipeline.model.form import FormFile
from pipeline.model.problem import Severity
from pipeline.model.submission import Submission, UnreadableFile
from tests.drawn import drawn

Build = Callable[..., bytes]
Refuse = Callable[[bytes], str]
Read = Callable[[bytes], Submission]
Parts = Callable[[bytes, Mapping[str, Any]], bytes]
Wrap = Callable[[bytes], FormFile]

_SHEET = "xl/worksheets/sheet2.xml"
_ANY = [HealthCheck.function_scoped_fixture, HealthCheck.too_slow]


@pytest.fixture
def filled(build: Build) -> bytes:
    """A sound form with one answer."""
    return build(answers={"notes": "x", "contact_name": "Aiko Tanaka"})


@pytest.mark.parametrize(
    "content",
    [b"", b"PK\x03\x04", b"PK\x05\x06" + bytes(18), b"%PDF-1.7", b"\xd0\xcf\x11\xe0" * 99],
)
def test_other_bytes_are_damaged(refuse: Refuse, content: bytes) -> None:
    assert refuse(content) == "file_damaged"


def test_truncated_file_is_damaged(refuse: Refuse, filled: bytes) -> None:
    assert refuse(filled[: len(filled) // 2]) == "file_damaged"


def test_broken_checksum_is_damaged(refuse: Refuse, filled: bytes) -> None:
    with zipfile.ZipFile(io.BytesIO(filled)) as archive:
        info = archive.getinfo(_SHEET)
    middle = info.header_offset + 30 + len(_SHEET) + info.compress_size // 2
    broken = (
        filled[:middle]
        + bytes(byte ^ 0xFF for byte in filled[middle : middle + 4])
        + filled[middle + 4 :]
    )
    assert refuse(broken) == "file_damaged"


def test_xml_that_is_not_well_formed_is_damaged(
    refuse: Refuse, with_parts: Parts, filled: bytes
) -> None:
    assert refuse(with_parts(filled, {_SHEET: lambda old: old[:-20]})) == "file_damaged"


def test_junk_before_the_file_does_not_matter(read: Read, filled: bytes) -> None:
    answer = read(b"\r\n\r\n" + filled).answer("contact_name")
    assert answer is not None
    assert answer.raw == "Aiko Tanaka"


def test_problem_is_an_error_of_the_customer_about_the_whole_file(form_file: Wrap) -> None:
    found = read_xlsx(form_file(b"nothing"))
    assert isinstance(found, UnreadableFile)
    assert (found.file_name, found.problem.severity, found.problem.field) == (
        "form.xlsx",
        Severity.ERROR,
        "",
    )


def test_big_file_is_refused(refuse: Refuse, filled: bytes) -> None:
    assert refuse(filled + bytes(5_000_001)) == "file_refused"


def test_bomb_is_refused_before_it_is_unpacked(
    refuse: Refuse, with_parts: Parts, filled: bytes
) -> None:
    bomb = with_parts(filled, {"xl/media/image1.bin": bytes(19_000_000)})
    tracemalloc.start()
    try:
        assert refuse(bomb) == "file_refused"
        assert tracemalloc.get_traced_memory()[1] < 2_000_000
    finally:
        tracemalloc.stop()


def test_bomb_that_lies_about_its_size_is_stopped(
    refuse: Refuse, with_parts: Parts, filled: bytes
) -> None:
    bomb = with_parts(
        filled,
        {_SHEET: lambda old: old.replace(b"</worksheet>", b" " * 15_000_000 + b"</worksheet>")},
    )
    with zipfile.ZipFile(io.BytesIO(bomb)) as archive:
        size = archive.getinfo(_SHEET).file_size
    assert refuse(bomb.replace(struct.pack("<I", size), struct.pack("<I", 40_000))) in {
        "file_refused",
        "file_damaged",
    }


def test_many_parts_are_refused(refuse: Refuse, with_parts: Parts, filled: bytes) -> None:
    assert (
        refuse(with_parts(filled, {f"part{number}": b"" for number in range(300)}))
        == "file_refused"
    )


def test_two_parts_of_one_name_are_refused(refuse: Refuse, filled: bytes) -> None:
    out = io.BytesIO(filled)
    with zipfile.ZipFile(out, "a") as archive, pytest.warns(UserWarning, match="Duplicate"):
        archive.writestr(_SHEET, "<worksheet/>")
    assert refuse(out.getvalue()) == "file_refused"


def test_names_that_differ_in_case_are_refused(
    refuse: Refuse, with_parts: Parts, filled: bytes
) -> None:
    assert refuse(with_parts(filled, {_SHEET.upper(): b"<worksheet/>"})) == "file_refused"


def test_overlapping_parts_are_refused(refuse: Refuse, filled: bytes) -> None:
    with zipfile.ZipFile(io.BytesIO(filled)) as archive:
        first, second = archive.infolist()[:2]
    old = struct.pack("<I", second.header_offset) + second.filename.encode()
    assert filled.count(old) == 1
    changed = filled.replace(old, struct.pack("<I", first.header_offset) + second.filename.encode())
    assert refuse(changed) == "file_refused"


def test_encrypted_parts_are_refused(refuse: Refuse, filled: bytes) -> None:
    entry = filled.index(b"PK\x01\x02")
    changed = bytearray(filled)
    changed[entry + 8] |= 1
    assert refuse(bytes(changed)) == "file_refused"


@pytest.mark.parametrize("part", [_SHEET, "xl/workbook.xml", "docProps/custom.xml", "_rels/.rels"])
def test_document_type_is_refused(
    refuse: Refuse, with_parts: Parts, filled: bytes, part: str
) -> None:
    laughs = b'<!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;">]>'
    content = with_parts(
        filled, {part: lambda old: laughs + old[old.index(b"<", 2 if old[:2] == b"<?" else 0) :]}
    )
    assert refuse(content) == "file_refused"


def test_many_cells_are_refused(refuse: Refuse, with_parts: Parts, filled: bytes) -> None:
    cells = b"<row>" + b"<c><v>1</v></c>" * 20_001 + b"</row></sheetData>"
    content = with_parts(filled, {_SHEET: lambda old: old.replace(b"</sheetData>", cells)})
    assert refuse(content) == "file_refused"


def test_empty_formatted_cells_do_not_matter(read: Read, with_parts: Parts, filled: bytes) -> None:
    cells = b'<row r="999">' + b'<c s="1"/>' * 30_000 + b"</row></sheetData>"
    content = with_parts(filled, {_SHEET: lambda old: old.replace(b"</sheetData>", cells)})
    assert read(content).missing == ()


def test_macros_are_named(refuse: Refuse, with_parts: Parts, filled: bytes) -> None:
    assert refuse(with_parts(filled, {"xl/vbaProject.bin": b"x"})) == "file_macro"


def test_binary_workbook_is_named(form_file: Wrap, with_parts: Parts, filled: bytes) -> None:
    content = with_parts(
        filled, {"_rels/.rels": lambda old: old.replace(b"xl/workbook.xml", b"xl/workbook.bin")}
    )
    found = read_xlsx(form_file(content))
    assert isinstance(found, UnreadableFile)
    assert (found.problem.code, found.problem.params) == ("file_type", (("type", "xlsb"),))


def test_zip_that_is_no_workbook_is_not_our_form(refuse: Refuse) -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("hello.txt", "hello")
    assert refuse(out.getvalue()) == "file_template"


def test_link_to_the_outside_is_not_followed(
    refuse: Refuse, with_parts: Parts, filled: bytes
) -> None:
    content = with_parts(
        filled,
        {
            "_rels/.rels": lambda old: old.replace(
                b'Target="xl/workbook.xml"', b'Target="xl/workbook.xml" TargetMode="External"'
            )
        },
    )
    assert refuse(content) == "file_template"


@drawn(20, 60, suppress_health_check=_ANY)
@given(data=st.data())
def test_mutated_bytes_never_raise(form_file: Wrap, filled: bytes, data: st.DataObject) -> None:
    content = bytearray(filled)
    for _ in range(data.draw(st.integers(1, 6))):
        where = data.draw(st.integers(0, len(content) - 1))
        content[where] = data.draw(st.integers(0, 255))
    assert isinstance(read_xlsx(form_file(bytes(content))), Submission | UnreadableFile)


@drawn(20, 60, suppress_health_check=_ANY)
@given(data=st.data())
def test_mutated_xml_never_raises(
    form_file: Wrap, with_parts: Parts, filled: bytes, data: st.DataObject
) -> None:
    part = data.draw(
        st.sampled_from(
            [_SHEET, "xl/workbook.xml", "xl/styles.xml", "_rels/.rels", "docProps/custom.xml"]
        )
    )
    word = data.draw(
        st.sampled_from(
            [b"", b"9" * 40, b"-1", b"\xff", b"<c>", b"NaN", b"1e999", "ｘ".encode(), b"&#0;"]
        )
    )

    def mutate(old: bytes) -> bytes:
        start = data.draw(st.integers(0, len(old) - 1))
        return old[:start] + word + old[start + data.draw(st.integers(0, 12)) :]

    content = with_parts(filled, {part: mutate})
    assert isinstance(read_xlsx(form_file(content)), Submission | UnreadableFile)


@drawn(20, 60, suppress_health_check=_ANY)
@given(
    value=st.text(max_size=12),
    kind=st.sampled_from(["n", "s", "b", "e", "d", "str", "x"]),
    style=st.integers(0, 99),
)
def test_any_cell_value_never_raises(
    form_file: Wrap, with_parts: Parts, filled: bytes, value: str, kind: str, style: int
) -> None:
    escaped = "".join(f"&#{ord(character)};" for character in value)
    cell = f'<c r="D20" t="{kind}" s="{style}"><v>{escaped}</v></c></row>'.encode()
    content = with_parts(filled, {_SHEET: lambda old: old.replace(b"</row>", cell, 3)})
    assert isinstance(read_xlsx(form_file(content)), Submission | UnreadableFile)
