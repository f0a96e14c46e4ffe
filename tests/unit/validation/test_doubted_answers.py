"""A right value with words around it that doubt, deny or take it back is never accepted."""

from datetime import date

import pytest

from pipeline.forms.definitions.catalogue import FORMS
from pipeline.forms.texts import choice_vocabulary
from pipeline.model.form import FormKind
from pipeline.model.problem import Verdict
from pipeline.model.submission import Answer
from pipeline.validation.answer import read_answer
from pipeline.validation.reading import Hints

#: A field, and a value that is accepted when it stands alone.
_VALUES = {
    "phone_number": "+49 151 12345678",
    "country": "Germany",
    "time_zone": "Europe/Berlin",
    "contact_email": "ken@example.org",
    "website": "https://shop.example.org",
    "meta_business_id": "719482036154827",
    "genesys_org_id": "4c1f7d0a-83be-4f26-9d57-e02b6a9c8f31",
    "existing_code": "QX4N9ZK2TB7WLM",
    "is_m2m": "No",
    "ack_charges": "I understand",
    "ready_date": "18 January 2027",
    "preferred_slot": "12 January 2027, 9:30",
    "verification_method": "SMS",
    "number_use": "never",
    "genesys_region": "Frankfurt",
    "reply_language": "English",
}
_MARKS = (
    *("{}?", "{} ?", "{} ??", "{} (?)", "{}？", "[{}]?", "({})?", "{} (typo?)"),
    *("not {}", "nicht {}", "не {}", "不是{}", "{}ではない", "no longer {}", "do not use {}"),
    *("{} - wrong", "{} (wrong)", "{} is wrong", "{} (falsch)", "{} (not valid)"),
    *("{} (old)", "{} (alt)", "旧{}", "{}（旧）", "former {}", "formerly {}", "previously {}"),
    *("{} (expired)", "{} (cancelled)", "~~{}~~", "<s>{}</s>", "instead of {}"),
    *("maybe {}", "{} (maybe)", "probably {}", "{} probably", "perhaps {}", "{} (not sure)"),
    *("vielleicht {}", "{} (vielleicht)", "{} (unsicher)", "{} (nicht sicher)"),
    *("voraussichtlich {}", "{} (wird noch geprüft)", "peut-être {}", "quizás {}", "forse {}"),
    *("たぶん{}", "{}かもしれません", "可能{}", "아마 {}", "возможно {}"),
    *("{} (tbc)", "{} TBD", "{} (to be confirmed)", "{} (unconfirmed)", "{} (à confirmer)"),
    *("{} (por confirmar)", "{} (da confermare)", "{}（仮）", "{}（未定）", "{}（要確認）"),
    *("{}（確認中）", "{}（変更予定）", "{}（待定）", "{} (미정)", "{} (уточняется)"),
    *("{} or something else", "either {} or the other one", "{} unless you object"),
    *("{} but please check", "please check: {}"),
)
#: Fields and marks that are accepted still; the list can only shrink.
_NOT_YET: frozenset[tuple[str, str]] = frozenset()


def _verdict(field: str, raw: str) -> Verdict:
    kind: FormKind = next(kind for kind, form in FORMS.items() if field in form.questions)
    hints = Hints(date(2026, 11, 22), words=choice_vocabulary(kind).get(field, {}))
    return read_answer(Answer(field, raw, "Form!D12"), FORMS[kind].questions[field], hints).verdict


@pytest.mark.parametrize("field", _VALUES)
def test_doubted_values_are_not_accepted(field: str) -> None:
    value = _VALUES[field]
    accepted = {mark for mark in _MARKS if _verdict(field, mark.format(value)) is Verdict.OK}
    assert _verdict(field, value) is Verdict.OK
    assert accepted == {mark for name, mark in _NOT_YET if name == field}
