"""Declares the migration form: for a number that is on WhatsApp's business platform now."""

from datetime import date, datetime
from typing import Annotated, Literal

from pipeline.forms.definitions.definition import AnswerKind, Condition, FormDefinition, Question
from pipeline.forms.definitions.every_form import (
    LICENCES,
    NUMBER_USES,
    YES_NO,
    YES_NO_UNKNOWN,
    CommonAnswers,
    Licence,
    NumberUse,
    Tick,
    VerificationMethod,
    YesNo,
    YesNoUnknown,
)
from pipeline.forms.definitions.older import OLDER_ORDER
from pipeline.model.form import FormKind

_META_ID = Question(
    AnswerKind.DIGITS, "source", minimum=8, maximum=20, usual=(14, 17), unknown=True
)


class MigrationApplication(CommonAnswers):
    """The typed answers of a migration form."""

    number_use: Annotated[NumberUse, Question(AnswerKind.CHOICE, "number", choices=NUMBER_USES)]
    is_m2m: Annotated[YesNo, Question(AnswerKind.CHOICE, "number", choices=YES_NO)]
    phone_number_again: Annotated[str, Question(AnswerKind.PHONE, "number")]
    website: Annotated[
        str | None, Question(AnswerKind.URL, "company", required=False, maximum=256)
    ] = None
    genesys_licence: Annotated[Licence, Question(AnswerKind.CHOICE, "genesys", choices=LICENCES)]
    has_messaging_permission: Annotated[
        YesNo, Question(AnswerKind.CHOICE, "genesys", choices=YES_NO)
    ]
    has_whatsapp_account: Annotated[YesNo, Question(AnswerKind.CHOICE, "genesys", choices=YES_NO)]
    current_provider: Annotated[str, Question(AnswerKind.TEXT, "source", minimum=1, maximum=255)]
    current_hosting: Annotated[
        Literal["cloud_api", "on_premises", "unknown"],
        Question(AnswerKind.CHOICE, "source", choices=("cloud_api", "on_premises", "unknown")),
    ]
    source_waba_id: Annotated[str, _META_ID]
    meta_business_id: Annotated[str, _META_ID]
    same_business_account: Annotated[YesNo, Question(AnswerKind.CHOICE, "source", choices=YES_NO)]
    source_business_verified: Annotated[
        YesNoUnknown, Question(AnswerKind.CHOICE, "source", choices=YES_NO_UNKNOWN)
    ]
    payment_method_ready: Annotated[
        YesNoUnknown, Question(AnswerKind.CHOICE, "source", choices=YES_NO_UNKNOWN)
    ]
    display_name: Annotated[
        str, Question(AnswerKind.DISPLAY_NAME, "profile", maximum=255, usual=(3, 75))
    ]
    display_name_approved: Annotated[
        YesNoUnknown, Question(AnswerKind.CHOICE, "profile", choices=YES_NO_UNKNOWN)
    ]
    name_change_pending: Annotated[
        YesNoUnknown, Question(AnswerKind.CHOICE, "profile", choices=YES_NO_UNKNOWN)
    ]
    verification_method: Annotated[
        VerificationMethod, Question(AnswerKind.CHOICE, "move", choices=("sms", "voice"))
    ]
    behind_ivr: Annotated[
        YesNo | None,
        Question(
            AnswerKind.CHOICE,
            "move",
            choices=YES_NO,
            when=Condition("verification_method", ("voice",)),
        ),
    ] = None
    two_step_disabled: Annotated[
        YesNoUnknown, Question(AnswerKind.CHOICE, "move", choices=YES_NO_UNKNOWN)
    ]
    code_contact: Annotated[str, Question(AnswerKind.TEXT, "move", minimum=1, maximum=255)]
    preferred_slot: Annotated[
        datetime | None, Question(AnswerKind.DATE_TIME, "move", required=False)
    ] = None
    ready_date: Annotated[date, Question(AnswerKind.DATE, "move")]
    ack_no_way_back: Annotated[Tick, Question(AnswerKind.TICK, "consent")]
    ack_charges: Annotated[Tick, Question(AnswerKind.TICK, "consent")]
    ack_policies: Annotated[Tick, Question(AnswerKind.TICK, "consent")]


DEFINITION = FormDefinition(
    kind=FormKind.MIGRATION,
    version="1.2",
    older_versions=("1.0", "1.1"),
    older_order=OLDER_ORDER[FormKind.MIGRATION],
    model=MigrationApplication,
    groups=(
        "number",
        "contact",
        "company",
        "genesys",
        "source",
        "profile",
        "move",
        "more",
        "consent",
    ),
)
