"""Rules across fields: a table of small functions, each looking at what was read.

A rule says nothing when what it looks at could not be read: that has its own problem.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime

from pipeline import terms
from pipeline.model.checked import FieldReading
from pipeline.model.form import FormKind
from pipeline.model.problem import Audience, Problem, Severity, Verdict
from pipeline.tracks.catalogue import BY_FORM
from pipeline.validation.business_name import names_without_form, wording_contains
from pipeline.validation.customer_zone import customer_zone
from pipeline.validation.geography.abbreviations import names_another_zone
from pipeline.validation.phone.m2m_ranges import m2m_range
from pipeline.validation.phone.number_types import (
    calling_code,
    code_of_country,
    international,
    is_landline_or_toll_free,
    region,
)

#: Calling codes whose countries are told apart; elsewhere a shared code is one plan for people.
_TOLD_APART = frozenset({1, 7})


@dataclass(frozen=True)
class Facts:
    """What the rules look at: usable canonical values, and the readings behind them."""

    kind: FormKind
    values: Mapping[str, str | None]
    readings: Mapping[str, FieldReading]
    today: date
    free_mail_domains: frozenset[str]

    def value(self, field: str) -> str:
        """Return the canonical value of ``field``, or empty."""
        return self.values.get(field) or ""

    def number(self) -> str:
        """Return the number in E.164 when a question is all that stands against it, or empty."""
        reading = self.readings.get("phone_number")
        usable = reading and reading.verdict in {Verdict.OK, Verdict.ASK}
        return (reading.value or "") if reading and usable else ""


Rule = Callable[[Facts], Problem | None]


def apply_rules(facts: Facts) -> Iterator[Problem]:
    """Yield the problems that the rules find, in the order of the table."""
    for rule in RULES:
        problem = rule(facts)
        if problem:
            yield problem


def _staff(code: str, field: str, **params: str | int) -> Problem:
    return Problem(code, Severity.WARNING, Audience.STAFF, field, tuple(params.items()))


def numbers_agree(facts: Facts) -> Problem | None:
    """Compare the two numbers: both must be read as the same."""
    first, second = facts.readings.get("phone_number"), facts.readings.get("phone_number_again")
    if not (first and second and first.value and second.value) or first.value == second.value:
        return None
    return Problem(
        "phone_mismatch",
        Severity.ERROR,
        field="phone_number_again",
        params=(
            ("label_b", "phone_number"),
            ("a", international(second.value)),
            ("b", international(first.value)),
        ),
    )


def text_message_can_arrive(facts: Facts) -> Problem | None:
    """Warn that a landline or toll-free number cannot receive the code as a text message."""
    number = facts.number()
    if facts.value("verification_method") != "sms" or not number:
        return None
    if m2m_range(number[1:]) or not is_landline_or_toll_free(number):
        return None
    params = (("label_b", "verification_method"),)
    return Problem("phone_landline_sms", Severity.WARNING, field="phone_number", params=params)


def country_fits_number(facts: Facts) -> Problem | None:
    """Compare the number's country with the stated one; a shared plan is fine."""
    number, stated = facts.number(), facts.value("country")
    country = region(number) if number else ""
    if not stated or not country or country == stated:
        return None
    if _same_plan(number, stated):
        return None
    params = (("country_a", country), ("country_b", stated))
    return Problem("phone_country_differs", Severity.WARNING, field="phone_number", params=params)


def _same_plan(number: str, stated: str) -> bool:
    code = calling_code(number)
    return code == code_of_country(stated) and code not in _TOLD_APART


def wording_names_the_business(facts: Facts) -> Problem | None:
    """Look for the business name in the opt-in wording (WhatsApp's opt-in rules)."""
    wording = facts.value("opt_in_wording")
    legal = facts.value("company_legal_name")
    others = (facts.value("company_trading_name"), facts.value("display_name"))
    if facts.value("used_for_opt_in") != "yes" or not wording or not legal:
        return None
    if wording_contains(wording, (legal, *others)):
        return None
    params = (("name", names_without_form(legal)[0]),)
    return Problem("opt_in_name", Severity.ERROR, field="opt_in_wording", params=params)


def ready_date_ahead(facts: Facts) -> Problem | None:
    """Tell what a date in the past means: at once, or that we ask first when it is long past."""
    ready = facts.value("ready_date")
    if not ready or date.fromisoformat(ready) >= facts.today:
        return None
    days_back = (facts.today - date.fromisoformat(ready)).days
    asked_first = BY_FORM[facts.kind].asks_when_long_past and days_back > terms.READY_DAYS_BACK
    code = "ready_long_past" if asked_first else "ready_past"
    return Problem(code, Severity.NOTE, field="ready_date")


def slot_ahead(facts: Facts) -> Problem | None:
    """Refuse a slot for the move that has passed."""
    slot = facts.value("preferred_slot")
    if not slot or date.fromisoformat(slot[:10]) >= facts.today:
        return None
    return Problem("date_past", Severity.ERROR, field="preferred_slot")


def slot_in_the_stated_zone(facts: Facts) -> Problem | None:
    """Tell staff of a slot that names another zone than the customer's: the hour may differ."""
    moment, reading = facts.value("preferred_slot"), facts.readings.get("preferred_slot")
    zone = customer_zone(facts.value("time_zone") or None, facts.number() or None, "")
    if not moment or reading is None or not zone:
        return None
    if not names_another_zone(reading.raw, zone, datetime.fromisoformat(moment)):
        return None
    return _staff("slot_zone", "preferred_slot", given=reading.raw, zone=zone)


def ordinary_number_called_m2m(facts: Facts) -> Problem | None:
    """Staff settle it when an ordinary number is said to be an M2M number."""
    reading = facts.readings.get("phone_number")
    refused = reading is not None and "phone_m2m" in {item.code for item in reading.problems}
    if facts.value("is_m2m") != "yes" or refused:
        return None
    return _staff("m2m_yes", "is_m2m")


def app_account_first(facts: Facts) -> Problem | None:
    """Tell that the app's account is deleted first."""
    if facts.value("number_use") != "whatsapp_app":
        return None
    return Problem("number_in_app", Severity.NOTE, field="number_use")


def contact_has_company_address(facts: Facts) -> Problem | None:
    """Tell staff of an address where anybody can have one: it proves no company."""
    domain = facts.value("contact_email").rpartition("@")[2]
    if domain not in facts.free_mail_domains:
        return None
    params = (("domain", domain),)
    return Problem("free_mail", Severity.NOTE, Audience.STAFF, "contact_email", params)


@dataclass(frozen=True, slots=True)
class StaffFact:
    """An answer that staff have to see before they approve."""

    field: str
    values: tuple[str, ...]
    code: str

    def __call__(self, facts: Facts) -> Problem | None:
        """Return the warning when the answer is one of those."""
        value = facts.value(self.field)
        if value not in self.values:
            return None
        return _staff(self.code, self.field)


RULES: tuple[Rule, ...] = (
    numbers_agree,
    text_message_can_arrive,
    country_fits_number,
    wording_names_the_business,
    ready_date_ahead,
    slot_ahead,
    slot_in_the_stated_zone,
    ordinary_number_called_m2m,
    app_account_first,
    contact_has_company_address,
    StaffFact("number_use", ("unknown",), "number_use_unknown"),
    StaffFact("genesys_licence", ("other",), "licence_other"),
    StaffFact("has_messaging_permission", ("no",), "permission_missing"),
    StaffFact("has_whatsapp_account", ("no",), "account_missing"),
    StaffFact("meta_business_id", ("unknown",), "meta_id_unknown"),
    StaffFact("source_waba_id", ("unknown",), "waba_id_unknown"),
    StaffFact("meta_business_verified", ("not_verified", "unknown"), "business_not_verified"),
    StaffFact("source_business_verified", ("no", "unknown"), "business_not_verified"),
    StaffFact("same_business_account", ("no",), "other_business_account"),
    StaffFact("display_name_approved", ("no", "unknown"), "name_not_approved"),
    StaffFact("name_change_pending", ("yes", "unknown"), "name_change_pending"),
    StaffFact("payment_method_ready", ("no", "unknown"), "payment_missing"),
    StaffFact("two_step_disabled", ("unknown",), "two_step_unknown"),
)
