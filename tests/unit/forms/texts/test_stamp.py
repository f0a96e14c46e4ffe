import pytest

from pipeline.forms.stamp import Stamp, make_stamp, read_stamp, stamp_of
from pipeline.model.form import FormKind


@pytest.mark.parametrize("kind", FormKind)
def test_stamp_reads_back(kind: FormKind) -> None:
    stamp = Stamp(kind, "1.0", "ja")
    assert read_stamp(f"Form {stamp.text}, page 1 of 3") == stamp


@pytest.mark.parametrize(
    "text", ["ＷＡ－ＦＯＲＭ qr 2.10 en", "WA–FORM  qr\n2.10 EN", "wa - form qr 2.10 en"]
)
def test_stamp_is_read_as_programs_print_it(text: str) -> None:
    assert read_stamp(text) == Stamp(FormKind.QR, "2.10", "en")


@pytest.mark.parametrize("text", ["", "WA-FORM other 1.0 en", "WA-7K3M9Q4M", "WA-FORM qr en"])
def test_other_text_is_no_stamp(text: str) -> None:
    assert read_stamp(text) is None


def test_stamp_of_an_unknown_form_is_none() -> None:
    assert make_stamp("invoice", "1.0", "en") is None
    assert make_stamp(" QR ", " 1.0 ", "EN") == Stamp(FormKind.QR, "1.0", "en")


@pytest.mark.parametrize("kind", FormKind)
def test_stamp_is_read_from_the_entries_of_a_file(kind: FormKind) -> None:
    stamp = Stamp(kind, "1.0", "ja")
    assert stamp_of({**dict(stamp.entries), "Author": "somebody"}) == stamp


def test_entries_without_a_form_are_no_stamp() -> None:
    assert stamp_of({}) is None
    assert stamp_of({"_version": "1.0", "_lang": "en"}) is None
