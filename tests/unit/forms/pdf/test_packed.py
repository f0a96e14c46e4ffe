"""Packed objects whose checksum is wrong are noticed, wherever they stand in a file."""

import re
from io import BytesIO

import pikepdf
import pytest

from pipeline.forms.blanks import published
from pipeline.forms.pdf.open import opened
from pipeline.forms.pdf.read.packed import is_packed_soundly
from pipeline.model.form import FormKind

_LONG = 100_000


@pytest.fixture(scope="module")
def blank() -> bytes:
    content = published(FormKind.QR, "en")
    assert content is not None
    return content


def is_sound(content: bytes, known: bytes | None = None) -> bool:
    with opened(content) as pdf:
        return is_packed_soundly(content, pdf, known)


def flipped(content: bytes, mark: bytes) -> bytes:
    """Return ``content`` with another checksum behind its last stream of the type ``mark``."""
    end = content.index(b"endstream", content.rindex(mark))
    last = len(content[:end].rstrip(b"\r\n")) - 1
    return content[:last] + bytes([content[last] ^ 1]) + content[last + 1 :]


def with_a_long_stream(blank: bytes, body: bytes) -> bytes:
    """Return the blank with a long stream among its packed objects."""
    with pikepdf.open(BytesIO(blank)) as pdf:
        pdf.Root.Long = pdf.make_stream(body, Filter=pikepdf.Name.DCTDecode)  # kept as it is
        made = BytesIO()
        pdf.save(made, object_stream_mode=pikepdf.ObjectStreamMode.generate)
    return made.getvalue()


@pytest.mark.parametrize("mark", [b"/ObjStm", b"/XRef"])
def test_wrong_checksum_is_noticed(blank: bytes, mark: bytes) -> None:
    assert is_sound(blank)
    assert not is_sound(flipped(blank, mark))


def test_what_seems_to_be_packed_within_a_long_stream_is_passed_over(blank: bytes) -> None:
    body = b"1 0 obj << /Type /ObjStm >> stream\n" + b"x" * _LONG
    content = with_a_long_stream(blank, body)
    assert body in content
    assert is_sound(content)
    assert not is_sound(flipped(content, b"/ObjStm"))


@pytest.mark.parametrize("wrong", [b"99999", b"123456", b"999999999"])
def test_wrong_length_hides_nothing(blank: bytes, wrong: bytes) -> None:
    content = with_a_long_stream(blank, b"x" * _LONG)
    damaged = flipped(content, b"/ObjStm").replace(b"/Length 100000", b"/Length " + wrong)
    assert not is_sound(damaged)


def test_length_that_leads_over_packed_objects_is_believed_only_before_an_end(
    blank: bytes,
) -> None:
    content = flipped(with_a_long_stream(blank, b"x" * _LONG), b"/ObjStm")
    start = content.index(b"/Length 100000")
    behind = content.index(b"stream", start) + len(b"stream\n")
    beyond = content.index(b"/XRef") - behind
    assert not is_sound(content.replace(b"/Length 100000", b"/Length %d" % beyond))


def test_only_what_was_added_to_the_published_blank_is_looked_at(blank: bytes) -> None:
    damaged = flipped(blank, b"/ObjStm")
    assert not is_sound(damaged, blank)
    assert is_sound(damaged, damaged)
    assert not is_sound(damaged, damaged[: damaged.rindex(b"/ObjStm")])


def test_long_packed_objects_are_looked_at_wherever_their_length_stands(blank: bytes) -> None:
    with pikepdf.open(BytesIO(blank)) as pdf:
        words = b" ".join(b"%d" % (number**3) for number in range(9_000))
        pdf.Root.Words = pdf.make_indirect(pikepdf.Array([pikepdf.String(words)]))
        made = BytesIO()
        pdf.save(made, object_stream_mode=pikepdf.ObjectStreamMode.generate)
    content = made.getvalue()
    head = re.search(rb"/Type /ObjStm (/Length \d{5,})", content)
    assert head is not None
    turned = content.replace(head[0], head[1] + b" /Type /ObjStm", 1)
    end = content.index(b"endstream", head.end())
    for whole in (content, turned):
        assert is_sound(whole)
        last = len(whole[:end].rstrip(b"\r\n")) - 1
        assert not is_sound(whole[:last] + bytes([whole[last] ^ 1]) + whole[last + 1 :])
