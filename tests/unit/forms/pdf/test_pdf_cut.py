"""Characters that PDFium cut to their lower 16 bits are told by what they became."""

from io import BytesIO

import pypdfium2
import pytest

from pipeline.forms.pdf.read.cut import may_be_cut, saved_by_pdfium
from pipeline.model.form import Filling, FormKind
from pipeline.model.submission import Submission
from tests.unit.forms.pdf.conftest import Build, Read


def cut(text: str) -> str:
    """Return what PDFium keeps of pasted ``text`` where its characters are wide."""
    return "".join(chr(ord(character) & 0xFFFF) for character in text)


@pytest.mark.parametrize(
    "text",
    [
        "𠮷",
        "𠮷野",
        "𥔎 Ltd",
        "𠀋",
        "𡈽屋",
        "𡸴 Ltd",
        "𩸽の店",
        "𪚲",
        "葛\U000e0100城市",
        "ありがとう🤝",
        "🥳",
        "𝐀𝐜𝐦𝐞",
    ],
)
def test_text_that_was_cut_is_told(text: str) -> None:
    assert may_be_cut(cut(text))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Harbour Books Ltd",
        "two\nlines",
        "株式会社サンプル商事",
        "現代屋 朝橘 忠",
        "髙﨑　恵美子",
        "福\ufa1b 﨑 塚\ufa10",
        "Ōtani, Łódź, Ḳādir",
        "大阪 Ōtani",
        "Möwe Fähren – „große“ Fahrten ½ ¢",
        "ஷ்யாம்",
        "한국 호프",
        "Товарищ",
        "東京タワー ⭐",
    ],
)
def test_text_of_everyday_is_left_alone(text: str) -> None:
    assert not may_be_cut(text)


def test_kanji_of_everyday_use_cannot_be_told_from_what_was_cut() -> None:
    assert cut("𤺋") == "事"
    assert not may_be_cut("事")


@pytest.mark.parametrize(
    ("head", "expected"),
    [
        (b"%PDF-1.7\r\n%\xa1\xb3\xc5\xd7\r\n1 0 obj", True),
        (b"--boundary\r\n\r\n%PDF-1.4\r\n%\xa1\xb3\xc5\xd7\r\n", True),
        (b"%PDF-1.7\n%\xbf\xf7\xa2\xfe\n", False),
        (b"", False),
    ],
)
def test_files_of_pdfium_are_told_by_their_head(head: bytes, expected: bool) -> None:
    assert saved_by_pdfium(head) is expected


def test_cut_text_is_damaged_only_in_a_file_of_pdfium(build: Build, read: Read) -> None:
    content = build(FormKind.ONBOARDING, "ja", Filling((("company_legal_name", cut("𥔎 Ltd")),)))
    target = BytesIO()
    with pypdfium2.PdfDocument(content) as document:
        document.save(target)
    damaged = []
    for one in (content, target.getvalue()):
        submission = read(one)
        assert isinstance(submission, Submission)
        answer = submission.answer("company_legal_name")
        assert answer is not None
        assert answer.raw == "唎 Ltd"
        damaged.append(answer.damaged)
    assert damaged == [False, True]
