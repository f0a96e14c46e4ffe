"""Whether this machine can make PDF forms."""

import builtins
import subprocess
import sys
from typing import Any

import pytest

from pipeline.errors import ConfigurationError
from pipeline.forms.pdf.fonts import CONFIGURATION, FOLDER
from pipeline.forms.pdf.probe import ProbeResult, probe_pdf
from pipeline.forms.pdf.write.layout import lay_out
from pipeline.model.form import FormKind


def test_probe_works_where_the_forms_are_made() -> None:
    assert probe_pdf().works


@pytest.mark.parametrize(
    ("status", "expected"),
    [(3, ProbeResult.NO_PANGO), (4, ProbeResult.NO_FONT), (-11, ProbeResult.BROKEN)],
)
def test_probe_tells_how_the_child_ended(
    monkeypatch: pytest.MonkeyPatch, status: int, expected: ProbeResult
) -> None:
    def run(command: list[str], **_: Any) -> subprocess.CompletedProcess[bytes]:
        assert command[0] == sys.executable
        return subprocess.CompletedProcess(command, status, b"cannot load library 'pango'\n\n", b"")

    monkeypatch.setattr(subprocess, "run", run)
    probe = probe_pdf()
    assert (probe.result, probe.works) == (expected, False)
    assert probe.detail == "cannot load library 'pango'"


def test_probe_outlives_a_child_that_hangs(monkeypatch: pytest.MonkeyPatch) -> None:
    def run(command: list[str], **_: Any) -> None:
        raise subprocess.TimeoutExpired(command, 60)

    monkeypatch.setattr(subprocess, "run", run)
    assert probe_pdf().result is ProbeResult.BROKEN


def test_machine_without_pango_is_told_so_and_nothing_is_printed(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    ordinary = builtins.__import__

    def without_pango(name: str, *args: Any) -> Any:
        if name == "weasyprint":
            sys.stdout.write("WeasyPrint could not import some external libraries.")
            raise OSError("cannot load library 'pango-1.0-0'")
        return ordinary(name, *args)

    monkeypatch.setattr(builtins, "__import__", without_pango)
    with pytest.raises(ConfigurationError) as raised:
        lay_out(FormKind.QR, "en", "requests@example.com", "privacy@example.com")
    expected = {"detail": "cannot load library 'pango-1.0-0'"}
    assert (raised.value.code, raised.value.params) == ("pango_missing", expected)
    assert capsys.readouterr().out == ""


def test_only_our_fonts_are_seen() -> None:
    assert '<dir prefix="relative">.</dir>' in CONFIGURATION.read_text(encoding="utf-8")
    assert sorted(path.name for path in FOLDER.iterdir()) == [
        "FormInput-Regular.ttf",
        "NotoSans-Regular.ttf",
        "NotoSansJP-Bold.ttf",
        "NotoSansJP-Regular.ttf",
        "OFL.txt",
        "fonts.conf",
    ]


def test_licence_of_the_fonts_is_beside_them() -> None:
    text = (FOLDER / "OFL.txt").read_text(encoding="utf-8")
    assert "SIL OPEN FONT LICENSE Version 1.1" in text
    assert "Reserved Font Name 'Source'" in text
