"""PDFs that loop, burst, hide a second answer, or carry what no form has."""

import io
import re
import warnings
import zlib
from collections.abc import Callable, Sequence
from functools import cache
from typing import Any

import pikepdf
from pikepdf import Array, Dictionary, Name, Stream, String

from tests.hostile.making import ASKED, GOOD, Hostile, good_pdf
from tests.world import bad_files

_MEGABYTE = 1 << 20
_OTHER = "Harbour Bombs Ltd"
_FIELD = "company_legal_name"
Edit = Callable[[Any], None]


def _saved(change: Edit, **options: Any) -> Callable[[], bytes]:
    """Return our filled PDF with a change of its objects, saved afresh."""

    def make() -> bytes:
        out = io.BytesIO()
        with pikepdf.open(io.BytesIO(good_pdf())) as pdf, warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of what is made here on purpose
            change(pdf)
            pdf.save(out, fix_metadata_version=False, **options)
        return out.getvalue()

    return make


def _fields(pdf: Any) -> dict[str, Any]:
    """Return the terminal fields of our form by their last name."""
    found: dict[str, Any] = {}
    pending = list(pdf.Root.AcroForm.Fields)
    while pending:
        node = pending.pop()
        kids = [kid for kid in node.get("/Kids", []) if "/T" in kid]
        if kids:
            pending.extend(kids)
        else:
            found[str(node.T)] = node
    return found


def _field(pdf: Any) -> Any:
    return _fields(pdf)[_FIELD]


@cache
def plain_pdf() -> bytes:
    """Return our filled PDF without object streams and packing: every object can be seen."""
    make = _saved(
        lambda _: None,
        object_stream_mode=pikepdf.ObjectStreamMode.disable,
        stream_decode_level=pikepdf.StreamDecodeLevel.generalized,
        compress_streams=False,
    )
    return make()


def _replaced(pattern: bytes, new: bytes) -> Callable[[], bytes]:
    """Change bytes of the plain file without changing its length."""

    def make() -> bytes:
        found = re.search(pattern, plain_pdf())
        assert found is not None, pattern
        assert len(new) <= len(found.group()), pattern
        return plain_pdf().replace(found.group(), new.ljust(len(found.group())), 1)

    return make


def raw(objects: Sequence[bytes], trailer: bytes = b"") -> bytes:
    """Return a PDF of ``objects``, numbered from 1; the first is its catalogue."""
    out = bytearray(b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n")
    places = []
    for number, content in enumerate(objects, start=1):
        places.append(len(out))
        out += b"%d 0 obj\n%b\nendobj\n" % (number, content)
    at = len(out)
    out += b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    out += b"".join(b"%010d 00000 n \n" % place for place in places)
    out += b"trailer\n<< /Size %d /Root 1 0 R %b >>\nstartxref\n%d\n%%%%EOF\n" % (
        len(objects) + 1, trailer, at,
    )  # fmt: skip
    return bytes(out)


def _stream(entries: bytes, content: bytes) -> bytes:
    return b"<< /Length %d %b >>\nstream\n%b\nendstream" % (len(content), entries, content)


_PAGES = b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>"
_PAGE = b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 600 800] /Resources << >> >>"


def _form(*fields: bytes, more: Sequence[bytes] = (), page: bytes = _PAGE) -> bytes:
    """Return a hand-made PDF with ``fields``, which are objects 4 and following."""
    references = b" ".join(b"%d 0 R" % (4 + number) for number in range(len(fields)))
    root = b"<< /Type /Catalog /Pages 2 0 R /AcroForm << /Fields [%b] >> >>" % references
    return raw([root, _PAGES, page, *fields, *more])


def _nested_flate(levels: int, size: int) -> bytes:
    content = bytes(size)
    for _ in range(levels):
        content = zlib.compress(content, 9)
    return content


# --- what the catalogue is made of ---------------------------------------------------------


def _kids_to_parent(pdf: Any) -> None:
    parent = pdf.make_indirect(Dictionary(T=String("all")))
    parent.Kids = Array([parent, *pdf.Root.AcroForm.Fields])
    for field in list(pdf.Root.AcroForm.Fields):
        field.Parent = parent
    pdf.Root.AcroForm.Fields = Array([parent])


def _parents_in_a_circle(pdf: Any) -> None:
    one, two = (pdf.make_indirect(Dictionary(T=String(name))) for name in "ab")
    one.Parent, two.Parent = two, one
    field = _field(pdf)
    field.Parent = one


def _kids_twice(pdf: Any) -> None:
    """Let 40 levels of kids name the next level twice: 2^40 ways through them."""
    node = pdf.make_indirect(Dictionary(T=String("end"), FT=Name.Tx))
    for level in range(40):
        node = pdf.make_indirect(Dictionary(T=String(f"n{level}"), Kids=Array([node, node])))
    pdf.Root.AcroForm.Fields.append(node)


def _direct_kids_deep(pdf: Any) -> None:
    node = Dictionary(T=String("x"))
    for _ in range(60):
        node = Dictionary(T=String("x"), Kids=Array([node]))
    pdf.Root.AcroForm.Fields.append(node)


def _value_in_a_circle(pdf: Any) -> None:
    value = pdf.make_indirect(Array([]))
    value.append(value)
    value.append(value)
    _field(pdf).V = value


def _value_deep(pdf: Any) -> None:
    value = Array([String("x")])
    for _ in range(80):
        value = Array([value])
    _field(pdf).V = value


def _value_as_a_stream(size: int) -> Edit:
    def change(pdf: Any) -> None:
        _field(pdf).V = pdf.make_stream(b"x" * size)

    return change


def _second_field(text: str) -> Edit:
    """Add a second field of the same name with another answer."""

    def change(pdf: Any) -> None:
        again = Dictionary(T=String(_FIELD), FT=Name.Tx, V=String(text))
        pdf.Root.AcroForm.Fields.append(pdf.make_indirect(again))

    return change


def _second_field_below(pdf: Any) -> None:
    kid = pdf.make_indirect(Dictionary(T=String(_FIELD), FT=Name.Tx, V=String(_OTHER)))
    parent = pdf.make_indirect(Dictionary(T=String("more"), Kids=Array([kid])))
    kid.Parent = parent
    pdf.Root.AcroForm.Fields.append(parent)


def _value_on_the_widget(pdf: Any) -> None:
    """Give the widget below the field an answer of its own."""
    field = _field(pdf)
    widget = pdf.make_indirect(
        Dictionary(Type=Name.Annot, Subtype=Name.Widget, V=String(_OTHER), Parent=field,
                   Rect=Array([0, 0, 9, 9]))
    )  # fmt: skip
    field.Kids = Array([widget])


def _widget_outside_of_the_fields(pdf: Any) -> None:
    """Put a widget of the same name with another answer on a page, but not among the fields."""
    widget = pdf.make_indirect(
        Dictionary(Type=Name.Annot, Subtype=Name.Widget, T=String(_FIELD), FT=Name.Tx,
                   V=String(_OTHER), Rect=Array([0, 0, 9, 9]))
    )  # fmt: skip
    pdf.pages[0].Annots.append(widget)


def _tick_is_off(pdf: Any) -> None:
    _fields(pdf)["ack_charges"].AS = Name.Off


def _two_states(pdf: Any) -> None:
    _fields(pdf)["ack_charges"].AS = Name("/Never")


def _contradicting_update() -> bytes:
    """Return our form with an update behind it that changes an answer, as editors save."""
    found = re.search(rb"(\d+) 0 obj\n<<(?:(?!endobj).)*/T \(" + _FIELD.encode() + rb"\)"
                      rb"(?:(?!endobj).)*endobj\n", plain_pdf(), re.DOTALL)  # fmt: skip
    assert found is not None
    changed = found.group().replace(b"Harbour Books Ltd", _OTHER.encode())
    assert changed != found.group()
    base = plain_pdf()
    (start,) = re.findall(rb"startxref\s+(\d+)", base)[-1:]
    (size,) = re.findall(rb"/Size (\d+)", base)[-1:]
    (root,) = re.findall(rb"/Root (\d+ 0 R)", base)[-1:]
    at = len(base)
    return base + changed + (
        b"xref\n%b 1\n%010d 00000 n \ntrailer\n<< /Size %b /Root %b /Prev %b >>\n"
        b"startxref\n%d\n%%%%EOF\n" % (found.group(1), at, size, root, start, at + len(changed))
    )  # fmt: skip


def _torn_update() -> bytes:
    whole = _contradicting_update()
    return whole[: len(plain_pdf()) + (len(whole) - len(plain_pdf())) // 2]


def _torn_reference_table() -> bytes:
    whole = _contradicting_update()
    return whole[: whole.rindex(b"startxref")] + b"startxref\n7\n%%EOF\n"


def _previous_in_a_circle() -> bytes:
    return _form(trailer_loop := b"<< /T (x) /FT /Tx >>").replace(
        b"/Root 1 0 R ", b"/Root 1 0 R /Prev %d " % _form(trailer_loop).index(b"xref")
    )  # fmt: skip


def _objects_twice() -> bytes:
    """Return our form with a second object of the same number before the reference table."""
    found = re.search(rb"(\d+) 0 obj\n<<(?:(?!endobj).)*/T \(" + _FIELD.encode() + rb"\)"
                      rb"(?:(?!endobj).)*endobj\n", plain_pdf(), re.DOTALL)  # fmt: skip
    assert found is not None
    changed = found.group().replace(b"Harbour Books Ltd", _OTHER.encode())
    at = plain_pdf().rindex(b"xref\n0 ")
    moved = plain_pdf()[:at] + changed + plain_pdf()[at:]
    return re.sub(rb"startxref\s+\d+", b"startxref\n%d" % (at + len(changed)), moved)


def _many_fields() -> bytes:
    return _form(*(b"<< /T (f%d) /FT /Tx /V (x) >>" % number for number in range(40_000)))


def _many_pages() -> bytes:
    kids = b"3 0 R " * 100_000
    root = b"<< /Type /Catalog /Pages 2 0 R /AcroForm << /Fields [] >> >>"
    return raw([root, b"<< /Type /Pages /Count 100000 /Kids [%b] >>" % kids, _PAGE])


def _many_real_pages() -> bytes:
    kids = b" ".join(b"%d 0 R" % number for number in range(3, 20_003))
    root = b"<< /Type /Catalog /Pages 2 0 R >>"
    return raw([root, b"<< /Type /Pages /Count 20000 /Kids [%b] >>" % kids, *[_PAGE] * 20_000])


def _pages_in_a_circle() -> bytes:
    return raw([b"<< /Type /Catalog /Pages 2 0 R >>",
                b"<< /Type /Pages /Count 1 /Kids [2 0 R] /Parent 2 0 R >>"])  # fmt: skip


def _recursive_picture() -> bytes:
    page = (b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 600 800] /Contents 5 0 R "
            b"/Resources << /XObject << /X 4 0 R >> >> >>")  # fmt: skip
    picture = _stream(b"/Type /XObject /Subtype /Form /BBox [0 0 9 9] "
                      b"/Resources << /XObject << /X 4 0 R >> >>", b"/X Do /X Do")  # fmt: skip
    return raw([b"<< /Type /Catalog /Pages 2 0 R >>", _PAGES, page, picture,
                _stream(b"", b"/X Do")])  # fmt: skip


def _names_in_a_circle() -> bytes:
    names = b"/Names << /EmbeddedFiles 4 0 R /JavaScript 4 0 R >>"
    root = b"<< /Type /Catalog /Pages 2 0 R %b >>" % names
    return raw([root, _PAGES, _PAGE, b"<< /Kids [4 0 R 4 0 R] >>"])


def _page_with(
    content: bytes, entries: bytes = b"/Filter /FlateDecode", more: bytes = b""
) -> bytes:
    """Return a PDF of one page with this content stream."""
    page = (
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 600 800] /Resources << >> "
        b"/Contents 4 0 R %b >>" % more
    )
    return raw([b"<< /Type /Catalog /Pages 2 0 R >>", _PAGES, page, _stream(entries, content)])


def _image(entries: bytes, content: bytes) -> bytes:
    """Return a page that shows one picture and nothing else."""
    page = (b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 600 800] /Contents 4 0 R "
            b"/Resources << /XObject << /I 5 0 R >> >> >>")  # fmt: skip
    return raw([b"<< /Type /Catalog /Pages 2 0 R >>", _PAGES, page, _stream(b"", b"/I Do"),
                _stream(b"/Type /XObject /Subtype /Image " + entries, content)])  # fmt: skip


def _to_unicode() -> bytes:
    """Return a page whose font maps its letters by 15 MB of ranges."""
    page = (b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 600 800] /Contents 4 0 R "
            b"/Resources << /Font << /F 5 0 R >> >> >>")  # fmt: skip
    ranges = zlib.compress(b"1 beginbfrange\n<0000> <ffff> <0041>\nendbfrange\n" * 300_000, 9)
    return raw([b"<< /Type /Catalog /Pages 2 0 R >>", _PAGES, page,
                _stream(b"", b"BT /F 12 Tf (aaa) Tj ET"),
                b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /ToUnicode 6 0 R >>",
                _stream(b"/Filter /FlateDecode", ranges)])  # fmt: skip


def _object_stream_bomb() -> bytes:
    head = b"".join(b"%d %d " % (number, number) for number in range(100, 100_100))
    return raw([b"<< /Type /Catalog /Pages 2 0 R >>", _PAGES, _PAGE, _stream(
        b"/Type /ObjStm /N 100000 /First %d /Filter /FlateDecode" % len(head),
        zlib.compress(head + b"0 " * 100_000, 9))])  # fmt: skip


def _reference_stream_bomb() -> bytes:
    """Return a PDF whose reference stream tells of 2 billion objects."""
    body = b"%PDF-1.7\n1 0 obj\n<< /Type /Catalog /Pages 2 0 R >>\nendobj\n"
    packed = zlib.compress(bytes(60 * _MEGABYTE), 9)
    table = (
        b"3 0 obj\n<< /Type /XRef /Size 2000000000 /W [1 2 1] /Root 1 0 R /Length %d "
        b"/Filter /FlateDecode >>\nstream\n%b\nendstream\nendobj\n" % (len(packed), packed)
    )
    return body + table + b"startxref\n%d\n%%%%EOF\n" % len(body)


def _encrypted(user: str, owner: str = "owner", **options: Any) -> Callable[[], bytes]:
    encryption = pikepdf.Encryption(user=user, owner=owner, **options)
    return _saved(lambda _: None, encryption=encryption)


def _public_key() -> bytes:
    """Return a PDF that only the holder of a certificate can open (adbe.pkcs7.s5)."""
    crypt = (b"<< /Filter /Adobe.PubSec /SubFilter /adbe.pkcs7.s5 /V 4 /Length 128 /CF << "
             b"/DefaultCryptFilter << /CFM /AESV2 /Recipients [<30820100>] >> >> /StmF "
             b"/DefaultCryptFilter /StrF /DefaultCryptFilter >>")  # fmt: skip
    return raw([b"<< /Type /Catalog /Pages 2 0 R >>", _PAGES, _PAGE, crypt],
               b"/Encrypt 4 0 R /ID [<00> <00>]")  # fmt: skip


def _xfa_only() -> bytes:
    xdp = b"<xdp:xdp xmlns:xdp='http://ns.adobe.com/xdp/'><template/></xdp:xdp>"
    root = b"<< /Type /Catalog /Pages 2 0 R /AcroForm << /Fields [] /XFA 4 0 R >> >>"
    return raw([root, _PAGES, _PAGE, _stream(b"", xdp)])


def _xfa_bomb() -> bytes:
    root = b"<< /Type /Catalog /Pages 2 0 R /AcroForm << /Fields [] /XFA 4 0 R >> >>"
    packed = zlib.compress(b"<x>" * 20_000_000, 9)
    return raw([root, _PAGES, _PAGE, _stream(b"/Filter /FlateDecode", packed)])


def _with_actions(pdf: Any) -> None:
    pdf.Root.OpenAction = Dictionary(S=Name.JavaScript, JS=String("app.launchURL('http://e')"))
    _field(pdf).AA = Dictionary(K=Dictionary(S=Name.JavaScript, JS=String("while(1){}")))
    pdf.Root.AA = Dictionary(WC=Dictionary(S=Name.Launch, F=String("cmd.exe")))
    pdf.Root.Names = Dictionary(
        JavaScript=Dictionary(
            Names=Array(
                [
                    String("x"),
                    Dictionary(S=Name.JavaScript, JS=String("this.exportDataObject('x')")),
                ]
            )
        )
    )


def _with_files(pdf: Any) -> None:
    pdf.attachments["../../x.exe"] = b"MZ" + bytes(1000)
    pdf.attachments["form.pdf"] = good_pdf()


def _renamed_field(pdf: Any) -> None:
    _field(pdf).T = String("company_legal_nome")


def _without_fields(count: int) -> Edit:
    def change(pdf: Any) -> None:
        for field in list(pdf.Root.AcroForm.Fields)[:count]:
            field.T = String("x")

    return change


def _huge_page(pdf: Any) -> None:
    for page in pdf.pages:
        page.MediaBox = Array([0, 0, 10**9, 10**9])


def _metadata_bomb(pdf: Any) -> None:
    pdf.Root.Metadata = Stream(pdf, b" " * (100 * _MEGABYTE))


def _flattened(pdf: Any) -> None:
    for page in pdf.pages:
        del page["/Annots"]
    del pdf.Root["/AcroForm"]


DOCUMENTS = (
    # loops
    Hostile("kids that are their own parent", "form.pdf", _saved(_kids_to_parent), GOOD),
    Hostile("parents in a circle", "form.pdf", _saved(_parents_in_a_circle), GOOD),
    Hostile("kids twice at each of 40 levels", "form.pdf", _saved(_kids_twice), GOOD),
    Hostile("kids 60 levels deep", "form.pdf", _saved(_direct_kids_deep), "file_damaged"),
    Hostile("value in a circle", "form.pdf", _saved(_value_in_a_circle), "file_damaged"),
    Hostile("value 80 levels deep", "form.pdf", _saved(_value_deep), ASKED),
    Hostile("pages in a circle", "form.pdf", _pages_in_a_circle, "file_damaged"),
    Hostile("reference tables in a circle", "form.pdf", _previous_in_a_circle, "file_damaged"),
    Hostile("picture in itself", "form.pdf", _recursive_picture, "file_print_unread"),
    Hostile("names in a circle", "form.pdf", _names_in_a_circle, "file_template"),
    Hostile("length that is its own stream", "form.pdf", lambda: raw(
        [b"<< /Type /Catalog /Pages 2 0 R >>", _PAGES, _PAGE,
         b"<< /Length 4 0 R >>\nstream\nx\nendstream"]), "file_template"),
    Hostile("arrays nested 100,000 deep", "form.pdf", lambda: raw(
        [b"<< /Type /Catalog /Pages 2 0 R /X %b%b >>" % (b"[" * 100_000, b"]" * 100_000), _PAGES,
         _PAGE]), "file_damaged"),
    Hostile("dictionaries 5,000 deep", "form.pdf", lambda: _form(
        b"<< /T (x) /V %b%b >>" % (b"<</V " * 5_000, b">>" * 5_000)), "file_damaged"),
    # bombs
    Hostile("stream 1:1000", "form.pdf",
            lambda: _page_with(zlib.compress(bytes(100 * _MEGABYTE), 9)), "file_damaged"),
    Hostile("stream packed three times", "form.pdf", lambda: _page_with(
        _nested_flate(3, 100 * _MEGABYTE), b"/Filter [/FlateDecode /FlateDecode /FlateDecode]"),
        "file_damaged"),
    Hostile("stream packed 50 times", "form.pdf", lambda: _page_with(
        _nested_flate(50, 1000), b"/Filter [%b]" % (b"/FlateDecode " * 50)), "file_damaged"),
    Hostile("run lengths packed", "form.pdf", lambda: _page_with(
        zlib.compress(b"\x81x" * 10_000_000, 9), b"/Filter [/FlateDecode /RunLengthDecode]"),
        "file_damaged"),
    Hostile("predictor of many columns", "form.pdf", lambda: _page_with(
        zlib.compress(b"\x02" * 1000),
        b"/Filter /FlateDecode /DecodeParms << /Predictor 12 /Columns 2000000000 >>"),
        "file_damaged"),
    Hostile("object stream of 100,000", "form.pdf", _object_stream_bomb, "file_template"),
    Hostile("reference stream of 60 MB", "form.pdf", _reference_stream_bomb, "file_damaged"),
    Hostile("40,000 fields", "form.pdf", _many_fields, "file_template"),
    Hostile("one page 100,000 times", "form.pdf", _many_pages, "file_damaged"),
    Hostile("20,000 pages", "form.pdf", _many_real_pages, "file_template"),
    Hostile("answer as a stream of 100 MB", "form.pdf",
            _saved(_value_as_a_stream(100 * _MEGABYTE), compress_streams=True), "file_damaged"),
    Hostile("answer as a stream of 1 MB", "form.pdf", _saved(_value_as_a_stream(_MEGABYTE)), ASKED),
    Hostile("properties of 200 MB", "form.pdf",
            _saved(_metadata_bomb, compress_streams=True), GOOD),
    Hostile("letters mapped by 15 MB", "form.pdf", _to_unicode, "file_template"),
    Hostile("page of a million points", "form.pdf", _saved(_huge_page), GOOD),
    Hostile("a million operators", "form.pdf", lambda: _page_with(
        zlib.compress(b"BT (x) Tj ET\n" * 1_000_000, 9)), "file_print_unread"),
    Hostile("JBIG2 of 4 billion points", "form.pdf", lambda: _image(
        b"/Width 65535 /Height 65535 /ColorSpace /DeviceGray /BitsPerComponent 1 "
        b"/Filter /JBIG2Decode", bytes(200)), "file_scanned"),
    Hostile("JPEG 2000 of 4 billion points", "form.pdf", lambda: _image(
        b"/Width 65535 /Height 65535 /Filter /JPXDecode", b"\0\0\0\x0cjP  \r\n\x87\n" + bytes(99)),
        "file_scanned"),
    Hostile("raw picture of 4 billion points", "form.pdf", lambda: _image(
        b"/Width 65535 /Height 65535 /ColorSpace /DeviceRGB /BitsPerComponent 16 "
        b"/Filter /FlateDecode", zlib.compress(bytes(50 * _MEGABYTE), 9)), "file_scanned"),
    # two truths
    Hostile("second field with another answer", "form.pdf", _saved(_second_field(_OTHER)),
            ASKED),
    Hostile("second field with the same answer", "form.pdf",
            _saved(_second_field("Harbour Books Ltd")), GOOD),
    Hostile("second field without an answer", "form.pdf", _saved(_second_field("")), GOOD),
    Hostile("second field under another parent", "form.pdf", _saved(_second_field_below),
            ASKED),
    Hostile("another answer on the widget", "form.pdf", _saved(_value_on_the_widget),
            ASKED),
    Hostile("another answer on a widget that is no field", "form.pdf",
            _saved(_widget_outside_of_the_fields), ASKED),
    Hostile("tick that the widget does not show", "form.pdf", _saved(_tick_is_off), ASKED),
    Hostile("choice of another state on the widget", "form.pdf", _saved(_two_states), ASKED),
    Hostile("object twice", "form.pdf", _objects_twice, GOOD),
    Hostile("torn update", "form.pdf", _torn_update, "file_damaged"),
    Hostile("update whose table is lost", "form.pdf", _torn_reference_table, "file_damaged"),
    Hostile("field renamed", "form.pdf", _saved(_renamed_field), "file_incomplete"),
    Hostile("twenty fields renamed", "form.pdf", _saved(_without_fields(20)), "file_incomplete"),
    # lies
    Hostile("reference table lies", "form.pdf",
            _replaced(rb"\n\d{10} 00000 n \n", b"\n0000000017 00000 n \n"), "file_damaged"),
    Hostile("startxref lies", "form.pdf",
            lambda: re.sub(rb"startxref\s+\d+", b"startxref\n99999999", good_pdf()),
            "file_damaged"),
    Hostile("no startxref", "form.pdf", lambda: good_pdf().replace(b"startxref", b"startyref"),
            "file_damaged"),
    Hostile("no trailer", "form.pdf", lambda: plain_pdf().replace(b"trailer", b"trawler"),
            "file_damaged"),
    Hostile("length lies", "form.pdf", _replaced(rb"/Length \d+", b"/Length 1"), GOOD),
    Hostile("junk before the head", "form.pdf", lambda: b"--boundary\r\n\r\n" + good_pdf(), GOOD),
    Hostile("2 KB before the head", "form.pdf", lambda: b"x" * 2048 + good_pdf(),
            "file_other:unknown"),
    Hostile("junk behind the tail", "form.pdf", lambda: good_pdf() + b"\r\n--\r\nsent by x\r\n",
            GOOD),
    Hostile("two tails", "form.pdf", lambda: good_pdf() + b"%%EOF\n%%EOF\n", GOOD),
    Hostile("two PDFs in a row", "form.pdf", lambda: _other_pdf() + good_pdf(), "file_damaged"),
    Hostile("PDF in the text of a PDF", "form.pdf",
            lambda: b"%PDF-1.4\n%" + good_pdf(), "file_damaged"),
    Hostile("no head", "form.pdf", lambda: good_pdf()[9:], "file_other:unknown"),
    Hostile("only a head", "form.pdf", lambda: b"%PDF-1.7\n", "file_damaged"),
    Hostile("line ends changed by a mail program", "form.pdf",
            lambda: good_pdf().replace(b"\n", b"\r\n"), "file_damaged"),
    Hostile("NULs instead of the second half", "form.pdf",
            lambda: good_pdf()[:9000].ljust(len(good_pdf()), b"\0"), "file_damaged"),
    # passwords
    Hostile("owner's password", "form.pdf", _encrypted(""), GOOD),
    Hostile("owner's password, all forbidden", "form.pdf", _encrypted(
        "", allow=pikepdf.Permissions(extract=False, modify_form=False)), GOOD),
    Hostile("owner's password, RC4 40", "form.pdf", _encrypted("", R=2, metadata=False, aes=False),
            GOOD),
    Hostile("owner's password, RC4 128", "form.pdf", _encrypted("", R=3, metadata=False, aes=False),
            GOOD),
    Hostile("owner's password, AES 128", "form.pdf", _encrypted("", R=4), GOOD),
    Hostile("user's password, RC4 40", "form.pdf",
            _encrypted("secret", R=2, metadata=False, aes=False), "file_password"),
    Hostile("user's password, RC4 128", "form.pdf",
            _encrypted("secret", R=3, metadata=False, aes=False), "file_password"),
    Hostile("user's password, AES 128", "form.pdf", _encrypted("secret", R=4), "file_password"),
    Hostile("user's password, AES 256", "form.pdf", _encrypted("secret", R=6), "file_password"),
    Hostile("foreign PDF with a password", "form.pdf", bad_files.encrypted_pdf, "file_password"),
    Hostile("PDF for the holder of a certificate", "form.pdf", _public_key, "file_password"),
    # what no form has
    Hostile("actions", "form.pdf", _saved(_with_actions), GOOD),
    Hostile("files inside", "form.pdf", _saved(_with_files), GOOD),
    Hostile("XFA only", "form.pdf", _xfa_only, "file_template"),
    Hostile("XFA bomb", "form.pdf", _xfa_bomb, "file_template"),
    Hostile("scan", "form.pdf", lambda: _image(
        b"/Width 8 /Height 8 /ColorSpace /DeviceGray /BitsPerComponent 8", bytes(64)),
        "file_scanned"),
    Hostile("empty page", "form.pdf", lambda: raw(
        [b"<< /Type /Catalog /Pages 2 0 R >>", _PAGES, _PAGE]), "file_template"),
    Hostile("no page", "form.pdf", lambda: raw(
        [b"<< /Type /Catalog /Pages 2 0 R >>", b"<< /Type /Pages /Kids [] /Count 0 >>"]),
        "file_damaged"),
    Hostile("flattened", "form.pdf", _saved(_flattened), "file_empty"),
)  # fmt: skip


def _other_pdf() -> bytes:
    return plain_pdf().replace(b"Harbour Books Ltd", _OTHER.encode())
