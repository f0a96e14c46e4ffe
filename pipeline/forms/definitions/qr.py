"""Declares the QR code form: a code or link for a number whose integration is active."""

from typing import Annotated, Literal

from pipeline.forms.definitions.definition import AnswerKind, Condition, FormDefinition, Question
from pipeline.forms.definitions.every_form import YES_NO, CommonAnswers, YesNo
from pipeline.forms.definitions.older import OLDER_ORDER
from pipeline.model.form import FormKind

_NEW_OR_UPDATE = Condition("qr_action", ("new", "update"))


class QrApplication(CommonAnswers):
    """The typed answers of a QR code form."""

    phone_number_again: Annotated[str, Question(AnswerKind.PHONE, "number")]
    integration_name: Annotated[str, Question(AnswerKind.TEXT, "number", minimum=1, maximum=255)]
    qr_action: Annotated[
        Literal["new", "update", "delete"],
        Question(AnswerKind.CHOICE, "number", choices=("new", "update", "delete")),
    ]
    existing_code: Annotated[
        str | None,
        Question(
            AnswerKind.PATTERN,
            "number",
            when=Condition("qr_action", ("update", "delete")),
            pattern=r"[A-Z0-9]{14}",
        ),
    ] = None
    prefilled_message: Annotated[
        str | None, Question(AnswerKind.TEXT, "code", required=False, maximum=140, long=True)
    ] = None
    image_format: Annotated[
        Literal["svg", "png", "both"] | None,
        Question(AnswerKind.CHOICE, "code", choices=("svg", "png", "both"), when=_NEW_OR_UPDATE),
    ] = None
    where_shown: Annotated[
        str | None,
        Question(AnswerKind.TEXT, "code", minimum=1, maximum=500, when=_NEW_OR_UPDATE),
    ] = None
    used_for_opt_in: Annotated[
        YesNo | None, Question(AnswerKind.CHOICE, "code", choices=YES_NO, when=_NEW_OR_UPDATE)
    ] = None
    opt_in_wording: Annotated[
        str | None,
        Question(
            AnswerKind.TEXT,
            "code",
            minimum=1,
            maximum=1000,
            long=True,
            when=Condition("used_for_opt_in", ("yes",)),
        ),
    ] = None


DEFINITION = FormDefinition(
    kind=FormKind.QR,
    version="1.2",
    older_versions=("1.0", "1.1"),
    older_order=OLDER_ORDER[FormKind.QR],
    model=QrApplication,
    groups=("number", "contact", "company", "genesys", "code", "more"),
)
