"""Decisions that ask Meta: nobody knows its answer before, so none of them is rehearsed."""

from pipeline.errors import UsageError
from pipeline.flow.connections import open_graph
from pipeline.flow.services import Services
from pipeline.flow.staff import ownership
from pipeline.flow.staff.command import is_too_early
from pipeline.flow.staff.desk.rehearsal import Decide
from pipeline.flow.staff.people.roles import Permission
from pipeline.meta.api import CodeMethod
from pipeline.model.request import EventName
from pipeline.store.records import RequestRecord
from pipeline.web.decisions import choices
from pipeline.web.decisions.form import Filled, Form, Input, InputKind, Subject


def send_code(filled: Filled, _subject: Subject) -> Decide:
    """Let Meta send the code that proves the ownership of the number."""
    try:
        method = CodeMethod(filled.text("code_method").upper())
    except ValueError as error:
        raise UsageError("choice_unknown", choice=filled.text("code_method")) from error
    early = filled.has("early")

    def decide(services: Services, record: RequestRecord, who: str) -> RequestRecord:
        with open_graph(services) as graph:
            return ownership.send_code(services, graph, record, who, method, early=early)

    return decide


def verify_code(filled: Filled, _subject: Subject) -> Decide:
    """Enter the code that the customer read out."""
    code, early = filled.text("code"), filled.has("early")

    def decide(services: Services, record: RequestRecord, who: str) -> RequestRecord:
        with open_graph(services) as graph:
            return ownership.verify_code(services, graph, record, who, code, early=early)

    return decide


def register(filled: Filled, _subject: Subject) -> Decide:
    """Register the number at Meta."""
    last = filled.has("last")

    def decide(services: Services, record: RequestRecord, who: str) -> RequestRecord:
        with open_graph(services) as graph:
            return ownership.register_number(services, graph, record, who, last=last)

    return decide


def _has_account(subject: Subject) -> bool:
    meta = subject.services.settings.meta
    return bool(meta.waba_id) and meta.token.is_set()


def _may_prove(subject: Subject) -> bool:
    return _has_account(subject) and ownership.may_prove(subject.record)


def _may_register(subject: Subject) -> bool:
    meta = subject.services.settings.meta
    return _has_account(subject) and meta.pin.is_set() and ownership.may_register(subject.record)


def _is_early(subject: Subject) -> bool:
    now = subject.services.clock.now()
    return is_too_early(subject.record, EventName.CODE_VERIFIED, now)


_EARLY = Input("early", InputKind.SWITCH, only_if=_is_early)

FORMS: tuple[Form, ...] = (
    Form(
        "code-send",
        Permission.EDIT,
        send_code,
        inputs=(
            Input("code_method", InputKind.CHOICE, optional=False, choices=choices.code_methods),
            _EARLY,
        ),
        offered=_may_prove,
        rehearsed=False,
    ),
    Form(
        "code-verify",
        Permission.EDIT,
        verify_code,
        inputs=(Input("code", InputKind.SECRET, optional=False), _EARLY),
        offered=_may_prove,
        rehearsed=False,
    ),
    Form(
        "register",
        Permission.EDIT,
        register,
        inputs=(Input("last", InputKind.SWITCH),),
        offered=_may_register,
        rehearsed=False,
    ),
)
