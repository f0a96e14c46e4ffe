"""What editors of forms change at fields and notes: lists, captions, names, subjects, authors."""

from collections.abc import Iterable
from typing import Any

from pikepdf import Array, Dictionary, Name, String

from pipeline.forms.texts import form_texts
from tests.odd_files.making import Writer
from tests.unit.forms.pdf.additions import Change, changed, edges, note, widget

EDITED = Writer("pikepdf", "pdf")
_ICON = (20.0, 20.0)
_NOTHING = ("-", "—")


def _by(*changes: Change) -> Any:
    return lambda content: changed(content, *changes)


def _listed(
    name: str, options: Iterable[tuple[str, str] | str], value: str | None = None
) -> Change:
    """Give a list other options, codes with words or words alone (ISO 32000-2, 12.7.5.4)."""

    def write(pdf: Any) -> None:
        _, item = widget(pdf, name)
        item.Opt = Array(
            [
                String(one) if isinstance(one, str) else Array([String(part) for part in one])
                for one in options
            ]
        )
        if value is not None:
            item.V = String(value)

    return write


def _words(name: str, language: str = "en", **others: str) -> list[tuple[str, str]]:
    """Return the options of a question of the onboarding form, with ``others`` by their codes."""
    own = form_texts(language).choices(name)
    return [_NOTHING, *((code, others.get(code, word)) for code, word in own)]


def _numbered(name: str) -> list[tuple[str, str]]:
    return [(str(place), word) for place, (_, word) in enumerate(_words(name))]


# lists

EDITED.asked(
    "chosen option renamed",
    "Acrobat: Prepare form > Options",
    _by(_listed("number_use", _words("number_use", never="Not since 2024"))),
    "number_use",
    words="Not since 2024",
)
EDITED.asked(
    "two options swapped",
    "a form designer's mistake",
    _by(_listed("is_m2m", [_NOTHING, ("no", "Yes"), ("yes", "No")])),
    "is_m2m",
)
EDITED.asked(
    "two options with one code",
    "a form designer's mistake",
    _by(
        _listed(
            "verification_method",
            [
                *_words("verification_method"),
                ("voice", "Voice, after 6 pm"),
                ("sms", "SMS at night"),
            ],
        )
    ),
    "verification_method",
)
EDITED.staff(
    "option renamed that is not chosen",
    "Acrobat: Prepare form > Options",
    _by(_listed("business_vertical", _words("business_vertical", FINANCE="Metaverse bank"))),
    words="Metaverse bank",
)
EDITED.staff(
    "option added that is not chosen",
    "a department's own copy of the form",
    _by(
        _listed(
            "genesys_licence", [*_words("genesys_licence", "de"), ("user_4", "Lizenz 4 (geplant)")]
        )
    ),
    words="Lizenz 4 (geplant)",
    language="de",
)
EDITED.asked(
    "option added and chosen",
    "a department's own copy of the form",
    _by(
        _listed(
            "verification_method", [*_words("verification_method"), ("fax", "Telefax")], value="fax"
        )
    ),
    "verification_method",
    words="Telefax",
)
EDITED.add(
    "codes of a list replaced by numbers",
    "converters of forms",
    _by(_listed("business_vertical", _numbered("business_vertical"), value="1")),
    reads={"business_vertical": "OTHER"},
)
EDITED.add(
    "numbers that mean something else as words",
    "converters of forms: 1 is the first option",
    _by(_listed("is_m2m", [("0", "—"), ("1", "No"), ("2", "Yes")], value="1")),
    reads={"is_m2m": "no"},
)
EDITED.add(
    "codes of all lists dropped",
    "form services that keep the words alone",
    _by(
        _listed("is_m2m", [word for _, word in _words("is_m2m")], value="No"),
        _listed(
            "number_use",
            [word for _, word in _words("number_use")],
            value=dict(_words("number_use"))["never"],
        ),
    ),
    reads={"is_m2m": "no", "number_use": "never"},
)
EDITED.add(
    "options in another language of ours",
    "a colleague's translation",
    _by(_listed("number_use", _words("number_use", "ja"))),
)

# captions and other words at boxes of ours


def _look(name: str, **entries: Any) -> Change:
    def write(pdf: Any) -> None:
        _, item = widget(pdf, name)
        item.MK = Dictionary({f"/{key}": value for key, value in entries.items()})

    return write


def _entries(name: str, **entries: Any) -> Change:
    def write(pdf: Any) -> None:
        _, item = widget(pdf, name)
        for key, value in entries.items():
            item[f"/{key}"] = value

    return write


EDITED.asked(
    "caption of a tick box",
    "Acrobat: Prepare form > Options",
    _by(_look("ack_charges", CA=String("up to 500 EUR only"))),
    "ack_charges",
    words="up to 500 EUR only",
)
EDITED.add(
    "tick box that shows a cross",
    "Acrobat: Prepare form > Options > Style",
    _by(_look("ack_charges", CA=String("8")), _look("ack_policies", CA=String("H"))),
)
EDITED.asked(
    "caption of a box for words",
    "converters of forms",
    _by(_look("contact_department", CA=String("夜間は警備室"))),
    "contact_department",
    words="夜間は警備室",
    language="ja",
)
EDITED.asked(
    "caption while the mouse is over a box",
    "Acrobat: Prepare form > Options > Rollover",
    _by(_look("ack_policies", CA=String("4"), RC=String("not yet read"))),
    "ack_policies",
    words="not yet read",
)
EDITED.asked(
    "contents of a box",
    "a library that treats a box as a note",
    _by(_entries("ready_date", Contents=String("nicht vor dem Umzug"))),
    "ready_date",
    words="nicht vor dem Umzug",
    language="de",
)

# fields of their own


def _field(at: str, name: str, kind: Name, **entries: Any) -> Change:
    """Add a field below the box of the question ``at``."""

    def add(pdf: Any) -> None:
        page, _ = widget(pdf, at)
        left, bottom, right, _ = edges(pdf, at, up=-18)
        item = Dictionary(
            Type=Name.Annot,
            Subtype=Name.Widget,
            FT=kind,
            T=String(name),
            Rect=Array([left, bottom, right, bottom + 14]),
            F=4,
            P=page.obj,
        )
        for key, value in entries.items():
            item[f"/{key}"] = value
        made = pdf.make_indirect(item)
        page.obj.Annots.append(made)
        pdf.Root.AcroForm.Fields.append(made)

    return add


EDITED.asked(
    "button added",
    "Acrobat: Prepare form > Button",
    _by(
        _field(
            "notes", "Button1", Name.Btn, Ff=1 << 16, MK=Dictionary(CA=String("Call me after 5"))
        )
    ),
    "notes",
    words="Call me after 5",
)
EDITED.asked(
    "list added",
    "Acrobat: Prepare form > Dropdown",
    _by(
        _field(
            "notes",
            "Priority",
            Name.Ch,
            Ff=1 << 17,
            V=String("1"),
            Opt=Array([Array([String("1"), String("before Easter")])]),
        )
    ),
    "notes",
    words=("before Easter", "Priority"),
)
EDITED.asked(
    "field added with its name",
    "Acrobat: Prepare form",
    _by(_field("notes", "Kostenstelle Nord", Name.Tx, V=String("4711-B"))),
    "notes",
    words=("4711-B", "Kostenstelle Nord"),
    language="de",
)
EDITED.asked(
    "hint of a field added",
    "Acrobat: Prepare form, left blank",
    _by(_field("notes", "Text1", Name.Tx, TU=String("ask Kim for the code"))),
    "notes",
    words="ask Kim for the code",
)
EDITED.staff(
    "field added, named and left blank",
    "Acrobat: Prepare form",
    _by(_field("notes", "社内稟議番号", Name.Tx)),
    words="社内稟議番号",
    language="ja",
)
EDITED.add(
    "fields added by a signing service, left blank",
    "a service prepares a file for signing",
    _by(_field("notes", "Signature_es_:signer:signature", Name.Tx)),
)

# notes

EDITED.asked(
    "subject of a note",
    "Acrobat: Properties > General > Subject",
    _by(note("Text", "website", size=_ICON, Subj=String("nur bis Mai"))),
    "website",
    words="nur bis Mai",
    language="de",
)
EDITED.asked(
    "subject of a note that says something else",
    "Acrobat: Properties > General > Subject",
    _by(note("FreeText", "display_name", "new name", Subj=String("from 1 May"))),
    "display_name",
    words=("new name", "from 1 May"),
)
EDITED.asked(
    "author of a note",
    "Acrobat: Properties > General > Author",
    _by(note("Text", "notes", "please check", size=_ICON, T=String("Tom Becker (Legal)"))),
    "notes",
    words=("please check", "Tom Becker (Legal)"),
)
EDITED.asked(
    "note that was rejected",
    "Acrobat: Set Status > Rejected",
    _by(note("Text", "website", size=_ICON, State=String("Rejected"), StateModel=String("Review"))),
    "website",
    words="Rejected",
)


def _described(pdf: Any) -> None:
    held = pdf.make_stream(b"Just a file", Type=Name.EmbeddedFile)
    pin = note("FileAttachment", "notes", size=_ICON)(pdf)
    pin.FS = Dictionary(
        Type=Name.Filespec,
        F=String("text.txt"),
        Desc=String("the old contract"),
        EF=Dictionary(F=held),
    )


EDITED.asked(
    "description of a pinned file",
    "Acrobat: Attachments > Description",
    _by(_described),
    "notes",
    words="the old contract",
)


def _link(uri: str) -> Change:
    return note("Link", "website", A=Dictionary(S=Name.URI, URI=String(uri)))


EDITED.asked(
    "link that leads elsewhere",
    "Acrobat: Edit PDF > Link",
    _by(_link("https://harbour-and-sons.example/new")),
    "website",
    words="https://harbour-and-sons.example/new",
)
