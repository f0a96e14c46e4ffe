"""``pipeline request``: the number at Meta, its ownership code and its registration."""

import click

from pipeline.cli.asking import ask_secret
from pipeline.cli.deciding import decide, decision, refuse_cut
from pipeline.errors import UsageError
from pipeline.flow.services import Services
from pipeline.store.records import RequestRecord

_METHODS = ("sms", "voice")


@click.command("code")
@decision
@click.option("--send", is_flag=False, flag_value="sms", type=click.Choice(_METHODS), default=None)
@click.option("--verify", default=None)
@click.option("--early", is_flag=True)
def code(
    reference: str,
    name: str | None,
    send: str | None,
    verify: str | None,
    *,
    early: bool,
    as_json: bool,
) -> None:
    """Let Meta send the code that proves the ownership, or enter the one that came."""
    from pipeline.flow.connections import open_graph  # noqa: PLC0415 - slow to import
    from pipeline.flow.staff.ownership import send_code, verify_code  # noqa: PLC0415
    from pipeline.meta.api import CodeMethod  # noqa: PLC0415

    if (send is None) == (verify is None):
        raise UsageError("code_send_or_verify")
    # typed behind a dash it stands in no list of processes and in no history of the shell
    typed = ask_secret("ask_code") if verify == "-" else verify

    def work(opened: Services, record: RequestRecord, who: str) -> RequestRecord:
        if opened.rehearsal is None:
            refuse_cut(reference, record)  # Meta's message goes to somebody, and tries are counted
        with open_graph(opened) as graph:
            if send is not None:
                return send_code(opened, graph, record, who, CodeMethod(send.upper()), early=early)
            return verify_code(opened, graph, record, who, typed or "", early=early)

    decide(reference, name, work, as_json=as_json)


@click.command("register")
@decision
@click.option("--last", is_flag=True)
def register(reference: str, name: str | None, *, last: bool, as_json: bool) -> None:
    """Register the number at Meta under the two-step PIN of the settings."""
    from pipeline.flow.connections import open_graph  # noqa: PLC0415 - slow to import
    from pipeline.flow.staff.ownership import register_number  # noqa: PLC0415

    def work(opened: Services, record: RequestRecord, who: str) -> RequestRecord:
        if opened.rehearsal is None:
            refuse_cut(reference, record)  # Meta counts registrations
        with open_graph(opened) as graph:
            return register_number(opened, graph, record, who, last=last)

    decide(reference, name, work, as_json=as_json)
