"""Which kinds of numbers are taken: a table, whose rows are settings."""

from dataclasses import dataclass

from pipeline.model.problem import Verdict


@dataclass(frozen=True, slots=True)
class PhonePolicy:
    """The verdict on each kind of number, and the countries (alpha-2) without the platform.

    A number of no known kind is refused, as are machine ranges and codes of no country: those are
    facts and no policy.
    """

    mobile: Verdict = Verdict.OK
    landline: Verdict = Verdict.OK
    landline_or_mobile: Verdict = Verdict.OK
    voip: Verdict = Verdict.OK
    toll_free: Verdict = Verdict.ASK
    shared_cost: Verdict = Verdict.ASK
    uan: Verdict = Verdict.ASK
    personal: Verdict = Verdict.ASK
    premium: Verdict = Verdict.REJECT
    pager: Verdict = Verdict.REJECT
    voicemail: Verdict = Verdict.REJECT
    #: Where Meta does not offer its business platform (help centre, "Supported countries").
    restricted: tuple[str, ...] = ("CU", "IR", "KP", "SY")

    def verdict(self, kind: str) -> Verdict:
        """Return the verdict on ``kind``, a name of ``phone.kinds``."""
        found = getattr(self, kind, Verdict.REJECT)
        return found if isinstance(found, Verdict) else Verdict.REJECT


DEFAULT = PhonePolicy()
