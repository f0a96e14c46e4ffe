"""What a notice carries beside its words: one declaration, for sending and for the samples."""

from enum import StrEnum

from pipeline.forms.blanks import file_name
from pipeline.model.form import FileFormat, FormKind
from pipeline.model.notice import NoticeFacts, NoticeName
from pipeline.notifications.dates import in_zone
from pipeline.tracks.catalogue import BY_FORM, TRACKS


class Enclosed(StrEnum):
    """A kind of enclosure."""

    NOTHING = "nothing"
    ANSWERS = "answers"
    CHOSEN_FORM = "chosen_form"
    BLANKS = "blanks"
    TEXT = "text"
    CERTIFICATE = "certificate"
    GIVEN = "given"


#: Notices that carry the customer's own answers again, for a correction or a new start.
_WITH_ANSWERS = frozenset(
    {
        NoticeName.NEEDS_CORRECTION,
        NoticeName.CORRECTION_REMINDER,
        NoticeName.REJECTED,
        NoticeName.WITHDRAWN,
        NoticeName.CLOSED_NO_RESPONSE,
    }
)
#: Questions that carry the form that staff have chosen.
_PREFILLED = frozenset({"prefilled_form", "prefilled_form_reminder"})
#: Why a certificate was cancelled, when the approval ended with it and another form is needed.
_APPLY_AGAIN = frozenset({"number_changed", "name_changed"})
#: What is told of a mail that was not opened: its sender has the form.
_UNOPENED = frozenset({"too_big", "too_big_reply"})
_WITH_CERTIFICATE = frozenset({NoticeName.CERTIFICATE_ISSUED, NoticeName.CERTIFICATE_REISSUED})


def enclosed(notice: NoticeName, variant: str, facts: NoticeFacts) -> Enclosed:
    """Return what ``notice`` carries, when nothing was given for it.

    What is given (the images of a QR code) takes its place.
    """
    if notice is NoticeName.QUESTION and variant in _PREFILLED:
        return Enclosed.CHOSEN_FORM
    # a reminder of a question speaks of no form
    of_a_question = notice is NoticeName.CORRECTION_REMINDER and not facts.items
    again = variant == "undo_late" or _ends_approval(notice, variant, facts)
    if (notice in _WITH_ANSWERS and not of_a_question) or again:
        return Enclosed.ANSWERS
    if notice is NoticeName.TWO_STEP_INSTRUCTIONS:
        return Enclosed.TEXT
    if notice in _WITH_CERTIFICATE:
        return Enclosed.CERTIFICATE
    if variant not in _UNOPENED and blanks(notice, facts):
        return Enclosed.BLANKS
    return Enclosed.GIVEN if notice is NoticeName.QR_DELIVERED else Enclosed.NOTHING


def _ends_approval(notice: NoticeName, variant: str, facts: NoticeFacts) -> bool:
    """Tell whether the certificate was cancelled because what it was for has changed."""
    if notice is not NoticeName.CERTIFICATE_REVOKED:
        return False
    reason = facts.certificate.reason if facts.certificate else ""
    return not _APPLY_AGAIN.isdisjoint({variant, facts.reason, reason})


def blanks(notice: NoticeName, facts: NoticeFacts) -> tuple[FormKind, ...]:
    """Return the blank forms that ``notice`` carries."""
    match notice:
        case NoticeName.UNREADABLE if facts.reason == "file_big":
            return ()  # it was not opened; they have their form
        case NoticeName.UNREADABLE if facts.form is not None:
            return (facts.form,)
        case NoticeName.HELP_CHOOSE_FORM if facts.form is not None or facts.details_known:
            return ()  # which one fits is for staff to say
        case NoticeName.UNREADABLE | NoticeName.HELP_CHOOSE_FORM:
            return tuple(FormKind)
        case NoticeName.ALREADY_ACTIVE | NoticeName.ACTIVATED:
            return tuple(kind for kind in FormKind if BY_FORM[kind].needs_active_number)
    return ()


def form_of_answers(facts: NoticeFacts) -> FormKind | None:
    """Return the form that the answers come back in; None: the track has none."""
    return facts.form or TRACKS[facts.track].form


def text_name(facts: NoticeFacts) -> str:
    """Return the name of the text that the customer's old provider has to read."""
    return f"two-step-off_{facts.reference}.txt"


def certificate_name(facts: NoticeFacts) -> str:
    """Return the name of the file of the certificate, or empty when there is none."""
    if facts.certificate is None:
        return ""
    last_day = in_zone(facts.certificate.expires_at, facts.zone).date()
    return f"whatsapp-certificate_{facts.reference}_exp-{last_day}.txt"


def calendar_name(facts: NoticeFacts) -> str:
    """Return the name of the calendar file with the end of the certificate."""
    return certificate_name(facts).removesuffix(".txt") + ".ics"


def ends_entry(notice: NoticeName, facts: NoticeFacts) -> bool:
    """Tell whether ``notice`` takes the end of a certificate out of the customer's calendar."""
    return notice is NoticeName.CERTIFICATE_REVOKED and facts.certificate is not None


def cancelled_calendar_name(facts: NoticeFacts) -> str:
    """Return the name of the calendar file that takes the end of a certificate back."""
    return f"whatsapp-certificate_{facts.reference}_cancelled.ics"


def file_names(
    notice: NoticeName,
    variant: str,
    facts: NoticeFacts,
    language: str,
    file_format: FileFormat = FileFormat.XLSX,
) -> tuple[str, ...]:
    """Return the names of the files that ``notice`` carries; answers come as ``file_format``."""
    ended = (cancelled_calendar_name(facts),) if ends_entry(notice, facts) else ()
    return (*_chosen_names(notice, variant, facts, language, file_format), *ended)


def _chosen_names(
    notice: NoticeName,
    variant: str,
    facts: NoticeFacts,
    language: str,
    file_format: FileFormat,
) -> tuple[str, ...]:
    kinds: tuple[FormKind | None, ...] = ()
    match enclosed(notice, variant, facts):
        case Enclosed.TEXT:
            return (text_name(facts),)
        case Enclosed.CERTIFICATE:
            return (certificate_name(facts), calendar_name(facts)) if facts.certificate else ()
        case Enclosed.GIVEN:
            return facts.files
        case Enclosed.BLANKS:
            kinds, file_format = blanks(notice, facts), FileFormat.XLSX
        case Enclosed.ANSWERS:
            kinds = (form_of_answers(facts),)
        case Enclosed.CHOSEN_FORM:
            kinds = (facts.suggestion,)
    return tuple(file_name(kind, language, file_format) for kind in kinds if kind)
