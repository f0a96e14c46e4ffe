"""Declares the onboarding form: for a number new to WhatsApp's business platform."""

from datetime import date
from typing import Annotated, Literal

from pipeline.forms.definitions.definition import AnswerKind, Condition, FormDefinition, Question
from pipeline.forms.definitions.every_form import (
    LICENCES,
    NUMBER_USES,
    YES_NO,
    CommonAnswers,
    Licence,
    NumberUse,
    Tick,
    VerificationMethod,
    YesNo,
)
from pipeline.forms.definitions.older import OLDER_ORDER
from pipeline.model.form import FormKind

#: Meta's verticals of a business profile (Cloud API, whatsapp_business_profile.vertical).
VERTICALS = (
    "OTHER",
    "AUTO",
    "BEAUTY",
    "APPAREL",
    "EDU",
    "ENTERTAIN",
    "EVENT_PLAN",
    "FINANCE",
    "GROCERY",
    "GOVT",
    "HOTEL",
    "HEALTH",
    "NONPROFIT",
    "PROF_SERVICES",
    "RETAIL",
    "TRAVEL",
    "RESTAURANT",
    "ALCOHOL",
    "ONLINE_GAMBLING",
    "PHYSICAL_GAMBLING",
    "OTC_DRUGS",
)


class OnboardingApplication(CommonAnswers):
    """The typed answers of an onboarding form."""

    number_use: Annotated[NumberUse, Question(AnswerKind.CHOICE, "number", choices=NUMBER_USES)]
    is_m2m: Annotated[YesNo, Question(AnswerKind.CHOICE, "number", choices=YES_NO)]
    phone_number_again: Annotated[str, Question(AnswerKind.PHONE, "number")]
    company_trading_name: Annotated[
        str | None, Question(AnswerKind.TEXT, "company", required=False, maximum=255)
    ] = None
    website: Annotated[str, Question(AnswerKind.URL, "company", maximum=256)]
    meta_business_id: Annotated[
        str,
        Question(AnswerKind.DIGITS, "company", minimum=8, maximum=20, usual=(14, 17), unknown=True),
    ]
    meta_business_verified: Annotated[
        Literal["verified", "pending", "not_verified", "unknown"],
        Question(
            AnswerKind.CHOICE,
            "company",
            choices=("verified", "pending", "not_verified", "unknown"),
        ),
    ]
    genesys_licence: Annotated[Licence, Question(AnswerKind.CHOICE, "genesys", choices=LICENCES)]
    has_messaging_permission: Annotated[
        YesNo, Question(AnswerKind.CHOICE, "genesys", choices=YES_NO)
    ]
    has_whatsapp_account: Annotated[YesNo, Question(AnswerKind.CHOICE, "genesys", choices=YES_NO)]
    display_name: Annotated[
        str, Question(AnswerKind.DISPLAY_NAME, "profile", maximum=255, usual=(3, 75))
    ]
    business_vertical: Annotated[str, Question(AnswerKind.CHOICE, "profile", choices=VERTICALS)]
    profile_about: Annotated[
        str | None, Question(AnswerKind.TEXT, "profile", required=False, maximum=139)
    ] = None
    profile_description: Annotated[
        str | None,
        Question(
            AnswerKind.TEXT, "profile", required=False, maximum=512, usual=(0, 256), long=True
        ),
    ] = None
    verification_method: Annotated[
        VerificationMethod, Question(AnswerKind.CHOICE, "setup", choices=("sms", "voice"))
    ]
    behind_ivr: Annotated[
        YesNo | None,
        Question(
            AnswerKind.CHOICE,
            "setup",
            choices=YES_NO,
            when=Condition("verification_method", ("voice",)),
        ),
    ] = None
    use_case: Annotated[str, Question(AnswerKind.TEXT, "use", minimum=20, maximum=1000, long=True)]
    opt_in_method: Annotated[
        str | None, Question(AnswerKind.TEXT, "use", required=False, maximum=500, long=True)
    ] = None
    ready_date: Annotated[date, Question(AnswerKind.DATE, "setup")]
    ack_no_way_back: Annotated[Tick, Question(AnswerKind.TICK, "consent")]
    ack_charges: Annotated[Tick, Question(AnswerKind.TICK, "consent")]
    ack_policies: Annotated[Tick, Question(AnswerKind.TICK, "consent")]


DEFINITION = FormDefinition(
    kind=FormKind.ONBOARDING,
    version="1.2",
    older_versions=("1.0", "1.1"),
    older_order=OLDER_ORDER[FormKind.ONBOARDING],
    model=OnboardingApplication,
    groups=(
        "number",
        "contact",
        "company",
        "genesys",
        "profile",
        "use",
        "setup",
        "more",
        "consent",
    ),
)
