"""Forms that real programs filled, and others flattened or printed: always asked about."""

import itertools
from collections import Counter
from pathlib import Path

import pytest

from pipeline.flow.views.form_check import read_forms_of
from pipeline.model.form import FormKind
from pipeline.model.submission import Submission
from tests.programs import kept_rows
from tests.programs.flattened import (
    FILLERS,
    FlattenedRow,
    fill_all,
    filled_form,
    flatten_all,
    rows_of,
)
from tests.programs.flatteners import FLATTENERS, OUTLINED, Flattener
from tests.programs.job import Program
from tests.programs.kept_rows import rows_kept
from tests.programs.report import PAGE, flattened_line
from tests.programs.running import has_japanese_font

_LEAST = 0.95
_OWN = FILLERS[0]
#: One flattener for each filler; together with those of our own copies each is used.
_PAIRS = tuple(zip(FILLERS[1:], itertools.cycle(FLATTENERS[:2]), strict=False))


def _rows(
    filler: Program, flattener: Flattener, folder: Path, forms: list[tuple[FormKind, str]]
) -> tuple[FlattenedRow, ...]:
    for program in (filler, flattener):
        if program.missing():
            pytest.skip(f"{program.missing()} is not installed")
    jobs = fill_all(filler, folder / "filled", forms)
    flatten_all(flattener, jobs, folder / "flattened")
    return rows_of(filler.name, flattener.name, jobs, folder / "flattened")


def _bad(row: FlattenedRow) -> tuple[int, int, int]:
    return row.counts["lost"], row.counts["wrong"], row.counts["accepted"]


@pytest.mark.parametrize(
    "flattener", [one for one in FLATTENERS if not one.of_own], ids=lambda one: one.name
)
def test_flattened_copy_of_ours_is_proposed_or_told_as_damaged(
    flattener: Flattener, tmp_path: Path
) -> None:
    for row in _rows(_OWN, flattener, tmp_path, [(FormKind.QR, "ja")]):
        known = f"- filled by {row.filler}, flattened by {row.flattener} (日本語): wrong: "
        is_known = known in PAGE.read_text(encoding="utf-8")
        assert (row.counts["lost"], row.counts["accepted"]) == (0, 0), row.told
        assert is_known or not row.counts["wrong"], row.told
        if row.refused != ("",):
            assert row.counts["right"] + row.counts["marked"] >= _LEAST * row.answers


@pytest.mark.parametrize(
    ("filler", "flattener"), _PAIRS, ids=lambda one: one.name.replace(" ", "_")
)
def test_nothing_that_a_program_filled_in_is_lost_or_accepted(
    filler: Program, flattener: Flattener, tmp_path: Path
) -> None:
    for row in _rows(filler, flattener, tmp_path, [(FormKind.QR, "ja")]):
        documented = PAGE.read_text(encoding="utf-8")
        lost, wrong, accepted = _bad(row)
        assert (lost, accepted) == (0, 0), row.told
        for _, name, outcome in row.told:
            line = f"- filled by {filler.name}, flattened by {flattener.name} (日本語): "
            assert outcome == "asked" or (wrong and line in documented), (name, outcome)


@pytest.mark.long
@pytest.mark.parametrize("filler", FILLERS, ids=lambda one: one.name)
def test_table_of_fillers_and_flatteners_is_true(filler: Program, tmp_path: Path) -> None:
    documented = PAGE.read_text(encoding="utf-8").splitlines()
    forms = [(kind, language) for kind in _documented_forms() for language in ("en", "de", "ja")]
    for flattener in FLATTENERS:
        if flattener.of_own and filler is not _OWN:
            continue
        rows = _rows(filler, flattener, tmp_path / flattener.name, forms)
        found = [row for row in rows if row.answers]
        assert [row.told for row in found if sum(_bad(row))] == []
        # what is drawn of Japanese, and so what is marked, depends on the fonts of the machine
        same = [row for row in found if row.language != "ja" or has_japanese_font()]
        lines = [flattened_line(row) for row in same]
        assert [line for line in lines if line not in documented] == []


def _documented_forms() -> list[FormKind]:
    """Return the forms that the table is of, as its first line says."""
    text = PAGE.read_text(encoding="utf-8")
    return [kind for kind in FormKind if f"`{kind.value}` form" in text] or list(FormKind)


def test_form_whose_writing_was_drawn_as_shapes_is_not_taken_for_blank(tmp_path: Path) -> None:
    if OUTLINED.missing():
        pytest.skip(f"{OUTLINED.missing()} is not installed")
    path, out = tmp_path / "filled.pdf", tmp_path / "flattened"
    out.mkdir()
    path.write_bytes(filled_form(FormKind.QR, "en"))
    OUTLINED.flatten([path], out)
    found = read_forms_of(path.name, (out / path.name).read_bytes())[0]
    assert not isinstance(found, Submission)
    assert found.problem.code in {"file_scanned", "file_print_unread"}


def test_rows_are_kept_for_the_same_reader_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    row = FlattenedRow(
        "a",
        "b",
        "ja",
        ("qr",),
        Counter({"right": 2, "asked": 1}),
        ("",),
        (("qr", "notes", "asked"),),
    )
    assert rows_kept(tmp_path, "qr", lambda: (row,)) == (row,)
    assert rows_kept(tmp_path, "qr", tuple) == (row,)
    assert rows_kept(tmp_path, "migration", tuple) == ()
    monkeypatch.setattr(kept_rows, "reader_digest", lambda: "another")
    assert rows_kept(tmp_path, "qr", tuple) == ()
