"""Making forms: blanks and marked copies, against the bare libraries doing the same amount."""

import io
from datetime import UTC, datetime, time

import pytest
from openpyxl import load_workbook

from pipeline.forms.pdf.fonts import use_own_fonts
from pipeline.forms.pdf.write.finish import finish
from pipeline.forms.pdf.write.form import build_pdf
from pipeline.forms.pdf.write.layout import lay_out
from pipeline.forms.stamp import Stamp
from pipeline.forms.xlsx.write.fill import fill_xlsx
from pipeline.forms.xlsx.write.form import build_xlsx
from pipeline.model.form import Filling, FormKind
from tests.benchmarks.measuring import medians, show
from tests.programs.outcome import TODAY
from tests.world.crowd import answers
from tests.world.settings import ADDRESS, PRIVACY

_MARKS = (
    ("genesys_org_id", ("Organization ID must be 36 characters.",)),
    ("phone_number_again", ("Both numbers must be the same.",)),
    ("ready_date", ("The date must have a day, a month and a year.",)),
)


def _filling() -> Filling:
    return Filling(tuple(answers(0, datetime.combine(TODAY, time(), UTC)).items()), _MARKS)


@pytest.mark.benchmark
def test_blank_workbook_against_openpyxl_saving_it_again() -> None:
    blank = build_xlsx(FormKind.ONBOARDING, "en", address=ADDRESS, privacy=PRIVACY)

    def again() -> None:
        load_workbook(io.BytesIO(blank)).save(io.BytesIO())

    ours, floor = medians(
        lambda: build_xlsx(FormKind.ONBOARDING, "en", address=ADDRESS, privacy=PRIVACY), again
    )
    show("building a blank workbook", ours, floor, "openpyxl loading and saving it")


@pytest.mark.benchmark
def test_marked_workbook_against_a_blank() -> None:
    filling = _filling()
    marked, blank = medians(
        lambda: fill_xlsx(FormKind.ONBOARDING, "en", filling, address=ADDRESS, privacy=PRIVACY),
        lambda: build_xlsx(FormKind.ONBOARDING, "en", address=ADDRESS, privacy=PRIVACY),
    )
    show("patching a marked workbook", marked, blank, "building a blank one")


@pytest.mark.benchmark
@pytest.mark.parametrize("language", ["en", "ja"])
def test_blank_pdf_against_its_layout_alone(language: str) -> None:
    use_own_fonts()
    stamp = Stamp(FormKind.ONBOARDING, "1", language)

    def laid_out() -> bytes:
        return lay_out(FormKind.ONBOARDING, language, ADDRESS, PRIVACY)

    ours, floor = medians(lambda: finish(laid_out(), stamp), laid_out, rounds=3)
    show(f"building a blank PDF ({language})", ours, floor, "WeasyPrint's layout alone")


@pytest.mark.benchmark
@pytest.mark.parametrize("language", ["en", "ja"])
def test_marked_pdf_against_its_layout_alone(language: str) -> None:
    use_own_fonts()
    filling = _filling()
    ours, floor = medians(
        lambda: build_pdf(FormKind.ONBOARDING, language, filling, address=ADDRESS, privacy=PRIVACY),
        lambda: lay_out(FormKind.ONBOARDING, language, ADDRESS, PRIVACY),
        rounds=3,
    )
    show(f"putting a marked PDF together ({language})", ours, floor, "WeasyPrint's layout alone")
