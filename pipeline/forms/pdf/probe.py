"""Tests in a child process whether this machine can make PDF forms.

A missing Pango prints to standard output, and one without fonts ends the process with a signal:
neither may happen to the command that asks.
"""

import subprocess
import sys
from dataclasses import dataclass
from enum import IntEnum

_TIMEOUT_SECONDS = 60
_SAMPLE = "<html lang=ja><p style='font-family:Noto Sans JP'>証明書 WhatsApp"
_DETAIL_LENGTH = 300


class ProbeResult(IntEnum):
    """What the child found; also its exit status."""

    WORKS = 0
    BROKEN = 1
    NO_PANGO = 3
    NO_FONT = 4


@dataclass(frozen=True, slots=True)
class PdfProbe:
    """The answer of the probe; ``detail`` is the last line that the child wrote (for operators)."""

    result: ProbeResult
    detail: str

    @property
    def works(self) -> bool:
        """Whether PDF forms can be made here."""
        return self.result is ProbeResult.WORKS


def probe_pdf() -> PdfProbe:
    """Lay out one line of Japanese in a child process and say how it went.

    Never raises: a child that dies or hangs is ``BROKEN``.
    """
    command = [sys.executable, "-m", "pipeline.forms.pdf.probe"]
    try:
        child = subprocess.run(  # noqa: S603 - our own interpreter and module
            command, capture_output=True, timeout=_TIMEOUT_SECONDS, check=False
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        return PdfProbe(ProbeResult.BROKEN, str(error)[:_DETAIL_LENGTH])
    lines = (child.stdout + child.stderr).decode("utf-8", "replace").split("\n")
    detail = next((line.strip() for line in reversed(lines) if line.strip()), "")
    known = {result.value for result in ProbeResult}
    result = ProbeResult(child.returncode) if child.returncode in known else ProbeResult.BROKEN
    return PdfProbe(result, detail[:_DETAIL_LENGTH])


def _try() -> ProbeResult:
    from pipeline.forms.pdf.fonts import use_own_fonts  # noqa: PLC0415 - only in the child

    use_own_fonts()
    try:
        import weasyprint  # noqa: PLC0415 - its import is what is tried
    except OSError:
        return ProbeResult.NO_PANGO
    content = weasyprint.HTML(string=_SAMPLE).write_pdf()
    return (
        ProbeResult.WORKS if content and b"Noto-Sans-JP" in _names(content) else ProbeResult.NO_FONT
    )


def _names(content: bytes) -> bytes:
    """Return the names of the fonts that the PDF ``content`` embeds."""
    from io import BytesIO  # noqa: PLC0415 - only in the child

    import pikepdf  # noqa: PLC0415 - only in the child

    with pikepdf.open(BytesIO(content)) as pdf:
        fonts = pdf.pages[0].resources.get("/Font", pikepdf.Dictionary())
        return b" ".join(str(font.get("/BaseFont")).encode() for font in fonts.values())


if __name__ == "__main__":
    sys.exit(_try())
