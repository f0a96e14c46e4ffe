"""What the figures of a period look like: charts with their findings, in a reader's language."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import cached_property, partial
from math import ceil

from pipeline.flow.views.dashboard.chart import Chart, Series
from pipeline.flow.views.dashboard.formats import Formats, Voice, console_voice
from pipeline.flow.views.dashboard.runs import Runs
from pipeline.flow.views.dashboard.values import (
    Column,
    Dashboard,
    QuestionFigures,
    Share,
    Step,
)
from pipeline.forms.texts import form_texts
from pipeline.wording.answers import language_name

#: So many questions are drawn; the table has them too, for more nobody can take in.
_MOST_QUESTIONS = 8
#: The table of the questions.
_QUESTIONS_HEAD = (
    *("question", "wrong", "asked", "share", "by_language", "by_format", "by_program"),
)
#: A narrow screen has room for so many labels below the columns.
_LABELS = 4
_WEEK = 7


@dataclass(frozen=True)
class Drawn:
    """The charts of a dashboard in the words of one reader."""

    board: Dashboard
    voice: Voice = field(default_factory=console_voice)

    @cached_property
    def formats(self) -> Formats:
        """How numbers, dates and durations are written."""
        return Formats(self.voice.language, self.voice.word("figures_unit"))

    def number(self, value: float) -> str:
        """Return a number as the reader's language groups its digits."""
        return self.formats.number(value)

    def day(self, day: date) -> str:
        """Return a day as the reader's language writes it."""
        return self.formats.day(day)

    def span(self, took: timedelta) -> str:
        """Return a duration in the unit that fits."""
        return self.formats.span(took)

    @property
    def charts(self) -> tuple[Chart, ...]:
        """All charts, in the order in which they are worth looking at."""
        return (
            self.flow(),
            self.answers(),
            self.questions(),
            self.statuses(),
            self.certificates(),
            self.moves(),
            self.replies(),
            self.promises(),
        )

    def flow(self) -> Chart:
        """Return the requests received and finished in each column."""
        board, word = self.board, self.voice.word
        busiest = max(board.columns, key=lambda column: (column.received, column.first))
        return Chart(
            id="flow",
            kind="columns",
            title=word("chart_flow"),
            finding=word(
                "chart_flow_finding",
                received=self.number(board.received),
                finished=self.number(board.finished),
                when=self._name(busiest),
                most=self.number(busiest.received),
            ),
            about=word("chart_flow_about"),
            head=(word(f"chart_{board.step}"), word("chart_received"), word("chart_finished")),
            names=tuple(map(self._name, board.columns)),
            labels=self._labels(),
            series=(
                self._counts("chart_received", [column.received for column in board.columns]),
                self._counts("chart_finished", [column.finished for column in board.columns]),
            ),
            lines=self.formats.lines(
                max(max(column.received, column.finished) for column in board.columns),
            ),
            empty=not board.received + board.finished,
        )

    def answers(self) -> Chart:
        """Return the time to the first answer in each column."""
        board, word = self.board, self.voice.word
        times, decided = board.first_answer, board.first_decision
        both = {"median": self.span(times.median), "ninth": self.span(times.ninth)}
        notes = [
            word(
                "chart_answers_working",
                median=self.span(times.working_median),
                ninth=self.span(times.working_ninth),
            )
        ]
        if decided.count:
            notes.append(
                word(
                    "chart_answers_decided",
                    median=self.span(decided.median),
                    ninth=self.span(decided.ninth),
                    working_median=self.span(decided.working_median),
                    working_ninth=self.span(decided.working_ninth),
                )
            )
        if board.unanswered:
            notes.append(word("chart_answers_none", count=self.number(board.unanswered)))
        took = [column.answer for column in board.columns]
        hours = tuple(None if at is None else at / timedelta(hours=1) for at in took)
        return Chart(
            id="answers",
            kind="line",
            title=word("chart_answers"),
            finding=word("chart_answers_finding", **both),
            about=word("chart_answers_about"),
            head=(word(f"chart_{board.step}"), word("chart_median")),
            names=tuple(map(self._name, board.columns)),
            labels=self._labels(),
            series=(
                Series(
                    word("chart_median"),
                    hours,
                    tuple("–" if at is None else self.span(at) for at in took),
                ),
            ),
            lines=self.formats.time_lines(max((hour or 0 for hour in hours), default=0)),
            notes=tuple(notes),
            empty=not times.count,
        )

    def questions(self) -> Chart:
        """Return the questions that fail most."""
        board, word = self.board, self.voice.word
        shown = board.questions[:_MOST_QUESTIONS]
        finding = word("chart_questions_fine", forms=self.number(board.forms))
        if shown:
            key = "chart_questions_finding" if shown[0].number else "chart_questions_unnumbered"
            finding = word(
                key,
                number=shown[0].number,
                label=self.label(shown[0]),
                form=self.voice.code(shown[0].form.value),
                wrong=self.number(shown[0].wrong),
                asked=self.number(shown[0].asked),
            )
        return Chart(
            id="questions",
            kind="ranked",
            title=word("chart_questions"),
            finding=finding,
            about=word("chart_questions_about"),
            head=tuple(word(f"chart_{key}") for key in _QUESTIONS_HEAD),
            names=tuple(map(self._question, shown)),
            series=(
                Series(
                    word("chart_wrong"),
                    tuple(float(item.wrong) for item in shown),
                    tuple(self._of(item.wrong, item.asked) for item in shown),
                ),
            ),
            rows=tuple(map(self._row, board.questions)),
            notes=(
                word(
                    "chart_questions_forms",
                    wrong=self.number(board.wrong_forms),
                    forms=self.number(board.forms),
                ),
            )
            if shown
            else (),
            empty=not board.forms,
        )

    def certificates(self) -> Chart:
        """Return what became of certificates."""
        figures, word = self.board.certificates, self.voice.word
        return self._stacked(
            "certificates",
            {
                "chart_used": figures.used,
                "chart_expired": figures.expired,
                "chart_reissued": figures.reissued,
                "chart_revoked": figures.revoked,
            },
            word(
                "chart_certificates_finding",
                used=self.number(figures.used),
                decided=self.number(figures.decided),
            ),
            (word("chart_certificates_valid", count=self.number(figures.valid)),),
        )

    def replies(self) -> Chart:
        """Return the replies that acted by themselves, and those that a person had to read."""
        figures, word = self.board.replies, self.voice.word
        return self._stacked(
            "replies",
            {"chart_alone": figures.alone, "chart_read": figures.read},
            word(
                "chart_replies_finding",
                read=self.number(figures.read),
                count=self.number(figures.count),
                share=self.formats.share(figures.read, figures.count),
            ),
        )

    def promises(self) -> Chart:
        """Return the dates that we promised to write by."""
        figures, word = self.board.promises, self.voice.word
        return self._stacked(
            "promises",
            {"chart_kept": figures.kept, "chart_broken": figures.broken},
            word(
                "chart_promises_finding",
                kept=self.number(figures.kept),
                count=self.number(figures.count),
            ),
            (word("chart_promises_overdue", count=self.number(figures.overdue)),)
            if figures.overdue
            else (),
        )

    def statuses(self) -> Chart:
        """Return the open requests by their status."""
        board, word = self.board, self.voice.word
        found = board.open_by_status
        finding = ""
        if found:
            finding = word(
                "chart_open_finding",
                open=self.number(board.open),
                status=self.voice.step(found[0][0].value),
                count=self.number(found[0][1]),
            )
        return Chart(
            id="open",
            kind="ranked",
            title=word("chart_open"),
            finding=finding,
            about=word("chart_open_about"),
            head=(word("chart_status"), word("chart_requests")),
            names=tuple(self.voice.step(status.value) for status, _ in found),
            series=(self._counts("chart_requests", [count for _, count in found]),),
            empty=not found,
        )

    def moves(self) -> Chart:
        """Return the open requests by whose move it is."""
        board, word = self.board, self.voice.word
        found = board.open_by_move
        staff = next((count for move, count in found if move.value == "staff"), 0)
        finding = word(
            "chart_moves_finding", count=self.number(staff), open=self.number(board.open)
        )
        said = [(self.voice.code(move.value), count) for move, count in found]
        named = {name[:1].upper() + name[1:]: count for name, count in said}
        return self._parts("moves", named, finding)

    @cached_property
    def runs(self) -> Runs:
        """The last runs."""
        return Runs(self.board.runs, self.board.zone, self.voice, self.formats)

    def _labels(self) -> tuple[str, ...]:
        """Return what stands below the columns: as much as a narrow screen has room for."""
        columns = self.board.columns
        skeleton = {Step.DAY: "MMMd", Step.WEEK: "MMMd", Step.MONTH: "MMM"}[self.board.step]
        every = 1 if len(columns) <= _WEEK else ceil(len(columns) / _LABELS)
        if len(columns) <= _WEEK:
            skeleton = "E"
        # counted from the end: today has its label
        last = len(columns) - 1
        return tuple(
            self.formats.day(column.first, skeleton) if (last - at) % every == 0 else ""
            for at, column in enumerate(columns)
        )

    def _name(self, column: Column) -> str:
        """Return the name of a column in full: a day, the days of a week, a month."""
        if self.board.step is Step.MONTH:
            return self.formats.day(column.first, "yMMMM")
        if self.board.step is Step.WEEK and column.first != column.last:
            return f"{self.formats.day(column.first, 'MMMd')} – {self.day(column.last)}"
        return self.formats.day(column.first, "yMMMEd")

    def _counts(self, key: str, values: Sequence[int]) -> Series:
        shown = tuple(map(self.number, values))
        return Series(self.voice.word(key), tuple(map(float, values)), shown)

    def label(self, question: QuestionFigures) -> str:
        """Return the question as it is printed on the form."""
        try:
            return form_texts(self.voice.language).label(question.form, question.field)
        except KeyError:  # an older form asked it
            return question.field

    def _question(self, question: QuestionFigures) -> str:
        number = f"{question.number}. " if question.number else ""
        return f"{number}{self.label(question)} · {self.voice.code(question.form.value)}"

    def _row(self, question: QuestionFigures) -> tuple[str, ...]:
        return (
            self._question(question),
            self.number(question.wrong),
            self.number(question.asked),
            self.formats.share(question.wrong, question.asked),
            self._shares(question.languages, partial(language_name, language=self.voice.language)),
            self._shares(question.formats, str.upper),
            self._shares(question.programs, str),
        )

    def _shares(self, shares: Sequence[Share], named: Callable[[str], str]) -> str:
        return self.voice.word("list_comma").join(
            self.voice.word(
                "chart_share_of",
                name=named(share.name) or "–",
                wrong=self.number(share.wrong),
                asked=self.number(share.asked),
            )
            for share in shares
        )

    def _of(self, part: int, whole: int) -> str:
        return self.voice.word(
            "chart_of",
            part=self.number(part),
            whole=self.number(whole),
            share=self.formats.share(part, whole),
        )

    def _stacked(
        self, name: str, parts: dict[str, int], finding: str, notes: tuple[str, ...] = ()
    ) -> Chart:
        named = {self.voice.word(key): count for key, count in parts.items()}
        return self._parts(name, named, finding, notes)

    def _parts(
        self, name: str, parts: dict[str, int], finding: str, notes: tuple[str, ...] = ()
    ) -> Chart:
        word, total = self.voice.word, sum(parts.values())
        return Chart(
            id=name,
            kind="stacked",
            title=word(f"chart_{name}"),
            finding=finding,
            about=word(f"chart_{name}_about"),
            head=(word(f"chart_{name}_head"), word("chart_count"), word("chart_share")),
            names=tuple(parts),
            series=(
                Series(
                    word("chart_count"),
                    tuple(map(float, parts.values())),
                    tuple(map(self.number, parts.values())),
                ),
                Series(
                    word("chart_share"),
                    (None,) * len(parts),
                    tuple(self.formats.share(count, total) for count in parts.values()),
                ),
            ),
            notes=notes,
            empty=not total,
        )
