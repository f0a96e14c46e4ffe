"""Dates, numbers, addressees, lines: how single things are written."""

from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.notifications import dates
from pipeline.notifications.addressee import addressee_lines
from pipeline.notifications.seal import GLUE_END, GLUE_START, Glued, Link, Vault, clean, unlinked
from pipeline.notifications.words import words_of
from pipeline.notifications.wrap import fill, width

EN, JA, DE = words_of("en"), words_of("ja"), words_of("de")
NOON = datetime(2026, 12, 1, 5, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("zone", "english", "japanese"),
    [
        (
            "Asia/Tokyo",
            "Tuesday 1 December 2026, 14:30 (Japan time, UTC+9)",
            "2026年12月1日（火）14:30（日本時間）",
        ),
        (
            "America/New_York",
            "Tuesday 1 December 2026, 00:30 (Eastern time, UTC-5)",
            "2026年12月1日（火）00:30（アメリカ東部時間、UTC-5）",
        ),
        (
            "Asia/Kolkata",
            "Tuesday 1 December 2026, 11:00 (India time, UTC+5:30)",
            "2026年12月1日（火）11:00（インド時間、UTC+5:30）",
        ),
        (
            "America/Argentina/Buenos_Aires",
            "Tuesday 1 December 2026, 02:30 (Argentina time, UTC-3)",
            "2026年12月1日（火）02:30（アルゼンチン時間、UTC-3）",
        ),
        (
            "Etc/GMT+5",
            "Tuesday 1 December 2026, 00:30 (UTC-5)",
            "2026年12月1日（火）00:30（UTC-5）",
        ),
        (
            "UTC",
            "Tuesday 1 December 2026, 05:30 (UTC)",
            "2026年12月1日（火）05:30（協定世界時、UTC）",
        ),
        (
            "No/Such",
            "Tuesday 1 December 2026, 05:30 (UTC)",
            "2026年12月1日（火）05:30（協定世界時、UTC）",
        ),
        (
            "../../etc/passwd",
            "Tuesday 1 December 2026, 05:30 (UTC)",
            "2026年12月1日（火）05:30（協定世界時、UTC）",
        ),
    ],
)
def test_an_instant_is_written_in_full_with_its_zone(
    zone: str, english: str, japanese: str
) -> None:
    assert dates.full_instant(NOON, zone, EN) == english
    assert dates.full_instant(NOON, zone, JA) == japanese


@pytest.mark.parametrize(
    ("zone", "german"),
    [
        ("Asia/Tokyo", "Dienstag, 1. Dezember 2026, 14:30 Uhr (japanische Zeit, UTC+9)"),
        ("Europe/Berlin", "Dienstag, 1. Dezember 2026, 06:30 Uhr (mitteleuropäische Zeit, UTC+1)"),
        ("Europe/Moscow", "Dienstag, 1. Dezember 2026, 08:30 Uhr (Moskauer Zeit, UTC+3)"),
        (
            "America/New_York",
            "Dienstag, 1. Dezember 2026, 00:30 Uhr (nordamerikanische Ostküstenzeit, UTC-5)",
        ),
        (
            "Australia/Eucla",
            "Dienstag, 1. Dezember 2026, 14:15 Uhr (zentral-/westaustralische Zeit, UTC+8:45)",
        ),
        ("No/Such", "Dienstag, 1. Dezember 2026, 05:30 Uhr (UTC)"),
    ],
)
def test_a_german_instant_has_its_zone_in_lower_case(zone: str, german: str) -> None:
    written = dates.full_instant(NOON, zone, DE)
    assert written.replace("\u00a0", " ") == german
    assert "1.\u00a0Dezember 2026, " in written
    assert "\u00a0Uhr (" in written


def test_the_offset_is_that_of_the_day() -> None:
    summer = datetime(2026, 7, 1, 12, tzinfo=UTC)
    assert dates.full_instant(summer, "Europe/Berlin", EN).endswith("UTC+2)")
    assert dates.full_instant(NOON, "Europe/Berlin", EN).endswith("UTC+1)")


def test_a_deadline_at_midnight_is_the_minute_before() -> None:
    midnight = datetime(2026, 12, 1, 15, tzinfo=UTC)
    before = dates.before_midnight(midnight, "Asia/Tokyo")
    assert dates.full_instant(before, "Asia/Tokyo", JA) == "2026年12月1日（火）23:59（日本時間）"
    assert dates.before_midnight(midnight, "UTC") == midnight


def test_short_dates_for_subjects() -> None:
    assert dates.short_date(date(2026, 12, 8), EN) == "8 December"
    assert dates.short_date(date(2026, 12, 8), JA) == "12/8"
    assert dates.short_instant(NOON, "Asia/Tokyo", EN) == "1 December, 14:30"
    assert dates.short_instant(NOON, "Asia/Tokyo", JA) == "12/1（火）14:30"
    assert dates.short_date(date(2027, 3, 8), DE) == "8. März"
    assert dates.short_instant(NOON, "Asia/Tokyo", DE) == "1. Dezember, 14:30 Uhr"


def test_a_span_over_midnight_names_both_days() -> None:
    start, end = (
        datetime(2026, 12, 8, 14, 30, tzinfo=UTC),
        datetime(2026, 12, 8, 15, 30, tzinfo=UTC),
    )
    assert dates.span(start, end, "Asia/Tokyo", EN) == (
        "Tuesday 8 December 2026, 23:30 – Wednesday 9 December 2026, 00:30 (Japan time, UTC+9)"
    )
    assert dates.span(start, end, "Asia/Tokyo", DE).replace("\u00a0", " ") == (
        "Dienstag, 8. Dezember 2026, 23:30 Uhr, bis Mittwoch, 9. Dezember 2026, 00:30 Uhr "
        "(japanische Zeit, UTC+9)"
    )


@pytest.mark.parametrize(
    ("company", "department", "contact", "lines"),
    [
        (
            "株式会社サンプル商事",
            "情報システム部",
            "田中 愛子",
            ("株式会社サンプル商事", "情報システム部", "田中　愛子 様"),
        ),
        ("サンプル商事株式会社", "", "", ("サンプル商事株式会社 御中",)),
        ("サンプル商事株式会社", "営業部", "", ("サンプル商事株式会社", "営業部 御中")),
        ("", "", "田中　愛子", ("田中　愛子 様",)),
        ("", "営業部", "田中愛子", ("田中愛子 様",)),
        ("", "", "", ("ご担当者様",)),
        ("Example GmbH", "", "John Smith", ("Example GmbH", "John Smith 様")),
        ("サンプル 御中", "", "田中愛子様", ("サンプル", "田中愛子 様")),
        ("サンプル", "", "田中部長", ("サンプル 御中",)),
        ("サンプル", "", "各位", ("サンプル 御中",)),
        ("", "", "ご担当者様", ("ご担当者様",)),
    ],
)
def test_the_japanese_addressee(
    company: str, department: str, contact: str, lines: tuple[str, ...]
) -> None:
    assert addressee_lines(JA, company, department, contact) == lines


@pytest.mark.parametrize(
    ("company", "contact", "line"),
    [
        ("Sample Ltd.", "Aiko Tanaka", "Dear Aiko Tanaka,"),
        ("", "田中 愛子", "Dear 田中 愛子,"),
        ("Sample Ltd.", "", "Dear Sample Ltd. team,"),
        ("", "", "Hello,"),
    ],
)
def test_the_english_salutation_is_one_line(company: str, contact: str, line: str) -> None:
    assert addressee_lines(EN, company, "IT", contact) == (line,)


@pytest.mark.parametrize(
    ("company", "contact", "line"),
    [
        ("Muster GmbH", "Petra Müller", "Guten Tag Petra Müller,"),
        ("Muster GmbH", "", "Guten Tag an das Team von Muster GmbH,"),
        ("", "", "Guten Tag,"),
    ],
)
def test_the_german_salutation_guesses_no_title(company: str, contact: str, line: str) -> None:
    assert addressee_lines(DE, company, "IT", contact) == (line,)


def test_japanese_lines_begin_and_end_where_they_may() -> None:
    text = "（株式会社サンプル商事の担当者の方へのご連絡です。）" * 4
    lines = fill(text, 40, east_asian=True)
    assert "".join(lines) == text
    assert all(width(line, east_asian=True) <= 40 for line in lines)
    assert not [line for line in lines if line[0] in "、。）」ー" or line[-1] in "（「"]


def test_a_date_is_not_broken() -> None:
    date_text = f"{GLUE_START}Tuesday 1 December 2026, 14:30 (Japan time, UTC+9){GLUE_END}"
    lines = fill(f"{'word ' * 12}by {date_text}.", 76, east_asian=False)
    assert lines[-1] == "Tuesday 1 December 2026, 14:30 (Japan time, UTC+9)."


def test_a_link_is_never_cut_and_a_long_word_is() -> None:
    link = "https://wa.me/81312345678?text=" + "%E3%81%82" * 30
    vault = Vault()
    opened = vault.open_text(vault.seal(Link(link)))
    assert fill(opened, 76, east_asian=False) == (link,)
    assert fill("x" * 100, 76, east_asian=False) == ("x" * 76, "x" * 24)


@given(st.text(), st.integers(min_value=4, max_value=80), st.booleans())
def test_no_line_is_too_wide_and_nothing_but_blanks_is_lost(
    text: str, limit: int, east_asian: bool
) -> None:
    cleaned = clean(text)
    lines = fill(cleaned, limit, east_asian=east_asian)
    assert "".join(lines).replace(" ", "") == cleaned.replace(" ", "")
    if "https://" not in cleaned:
        assert all(width(line, east_asian=east_asian) <= limit for line in lines)


@given(st.text())
def test_a_sealed_value_comes_out_clean_in_both_parts(value: str) -> None:
    vault = Vault()
    sealed = vault.seal(value)
    assert sealed.strip("\ufdd0\ufdd1").isdecimal()
    shown = unlinked(clean(value))
    assert vault.open_line(sealed).strip("\u2068\u2069") == shown.strip("\u2068\u2069")
    assert "<" not in vault.open_html(sealed).replace("<bdi>", "").replace("</bdi>", "")


def test_a_link_that_we_did_not_make_is_text() -> None:
    vault = Vault()
    assert "<a " not in vault.open_html(vault.seal(Link("https://evil.example/")))
    assert "<a " not in vault.open_html(vault.seal(Link("javascript:alert(1)")))
    assert vault.open_html(vault.seal(Link("https://wa.me/1"))) == (
        '<a href="https://wa.me/1">https://wa.me/1</a>'
    )


@pytest.mark.parametrize("value", [None, True, 1.5, ("a",)])
def test_what_is_neither_text_nor_a_number_is_never_written(value: object) -> None:
    with pytest.raises(TypeError):
        Vault().seal(value)


def test_a_value_that_runs_right_to_left_is_isolated() -> None:
    vault = Vault()
    assert vault.open_text(vault.seal("مرحبا")) == "\u2068مرحبا\u2069"
    assert vault.open_html(vault.seal(Glued("مرحبا"))) == "<bdi>مرحبا</bdi>"
