"""The questions that fail most as a table to take along: one line for each way of counting."""

from collections.abc import Iterator, Sequence

from pipeline.flow.views.dashboard.charts import Drawn
from pipeline.flow.views.dashboard.values import QuestionFigures, Share
from pipeline.wording.answers import language_name

_HEAD = ("form", "questions_number", "chart_question", "questions_by", "questions_which")
_COUNTS = ("chart_wrong", "chart_asked", "chart_share")


def question_lines(drawn: Drawn) -> Iterator[Sequence[str]]:
    """Yield the heading, and of each question the count of all forms and those by kind."""
    yield tuple(drawn.voice.word(key) for key in (*_HEAD, *_COUNTS))
    for question in drawn.board.questions:
        for by, share in _shares(drawn, question):
            percent = f"{share.wrong / share.asked:.1%}" if share.asked else ""
            counts = (str(share.wrong), str(share.asked), percent)
            yield (*_named(drawn, question), drawn.voice.word(by), share.name, *counts)


def _named(drawn: Drawn, question: QuestionFigures) -> tuple[str, str, str]:
    number = str(question.number) if question.number else ""
    return drawn.voice.code(question.form.value), number, drawn.label(question)


def _shares(drawn: Drawn, question: QuestionFigures) -> Iterator[tuple[str, Share]]:
    """Yield how often the question failed, by the key of the words for the way of counting."""
    yield "questions_all", Share("", question.asked, question.wrong)
    for one in question.languages:
        name = language_name(one.name, language=drawn.voice.language)
        yield "language", Share(name, one.asked, one.wrong)
    for one in question.formats:
        yield "questions_format", Share(one.name.upper(), one.asked, one.wrong)
    for one in question.programs:
        yield "questions_program", one
