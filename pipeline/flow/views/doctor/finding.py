"""What one check found."""

from dataclasses import dataclass

from pipeline.errors import PipelineError


@dataclass(frozen=True, slots=True)
class Finding:
    """One check: ``state`` is ``good``, ``warn`` or ``bad``; the words are in the templates."""

    check: str
    state: str
    word: str = ""
    values: tuple[tuple[str, str], ...] = ()
    error: PipelineError | None = None
