"""``pipeline form``: what it lists, describes, reads and writes."""

from pathlib import Path

import pytest

from pipeline.forms.definitions.catalogue import FORMS
from pipeline.model.form import FormKind
from pipeline.resources import languages
from tests.unit.forms.xlsx.adding import copied_sheet, put
from tests.world.customers import form

from .conftest import SAMPLES, Call

ERRORS = SAMPLES / "forms" / "riviere-onboarding-errors_en.xlsx"
CLEAN = SAMPLES / "forms" / "sample-shoji-onboarding_ja.xlsx"
PDF = SAMPLES / "forms" / "harbour-books-onboarding_en.pdf"


def test_check_prints_the_shape_of_the_contract(fresh_pipeline: Call) -> None:
    called = fresh_pipeline("form", "check", str(ERRORS), "--json")
    found = called.json()
    assert (called.code, called.err) == (0, "")
    wanted = {"schema", "file", "form", "version", "language", "verdict", "fields", "problems"}
    assert wanted <= set(found)
    assert found["schema"] == "pipeline/form-check/1"
    assert found["file"] == ERRORS.name
    assert (found["form"], found["language"]) == ("onboarding", "en")
    assert found["version"] == FORMS[FormKind.ONBOARDING].version
    assert found["verdict"] == "reject"
    assert [field["id"] for field in found["fields"]] == list(FORMS[FormKind.ONBOARDING].questions)
    for field in found["fields"]:
        assert {"id", "where", "raw", "value", "verdict", "notes"} <= set(field)
        assert field["verdict"] in {"ok", "ask", "reject", "blank"}
    for problem in found["problems"]:
        assert {"code", "severity", "field", "params", "message"} <= set(problem)
        assert problem["severity"] in {"error", "ask", "warning", "note"}
        assert problem["message"] != ""


def test_check_reads_a_phone_as_e164(fresh_pipeline: Call) -> None:
    found = fresh_pipeline("form", "check", str(CLEAN), "--json").json()
    values = {field["id"]: field["value"] for field in found["fields"]}
    assert values["phone_number"] == "+81312345678"
    assert found["verdict"] == "ok"


def test_check_of_several_files_prints_a_line_each_and_tells_of_the_unreadable(
    fresh_pipeline: Call, tmp_path: Path
) -> None:
    broken = tmp_path / "broken.xlsx"
    broken.write_bytes(b"PK\x03\x04 and nothing more")
    called = fresh_pipeline("form", "check", str(CLEAN), str(broken), str(PDF), "--json")
    found = called.lines()
    assert called.code == 3
    assert [line["verdict"] for line in found] == ["ok", "unreadable", "ok"]
    assert [line["form"] for line in found] == ["onboarding", None, "onboarding"]
    assert (found[1]["fields"], len(found[1]["problems"])) == ([], 1)


def test_check_speaks_the_language_that_is_asked_for(fresh_pipeline: Call) -> None:
    english = fresh_pipeline("form", "check", str(ERRORS), "--json", "--lang", "en").json()
    japanese = fresh_pipeline("form", "check", str(ERRORS), "--json", "--lang", "ja").json()
    assert [item["code"] for item in english["problems"]] == [
        item["code"] for item in japanese["problems"]
    ]
    assert all(item["message"].isascii() or "“" in item["message"] for item in english["problems"])
    assert not any(item["message"].isascii() for item in japanese["problems"])


def test_check_for_people_names_every_problem(fresh_pipeline: Call) -> None:
    found = fresh_pipeline("form", "check", str(ERRORS), "--json").json()
    called = fresh_pipeline("form", "check", str(ERRORS))
    assert called.code == 0
    for problem in found["problems"]:
        assert f"{problem['message']} (`{problem['code']}`)" in called.out


@pytest.mark.parametrize("kind", [kind.value for kind in FormKind])
def test_fields_describe_every_question(fresh_pipeline: Call, kind: str) -> None:
    called = fresh_pipeline("form", "fields", kind, "--json")
    found = called.json()
    assert called.code == 0
    assert [row["id"] for row in found] == list(FORMS[FormKind(kind)].questions)
    assert [row["number"] for row in found] == list(range(1, len(found) + 1))
    for row in found:
        assert {"id", "type", "required", "choices", "minimum", "maximum"} <= set(row)
        assert row["required"] in {True, False, "conditional"}


def test_fields_tell_the_limits_of_the_specification(fresh_pipeline: Call) -> None:
    rows = fresh_pipeline("form", "fields", "onboarding", "--json").json()
    found = {row["id"]: row for row in rows}
    assert (found["use_case"]["minimum"], found["use_case"]["maximum"]) == (20, 1000)
    assert found["verification_method"]["choices"] == ["sms", "voice"]
    assert found["behind_ivr"]["required"] == "conditional"
    assert len(found["business_vertical"]["choices"]) == 21


def test_list_names_forms_versions_and_languages(fresh_pipeline: Call) -> None:
    found = fresh_pipeline("form", "list", "--json").json()
    assert found == [
        {"form": kind.value, "version": form.version, "languages": list(languages())}
        for kind, form in FORMS.items()
    ]


def test_build_prefills_what_check_reads_back(fresh_pipeline: Call, tmp_path: Path) -> None:
    answers = tmp_path / "answers.toml"
    answers.write_text('contact_name = "Aiko Tanaka"\n', encoding="utf-8")
    out = tmp_path / "forms"
    called = fresh_pipeline(
        *("form", "build", "--out", str(out), "--lang", "en", "--format", "xlsx"),
        *("--kind", "qr", "--prefill", str(answers)),
    )
    assert called.code == 0
    (path,) = [Path(line) for line in called.out.splitlines()]
    found = fresh_pipeline("form", "check", str(path), "--json").json()
    raw = {field["id"]: field["raw"] for field in found["fields"] if field["raw"]}
    assert (found["form"], raw) == ("qr", {"contact_name": "Aiko Tanaka"})


def test_build_refuses_answers_that_are_no_toml(fresh_pipeline: Call, tmp_path: Path) -> None:
    answers = tmp_path / "answers.toml"
    answers.write_text("contact_name: Aiko", encoding="utf-8")
    called = fresh_pipeline("form", "build", "--out", str(tmp_path), "--prefill", str(answers))
    assert (called.code, called.err.splitlines()[0]) == (
        2,
        f"{answers} could not be read as answers.",
    )


@pytest.mark.parametrize("as_json", [True, False])
def test_check_lists_what_stands_beside_the_answers_and_every_form_of_a_file(
    fresh_pipeline: Call, tmp_path: Path, *, as_json: bool
) -> None:
    other = form(FormKind.MIGRATION, "en", phone_number="+44 7400 654321")[1]
    added = put("website", 4, "the site is new")(form(FormKind.ONBOARDING, "en")[1])
    path = tmp_path / "both.xlsx"
    path.write_bytes(copied_sheet(lambda: other)(added))
    called = fresh_pipeline("form", "check", str(path), *(["--json"] if as_json else []))
    assert called.code == 0
    if not as_json:
        assert "the site is new" in called.out
        assert called.out.count("both.xlsx") == 2
        return
    (found,) = called.lines()
    assert found["left_over"] == [
        {"kind": "cell", "words": "the site is new", "where": "Form!H30", "field": "website"}
    ]
    assert [item["form"] for item in found["other_forms"]] == ["migration"]
    assert found["other_forms"][0]["left_over"] == []
