"""A form filled in beforehand with what a customer told in words, for them to check."""

from pipeline.forms.definitions.catalogue import FORMS
from pipeline.model.form import Filling, FormKind
from pipeline.model.problem import Problem, Severity
from pipeline.model.proposal import Told, told
from pipeline.store.records import ENTERED_BY_STAFF, RequestRecord
from pipeline.validation.phone.number_types import international_writing
from pipeline.wording.problems import sentence

#: The note at an answer that we took from a mail.
_FROM_MAIL = "from_mail"
#: The note at an answer that staff were told on the phone or the like.
_FROM_STAFF = "from_staff"
_FIELDS = (Told.NUMBER, Told.COMPANY, Told.PROVIDER, Told.USE, Told.HOSTING)


def proposed_filling(record: RequestRecord, kind: FormKind) -> Filling:
    """Return what is known for a form of ``kind``: the sender, and the details told in words.

    What two signs contradict each other about stays blank, and so does the second typing of the
    number, which is a check. Each answer that was taken from the mail is marked "to check".
    """
    questions = FORMS[kind].questions
    taken = {"contact_name": record.contact}
    for about in _FIELDS:
        values = told(record.proposals, about)
        if len(values) == 1:
            shown = international_writing(values[0]) if about is Told.NUMBER else values[0]
            taken[about.value] = shown
    taken = {field: value for field, value in taken.items() if value and field in questions}
    sure = {"contact_email": record.address_of_record, "reply_language": record.language}
    answers = {**taken, **{field: value for field, value in sure.items() if value}}
    code = _FROM_STAFF if record.route_rule == ENTERED_BY_STAFF else _FROM_MAIL
    note = tuple(
        (field, (sentence(Problem(code, Severity.NOTE, field=field), record.language, kind),))
        for field in questions
        if field in taken
    )
    ordered = tuple((field, answers[field]) for field in questions if field in answers)
    return Filling(answers=ordered, marks=note, to_check=True)
