"""Writes answers into a finished form: values and appearances of its fields, nothing else."""

from collections.abc import Mapping
from io import BytesIO
from typing import Any

from pipeline.forms.definitions.catalogue import FORMS
from pipeline.forms.definitions.definition import AnswerKind, Question
from pipeline.forms.pdf.geometry import size_of
from pipeline.forms.pdf.values import encode_string, without_surrogates
from pipeline.forms.pdf.write.appearance import Painter
from pipeline.forms.pdf.write.finish import NOTHING
from pipeline.forms.stamp import Stamp
from pipeline.forms.texts import FormTexts, choice_vocabulary, fold_word, form_texts
from pipeline.model.form import Filling


def fill(form: bytes, stamp: Stamp, filling: Filling) -> bytes:
    """Return the finished ``form`` with the answers of ``filling``; same input, same bytes.

    Answers to questions of other forms are left out.
    """
    import pikepdf  # noqa: PLC0415 - slow to import

    texts, answers = form_texts(stamp.language), _answers(stamp, filling)
    if not answers:
        return form
    questions = FORMS[stamp.kind].questions
    drawn = [_word(texts, name, questions[name], text) for name, text in answers.items()]
    with pikepdf.open(BytesIO(form)) as pdf:
        painter = Painter(pdf, [*drawn, NOTHING[1]])
        for widget in pdf.Root.AcroForm.Fields:
            name = str(widget.T)
            if name in questions:
                _fill(painter, widget, questions[name], texts, answers.get(name, ""))
        target = BytesIO()
        pdf.save(
            target,
            deterministic_id=True,
            object_stream_mode=pikepdf.ObjectStreamMode.generate,
        )
    return target.getvalue()


def _answers(stamp: Stamp, filling: Filling) -> dict[str, str]:
    """Return the answers by their fields, choices by their codes."""
    vocabulary = choice_vocabulary(stamp.kind)
    return {
        name: _code(vocabulary.get(name), without_surrogates(text).replace("\r\n", "\n"))
        for name, text in filling.answers
        if text and name in FORMS[stamp.kind].questions
    }


def _code(words: Mapping[str, str] | None, answer: str) -> str:
    """Return the code that ``answer`` means when it is the word of a choice, else ``answer``."""
    return answer if words is None else words.get(fold_word(answer), answer)


def _word(texts: FormTexts, name: str, question: Question, answer: str) -> str:
    """Return what is drawn for ``answer``: of a choice, the word of its code."""
    if question.choices or question.kind is AnswerKind.TICK:
        return dict(texts.choices(name)).get(answer, "")
    return answer


def _fill(painter: Painter, widget: Any, question: Question, texts: FormTexts, answer: str) -> None:
    """Write one answer; one that is no choice of a list leaves it at "nothing chosen"."""
    import pikepdf  # noqa: PLC0415 - slow to import

    width, height = size_of(widget)
    if question.kind is AnswerKind.TICK:
        state = pikepdf.Name.Yes if answer == "yes" else pikepdf.Name.Off
        widget.V = widget.AS = state
    elif question.choices:
        options = dict((NOTHING, *texts.choices(str(widget.T))))
        value = answer if answer in options else NOTHING[0]
        widget.V = pikepdf.String(value)
        widget.AP.N = painter.text(options[value], width, height, lines=False)
    elif answer:
        widget.V = pikepdf.String(encode_string(answer))
        widget.AP.N = painter.text(answer, width, height, lines=question.long)
