"""Declares the questions that every form asks."""

from typing import Annotated, Literal

from pipeline.forms.definitions.definition import AnswerKind, Answers, Question
from pipeline.resources import languages

YES_NO = ("yes", "no")
YES_NO_UNKNOWN = ("yes", "no", "unknown")

YesNo = Literal["yes", "no"]
YesNoUnknown = Literal["yes", "no", "unknown"]
Tick = Literal["yes"]

REGIONS = (
    "us-east-1",
    "us-east-2",
    "us-west-2",
    "ca-central-1",
    "sa-east-1",
    "eu-west-1",
    "eu-west-2",
    "eu-central-1",
    "eu-central-2",
    "me-central-1",
    "ap-south-1",
    "ap-southeast-1",
    "ap-southeast-2",
    "ap-northeast-1",
    "ap-northeast-2",
    "ap-northeast-3",
    "mx-central-1",
    "af-south-1",
    "other",
)

LICENCES = ("user_2", "user_3", "digital_upgrade", "other")
NUMBER_USES = ("never", "whatsapp_app", "business_platform", "unknown")

Licence = Literal["user_2", "user_3", "digital_upgrade", "other"]
NumberUse = Literal["never", "whatsapp_app", "business_platform", "unknown"]
VerificationMethod = Literal["sms", "voice"]


class CommonAnswers(Answers):
    """Who asks, for which company, organisation and number."""

    phone_number: Annotated[str, Question(AnswerKind.PHONE, "number")]
    contact_name: Annotated[str, Question(AnswerKind.TEXT, "contact", minimum=1, maximum=100)]
    contact_department: Annotated[
        str | None, Question(AnswerKind.TEXT, "contact", required=False, maximum=100)
    ] = None
    contact_email: Annotated[str, Question(AnswerKind.EMAIL, "contact")]
    contact_phone: Annotated[
        str | None, Question(AnswerKind.CONTACT_PHONE, "contact", required=False)
    ] = None
    reply_language: Annotated[str, Question(AnswerKind.CHOICE, "contact", choices=languages())]
    time_zone: Annotated[str | None, Question(AnswerKind.TIME_ZONE, "contact", required=False)] = (
        None
    )
    company_legal_name: Annotated[str, Question(AnswerKind.TEXT, "company", minimum=1, maximum=255)]
    country: Annotated[str, Question(AnswerKind.COUNTRY, "company")]
    genesys_org_name: Annotated[str, Question(AnswerKind.TEXT, "genesys", minimum=1, maximum=255)]
    genesys_org_id: Annotated[str, Question(AnswerKind.UUID, "genesys")]
    genesys_region: Annotated[
        str | None, Question(AnswerKind.CHOICE, "genesys", required=False, choices=REGIONS)
    ] = None
    notes: Annotated[
        str | None, Question(AnswerKind.TEXT, "more", required=False, maximum=1000, long=True)
    ] = None
