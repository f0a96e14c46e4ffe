"""The last runs as people read them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from pipeline.flow.views.dashboard.formats import Formats, Voice
from pipeline.store.process_records import RunRecord
from pipeline.wording.instants import told

#: What the exit codes of a run say; every other one is a failure.
_OUTCOMES = {0: "chart_run_done", 3: "chart_run_unfinished", 75: "chart_run_later"}


@dataclass(frozen=True, slots=True)
class RunLine:
    """One run; ``fine`` tells that nothing was wrong, ``failures`` are stages with their codes."""

    began: str
    took: str
    outcome: str
    fetched: str
    sent: str
    fine: bool
    failures: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Runs:
    """The last runs in the words of one reader, the newest first."""

    records: Sequence[RunRecord]
    zone: str
    voice: Voice
    formats: Formats

    @property
    def lines(self) -> tuple[RunLine, ...]:
        """A line for each, or for several that had nothing to do."""
        return tuple(map(self._line, self.records))

    @property
    def finding(self) -> str:
        """What they show."""
        wrong = sum(run.code != 0 for run in self.records)
        return self.voice.word(
            "chart_runs_wrong" if wrong else "chart_runs_fine",
            count=self.formats.number(sum(run.times for run in self.records)),
            wrong=self.formats.number(wrong),
        )

    def _line(self, run: RunRecord) -> RunLine:
        counts, word, number = dict(run.counts), self.voice.word, self.formats.number
        return RunLine(
            began=told(run.began_at, self.zone),
            took=word("chart_run_idle", count=number(run.times))
            if run.times > 1
            else self.formats.span(timedelta(seconds=run.seconds)),
            outcome=word(_OUTCOMES.get(run.code, "chart_run_failed")),
            fetched=number(counts.get("fetched", 0)),
            sent=number(counts.get("sent", 0)),
            fine=run.code == 0,
            failures=tuple(f"{stage}: {code}" for stage, code in run.failures),
        )
