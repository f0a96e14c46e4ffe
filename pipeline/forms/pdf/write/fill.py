"""Writes answers into a finished form: values and appearances of its fields, nothing else."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from pipeline.forms.definitions.catalogue import FORMS
from pipeline.forms.definitions.definition import AnswerKind, Question
from pipeline.forms.pdf.geometry import ARROW
from pipeline.forms.pdf.values import without_surrogates
from pipeline.forms.pdf.write.appearance import Painter
from pipeline.forms.pdf.write.finish import MULTILINE
from pipeline.forms.pdf.write.objects import Copy, form_entries, rectangle, string
from pipeline.forms.pdf.write.prepared import Field, Whole
from pipeline.forms.pdf.write.typesetting.faces import Faces
from pipeline.forms.stamp import Stamp
from pipeline.forms.texts import FormTexts, choice_vocabulary, fold_word, form_texts
from pipeline.model.form import Filling

#: Points by which a box is higher than that of the blank when it has grown.
_GROWN = 1.0


def fill(form: Whole, stamp: Stamp, filling: Filling) -> bytes | None:
    """Return ``form`` with the answers of ``filling``; same input, same bytes.

    Answers to questions of other forms are left out. None when an answer is too long for its box.
    """
    answers = answers_of(stamp, filling)
    copy = Copy(form.stock)
    faces = Faces(copy, drawn(stamp, answers))
    filler = Filler(copy, faces, stamp, answers)
    if not all(filler.fits(field) for field in form.fields):
        return None
    for field, page in zip(form.fields, form.pages, strict=True):
        copy.put(field.number, filler.widget(field, page, rectangle(field.edges), field.size))
    return copy.finished(form.root, form.information)


def answers_of(stamp: Stamp, filling: Filling) -> dict[str, str]:
    """Return the answers by their fields, choices by their codes."""
    vocabulary, questions = choice_vocabulary(stamp.kind), FORMS[stamp.kind].questions
    return {
        name: _code(
            vocabulary.get(name) if _is_chosen(questions[name]) else None,
            without_surrogates(text).replace("\r\n", "\n"),
        )
        for name, text in filling.answers
        if text and name in questions
    }


def _is_chosen(question: Question) -> bool:
    return bool(question.choices) or question.kind is AnswerKind.TICK


def drawn(stamp: Stamp, answers: Mapping[str, str]) -> list[str]:
    """Return the texts that fields show."""
    texts, questions = form_texts(stamp.language), FORMS[stamp.kind].questions
    return [_word(texts, name, questions[name], text) for name, text in answers.items()]


def _code(words: Mapping[str, str] | None, answer: str) -> str:
    """Return the code that ``answer`` means when it is the word of a choice, else ``answer``."""
    return answer if words is None else words.get(fold_word(answer), answer)


def _word(texts: FormTexts, name: str, question: Question, answer: str) -> str:
    """Return what is drawn for ``answer``: of a choice, the word of its code."""
    if _is_chosen(question):
        return dict(texts.choices(name)).get(answer, "")
    return answer


@dataclass(frozen=True, slots=True)
class Filler:
    """Writes the fields of one copy."""

    copy: Copy
    faces: Faces
    stamp: Stamp
    answers: Mapping[str, str]

    def widget(
        self,
        field: Field,
        page: int,
        place: bytes,
        size: tuple[float, float],
        *,
        words: Iterable[str] = (),
    ) -> bytes:
        """Return the object of ``field``, of ``size``, at ``place`` on ``page``.

        ``words`` are added to its name for people.
        """
        title = string(" – ".join([*words, field.title]))
        parent = b"" if field.place is None else b"/StructParent %d" % field.place
        has_grown = size[1] > field.size[1] + _GROWN
        flags = field.flags | (MULTILINE if has_grown else 0)
        return b"<<%s/Rect%s/P %d 0 R/TU%s/Ff %d%s%s>>" % (
            *(field.entries, place, page, title, flags, parent, self._value(field, size, flags)),
        )

    def fits(self, field: Field) -> bool:
        """Return whether the box that the form has for an answer shows all of it."""
        question = FORMS[self.stamp.kind].questions.get(field.name)
        answer = self.answers.get(field.name, "")
        if not answer or question is None or _is_chosen(question):
            return True
        lines = bool(field.flags & MULTILINE)
        return Painter(self.faces).fits(answer, *field.size, lines=lines)

    def _value(self, field: Field, size: tuple[float, float], flags: int) -> bytes:
        """Return value and appearance; what is no choice of a list leaves it at "nothing"."""
        question = FORMS[self.stamp.kind].questions.get(field.name)
        answer = self.answers.get(field.name, "")
        if question is None:
            return field.value + field.look
        if question.kind is AnswerKind.TICK:
            state = b"Yes" if answer == "yes" else b"Off"
            return b"/V/%s/AS/%s%s" % (state, state, field.look)
        if question.choices:
            options = dict(form_texts(self.stamp.language).choices(field.name))
            if answer in options:
                return self._drawn(answer, options[answer], size, lines=False, beside=ARROW)
        elif answer:
            return self._drawn(answer, answer, size, lines=bool(flags & MULTILINE))
        return field.value + field.look

    def _drawn(
        self, value: str, text: str, size: tuple[float, float], *, lines: bool, beside: float = 0
    ) -> bytes:
        """Return ``value`` and how it looks as ``text``, which leaves ``beside`` points free."""
        width, height = size
        content = Painter(self.faces).text(text, width - beside, height, lines=lines)
        look = self.copy.add_stream(content, form_entries(*size, self.faces.resources))
        return b"/V%s/AP<</N %d 0 R>>" % (string(value), look)
