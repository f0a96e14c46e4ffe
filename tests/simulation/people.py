"""Who takes part in the year: customers with habits of their own, and staff with holidays."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from random import Random

from pipeline.model.form import FormKind
from tests.world.customers import File, form

#: When nobody of staff decides anything.
HOLIDAYS = ((date(2027, 8, 9), date(2027, 8, 20)), (date(2026, 12, 24), date(2027, 1, 4)))
_ZONES = {"en": "Europe/London", "ja": "Asia/Tokyo", "de": "Europe/Berlin"}
_COUNTRIES = {"en": "United Kingdom", "ja": "Japan", "de": "Germany"}
_NUMBERS = {"en": "+447400{:06d}", "ja": "+819010{:06d}", "de": "+4915112{:06d}"}
#: What customers write, in their language.
WORDS = {
    "en": {
        "done": "DONE",
        "ready": "READY",
        "active": "ACTIVE",
        "new": "NEW CERTIFICATE",
        "withdraw": "WITHDRAW",
        "undo": "UNDO",
        "ok": "OK",
        "status": "STATUS",
        "created": "CREATED",
        "help": "Hello, we use {number} with Twilio today. Which form do we need?",
        "question": "Who will call us on that day, and in which language?",
        "other": "Could we have another time, please? Next week would be better for us.",
    },
    "ja": {
        "done": "完了しました",
        "ready": "準備完了しました",
        "active": "アクティブになりました",
        "new": "証明書の再発行希望",
        "withdraw": "取り下げ",
        "undo": "取り下げの取消",
        "ok": "承知しました",
        "status": "状況を教えてください",
        "created": "作成しました",
        "help": "{number}の番号で、現在はTwilioを利用しています。申請書を教えてください。",
        "question": "当日はどなたからお電話をいただけますか。",
        "other": "別の日時をご提案いただけますでしょうか。",
    },
    "de": {
        "done": "ERLEDIGT",
        "ready": "BEREIT",
        "active": "AKTIV",
        "new": "NEUES ZERTIFIKAT",
        "withdraw": "ZURÜCKZIEHEN",
        "undo": "RÜCKGÄNGIG",
        "ok": "EINVERSTANDEN",
        "status": "STATUS",
        "created": "ANGELEGT",
        "help": "Guten Tag, wir nutzen {number} derzeit mit Twilio. Welches Formular brauchen wir?",
        "question": "Wer ruft uns an dem Tag an, und in welcher Sprache?",
        "other": "Wäre auch ein anderer Termin möglich? Nächste Woche passt es uns besser.",
    },
}


@dataclass(frozen=True)
class Person:
    """A customer: what they ask for, how good they are at it, how soon they answer."""

    place: int
    kind: FormKind | None
    language: str
    pace: str
    random: Random

    @property
    def address(self) -> str:
        """Their address."""
        return f"taro@shrub-{self.place}.example"

    @property
    def number(self) -> str:
        """The number that they ask for (E.164)."""
        return _NUMBERS[self.language].format(100_007 + 13 * self.place)

    @property
    def zone(self) -> str:
        """Their time zone."""
        return _ZONES[self.language]

    def word(self, name: str) -> str:
        """Return what they write, in their language."""
        return WORDS[self.language][name].format(number=self.number)

    def chance(self, share: float) -> bool:
        """Tell whether they do this time what they do in ``share`` of all cases."""
        return self.random.random() < share

    def pause(self) -> timedelta:
        """Return how long they take for an answer."""
        low, high = {"prompt": (1, 30), "late": (60, 400), "silent": (24, 500)}[self.pace]
        return timedelta(hours=self.random.uniform(low, high))

    def form(self, now: datetime, *, mistakes: bool, kind: FormKind | None = None) -> File:
        """Return their form as they fill it in now."""
        kind = kind or self.kind or FormKind.ONBOARDING
        ready = now.date() + timedelta(days=self.random.choice((-1, -1, 10, 25)))
        own = {
            "contact_email": self.address,
            "time_zone": self.zone,
            "company_legal_name": f"Shrub {self.place} Ltd",
            "country": _COUNTRIES[self.language],
            "genesys_org_name": f"Shrub {self.place}",
            "genesys_org_id": f"3d3f2a7e-9c44-4f0b-8a1d-5b6c7d8e{self.place:04x}",
            "phone_number": self.number,
            "phone_number_again": self.number,
        }
        if kind is FormKind.QR:
            own |= {"used_for_opt_in": "no", "opt_in_wording": ""}
        else:
            own |= {"ready_date": ready.isoformat(), "display_name": f"Shrub {self.place}"}
        if kind is FormKind.MIGRATION:
            own["two_step_disabled"] = self.random.choice(("yes", "no"))
        if mistakes:
            own["genesys_org_id"] = "shrub"
        return form(kind, self.language, **own)


def crowd(seed: int, count: int) -> list[Person]:
    """Return ``count`` customers, the same for the same ``seed``."""
    random = Random(seed)
    kinds = [*FormKind, FormKind.ONBOARDING, FormKind.MIGRATION, None]
    paces = ["prompt"] * 6 + ["late"] * 3 + ["silent"]
    return [
        Person(
            place,
            kinds[place % len(kinds)],
            random.choice(("en", "ja", "de")),
            random.choice(paces),
            Random(f"{seed}-{place}"),
        )
        for place in range(1, count + 1)
    ]


def at_work(moment: datetime) -> datetime:
    """Return ``moment``, or the next hour at which staff decide."""
    while True:
        day = moment.date()
        away = next((last for first, last in HOLIDAYS if first <= day <= last), None)
        if away is not None:
            moment = moment.replace(hour=9) + timedelta(days=(away - day).days + 1)
        elif day.weekday() > 4:
            moment = moment.replace(hour=9) + timedelta(days=1)
        else:
            return moment
