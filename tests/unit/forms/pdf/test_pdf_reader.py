"""Reading PDF forms as the world sends them back."""

import warnings
from collections.abc import Callable
from io import BytesIO
from typing import Any

import pikepdf
import pytest
from hypothesis import HealthCheck, given
from hypothesis import strategies as st

from pipeline.forms.definitions.catalogue import FORMS
from pipeline.forms.pdf.write.form import build_pdf
from pipeline.model.form import Filling, FormKind
from pipeline.model.submission import Answer, CellType, Submission, UnreadableFile
from tests.drawn import drawn

Read = Callable[[bytes], Submission | UnreadableFile]
ANSWERS = (("contact_name", "田中 愛子"), ("number_use", "never"), ("ack_charges", "yes"))


@pytest.fixture(scope="module")
def filled() -> bytes:
    return build_pdf(
        FormKind.ONBOARDING,
        "ja",
        Filling(ANSWERS),
        address="requests@example.com",
        privacy="privacy@example.com",
    )


def changed(content: bytes, change: Callable[[Any], None], **options: Any) -> bytes:
    target = BytesIO()
    with pikepdf.open(BytesIO(content)) as pdf, warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # the library sees what the tests break
        change(pdf)
        pdf.save(target, **options)
    return target.getvalue()


def field(pdf: Any, name: str) -> Any:
    return next(one for one in pdf.Root.AcroForm.Fields if str(one.T) == name)


def given_answers(submission: Submission | UnreadableFile) -> dict[str, str]:
    assert isinstance(submission, Submission), submission
    return {answer.field: answer.raw for answer in submission.answers if answer.raw}


def problem_of(outcome: Submission | UnreadableFile) -> str:
    assert isinstance(outcome, UnreadableFile)
    assert (outcome.file_name, outcome.problem.field) == ("form.pdf", "")
    return outcome.problem.code


def test_answers_carry_their_origin(filled: bytes, read: Read) -> None:
    submission = read(filled)
    assert isinstance(submission, Submission)
    expected = (
        Answer("number_use", "never", "number_use"),
        Answer("contact_name", "田中 愛子", "contact_name"),
        Answer("ack_charges", "yes", "ack_charges", CellType.BUTTON),
    )
    assert tuple(answer for answer in submission.answers if answer.raw) == expected
    assert [answer.field for answer in submission.answers] == [
        *FORMS[FormKind.ONBOARDING].questions
    ]


@pytest.mark.parametrize("junk", [b"\r\n--=_boundary_17--\r\n", b"\0" * 600, b"\n<br>-- \nSent"])
def test_junk_around_the_file_is_cut_off(filled: bytes, read: Read, junk: bytes) -> None:
    assert given_answers(read(junk + filled + junk)) == dict(ANSWERS)


def test_file_that_is_torn_is_never_read_in_part(filled: bytes, read: Read) -> None:
    for share in (0.1, 0.5, 0.9, 0.97, 0.99):
        assert problem_of(read(filled[: int(len(filled) * share)])) == "file_damaged"


def test_update_that_is_torn_does_not_show_the_earlier_answers(filled: bytes, read: Read) -> None:
    update = b"\n90 0 obj\n<< /V (new) >>\nendobj\nxref\n0 1\n"
    for length in (4, 12, 30, len(update)):
        assert problem_of(read(filled + update[:length])) == "file_damaged"


def test_fields_are_found_through_the_pages_when_the_form_is_gone(
    filled: bytes, read: Read
) -> None:
    def drop_form(pdf: Any) -> None:
        del pdf.Root.AcroForm

    def empty_form(pdf: Any) -> None:
        pdf.Root.AcroForm.Fields = pikepdf.Array()

    for change in (drop_form, empty_form):
        assert given_answers(read(changed(filled, change))) == dict(ANSWERS)


def test_form_below_a_parent_field_is_read(filled: bytes, read: Read) -> None:
    def nest(pdf: Any) -> None:
        parent = pdf.make_indirect(
            pikepdf.Dictionary(T=b"form1", Kids=pikepdf.Array(list(pdf.Root.AcroForm.Fields)))
        )
        for kid in parent.Kids:
            kid.Parent = parent
        pdf.Root.AcroForm.Fields = pikepdf.Array([parent])

    assert given_answers(read(changed(filled, nest))) == dict(ANSWERS)


def test_choice_that_was_saved_on_the_widget_is_read(filled: bytes, read: Read) -> None:
    def move(pdf: Any) -> None:
        tick = field(pdf, "ack_policies")
        tick.V = pikepdf.Name.Off
        tick.AS = pikepdf.Name.Yes

    assert given_answers(read(changed(filled, move)))["ack_policies"] == "yes"


def test_radio_group_with_numbered_states_is_read_by_its_export_values(
    filled: bytes, read: Read
) -> None:
    def make_radio(pdf: Any) -> None:
        radio = field(pdf, "is_m2m")
        radio.FT, radio.V, radio.Opt = (
            pikepdf.Name.Btn,
            pikepdf.Name("/1"),
            pikepdf.Array([b"yes", b"no"]),
        )

    assert given_answers(read(changed(filled, make_radio)))["is_m2m"] == "no"


def test_list_keeps_a_word_and_reads_its_dash_as_blank(filled: bytes, read: Read) -> None:
    def choose(pdf: Any) -> None:
        field(pdf, "number_use").V = pikepdf.String("WhatsAppで使ったことがない")
        field(pdf, "is_m2m").V = pikepdf.String("—")
        field(pdf, "notes").V = pikepdf.String("-")

    answers = given_answers(read(changed(filled, choose)))
    assert answers["number_use"] == "WhatsAppで使ったことがない"
    assert "is_m2m" not in answers
    assert answers["notes"] == "-"


@pytest.mark.parametrize(
    "content", [b"\xfe\xff\xd8\x42\x91\xce", b"\xfe\xff\xf6\x00", b"\xfe\xff\xff\xfd"]
)
def test_damaged_characters_are_marked(filled: bytes, read: Read, content: bytes) -> None:
    def damage(pdf: Any) -> None:
        field(pdf, "company_legal_name").V = pikepdf.String(content)

    submission = read(changed(filled, damage))
    assert isinstance(submission, Submission)
    answer = submission.answer("company_legal_name")
    assert answer is not None
    assert answer.damaged
    answer.raw.encode("utf-8")


def test_identity_is_found_without_the_hidden_fields(filled: bytes, read: Read) -> None:
    def drop_hidden(pdf: Any) -> None:
        kept = [one for one in pdf.Root.AcroForm.Fields if not str(one.T).startswith("_")]
        pdf.Root.AcroForm.Fields = pikepdf.Array(kept)

    def drop_properties(pdf: Any) -> None:
        drop_hidden(pdf)
        del pdf.Root.Metadata

    def drop_all(pdf: Any) -> None:
        drop_hidden(pdf)
        del pdf.Root.Metadata
        del pdf.trailer.Info

    for change in (drop_hidden, drop_properties, drop_all):
        submission = read(changed(filled, change))
        assert isinstance(submission, Submission)
        assert (submission.form, submission.version, submission.language) == (
            FormKind.ONBOARDING,
            FORMS[FormKind.ONBOARDING].version,
            "ja",
        )


def test_field_that_is_missing_is_not_taken_for_blank(filled: bytes, read: Read) -> None:
    def drop(pdf: Any) -> None:
        kept = [one for one in pdf.Root.AcroForm.Fields if str(one.T) != "website"]
        pdf.Root.AcroForm.Fields = pikepdf.Array(kept)
        for page in pdf.pages:
            shown = [one for one in page.obj.get("/Annots", []) if str(one.get("/T")) != "website"]
            page.obj.Annots = pikepdf.Array(shown)

    def drop_of_other_version(pdf: Any) -> None:
        field(pdf, "_version").V = pikepdf.String("0.9")
        drop(pdf)

    assert problem_of(read(changed(filled, drop))) == "file_incomplete"
    older = read(changed(filled, drop_of_other_version))
    assert isinstance(older, Submission)
    assert (older.version, older.missing) == ("0.9", ("website",))


def test_protected_files_are_told_apart(filled: bytes, read: Read) -> None:
    owner = pikepdf.Encryption(owner="secret", user="")
    user = pikepdf.Encryption(owner="secret", user="secret")
    assert given_answers(read(changed(filled, lambda _: None, encryption=owner))) == dict(ANSWERS)
    locked = changed(filled, lambda _: None, encryption=user)
    assert problem_of(read(locked)) == "file_password"


def test_linearised_and_uncompressed_files_are_read(filled: bytes, read: Read) -> None:
    for options in ({"linearize": True}, {"qdf": True}, {"min_version": "2.0"}):
        assert given_answers(read(changed(filled, lambda _: None, **options))) == dict(ANSWERS)


def test_blank_form_is_empty(read: Read) -> None:
    blank = build_pdf(FormKind.QR, "en", address="a@example.com", privacy="p@example.com")
    assert problem_of(read(blank)) == "file_empty"


def a_page(content: bytes, **resources: Any) -> bytes:
    target = BytesIO()
    with pikepdf.new() as pdf:
        page = pdf.add_blank_page()
        page.obj.Contents = pdf.make_stream(content)
        page.obj.Resources = pikepdf.Dictionary(
            **{key: make(pdf) for key, make in resources.items()}
        )
        pdf.save(target)
    return target.getvalue()


def test_scan_is_told_from_the_document_of_somebody_else(read: Read) -> None:
    def picture(pdf: Any) -> Any:
        image = pdf.make_stream(b"\0" * 3)
        image.stream_dict = pikepdf.Dictionary(
            Type=pikepdf.Name.XObject, Subtype=pikepdf.Name.Image, Width=1, Height=1,
            ColorSpace=pikepdf.Name.DeviceRGB, BitsPerComponent=8, Length=3,
        )  # fmt: skip
        return pikepdf.Dictionary(Im0=image)

    def font(_: Any) -> Any:
        return pikepdf.Dictionary(
            F1=pikepdf.Dictionary(
                Type=pikepdf.Name.Font, Subtype=pikepdf.Name.Type1, BaseFont=pikepdf.Name.Helvetica
            )
        )

    scan = a_page(b"q 500 0 0 700 0 0 cm /Im0 Do Q", XObject=picture)
    letter = a_page(b"BT /F1 12 Tf 72 720 Td (An invoice) Tj ET", Font=font)
    copy = a_page(b"BT /F1 12 Tf 72 720 Td [(WA-FORM) -300 (qr 1.0 en)] TJ ET", Font=font)
    assert problem_of(read(scan)) == "file_scanned"
    assert problem_of(read(letter)) == "file_template"
    assert problem_of(read(copy)) == "file_print_unread"


def test_form_of_somebody_else_is_not_ours(filled: bytes, read: Read) -> None:
    def rename(pdf: Any) -> None:
        for index, one in enumerate(pdf.Root.AcroForm.Fields):
            one.T = pikepdf.String(f"Text{index}")
        del pdf.Root.Metadata
        del pdf.trailer.Info

    assert problem_of(read(changed(filled, rename))) == "file_template"


def test_xfa_alone_is_not_ours(read: Read) -> None:
    target = BytesIO()
    with pikepdf.new() as pdf:
        pdf.add_blank_page()
        pdf.Root.AcroForm = pikepdf.Dictionary(
            Fields=pikepdf.Array(), XFA=pdf.make_stream(b"<xdp/>")
        )
        pdf.save(target)
    assert problem_of(read(target.getvalue())) == "file_template"


def test_date_of_saving_is_read(filled: bytes, read: Read) -> None:
    def date(text: str) -> Callable[[Any], None]:
        def change(pdf: Any) -> None:
            pdf.docinfo.ModDate = pikepdf.String(text)

        return change

    for text, expected in (
        ("D:20261124101200+09'00'", "2026-11-24T10:12:00+09:00"),
        ("D:20261124101200Z", "2026-11-24T10:12:00+00:00"),
        ("D:20261324101200Z", ""),
        ("yesterday", ""),
    ):
        submission = read(changed(filled, date(text)))
        assert isinstance(submission, Submission)
        assert submission.dated == expected


def test_fields_that_name_each_other_as_parents_end(filled: bytes, read: Read) -> None:
    def circle(pdf: Any) -> None:
        one, other = pdf.Root.AcroForm.Fields[0], pdf.Root.AcroForm.Fields[1]
        one.Parent, other.Parent = other, one
        one.Kids, other.Kids = pikepdf.Array([other]), pikepdf.Array([one])
        del one.FT

    assert problem_of(read(changed(filled, circle))) == "file_incomplete"


def test_flate_bomb_is_damaged(filled: bytes, read: Read) -> None:
    def inflate(pdf: Any) -> None:
        field(pdf, "notes").V = pdf.make_stream(b"A" * 100_000_000)

    bomb = changed(filled, inflate, compress_streams=True)
    assert len(bomb) < 500_000
    assert problem_of(read(bomb)) == "file_damaged"


@pytest.mark.parametrize(
    "content", [b"", b"%PDF-", b"%PDF-1.7\n%%EOF", b"PK\x03\x04", b"%%EOF%PDF-"]
)
def test_bytes_that_are_no_pdf_are_damaged(read: Read, content: bytes) -> None:
    assert problem_of(read(content)) == "file_damaged"


@drawn(20, 60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    changes=st.lists(
        st.tuples(st.floats(0, 0.999), st.binary(max_size=8), st.integers(0, 40)),
        min_size=1,
        max_size=6,
    )
)
def test_reader_never_raises_whatever_is_done_to_the_bytes(
    filled: bytes, read: Read, changes: list[tuple[float, bytes, int]]
) -> None:
    content = filled
    for share, put, removed in changes:
        at = int(share * len(content))
        content = content[:at] + put + content[at + removed :]
    outcome = read(content)
    assert isinstance(outcome, Submission | UnreadableFile)
    if isinstance(outcome, Submission):
        assert outcome.missing == () or not FORMS[outcome.form].asks_the_same(outcome.version)
