"""``pipeline request open``: a request of somebody who did not mail."""

import click

from pipeline.cli.choices import WordChoice
from pipeline.cli.opened import os_user, services
from pipeline.cli.output import print_json, print_lines
from pipeline.model.form import FormKind
from pipeline.resources import languages
from pipeline.wording import console as words


@click.command("open")
@click.option("--form", "form", required=True, type=WordChoice(FormKind, words.status_word))
@click.option("--address", "caller_address", required=True)
@click.option("--company", "company", default="")
@click.option("--contact", "contact", default="")
@click.option("--number", "caller_number", default="")
@click.option("--language", "reads", type=click.Choice(languages()), default=None)
@click.option("--send-form", "sends", is_flag=True)
@click.option("--text", default="")
@click.option("--again", is_flag=True)
@click.option("--as", "name", default=None)
@click.option("--json", "as_json", is_flag=True)
def open_request(  # noqa: PLR0913 - click hands over each option by its name
    *,
    form: str,
    caller_address: str,
    company: str,
    contact: str,
    caller_number: str,
    reads: str | None,
    text: str,
    name: str | None,
    sends: bool,
    again: bool,
    as_json: bool,
) -> None:
    """Open a request for somebody who has not mailed; nothing is mailed without --send-form."""
    from pipeline.cli.pages.came_of_it import came_of_it, print_came_of_it  # noqa: PLC0415
    from pipeline.flow.staff.desk.entering import open_request as enter  # noqa: PLC0415
    from pipeline.flow.staff.desk.entering import read_caller  # noqa: PLC0415 - slow to import

    said = {
        "address": caller_address,
        "company": company,
        "contact": contact,
        "number": caller_number,
    }
    with services() as opened:
        caller = read_caller(FormKind(form), said, reads or opened.settings.team.language)
        record = enter(opened, caller, name or os_user(), send_form=sends, text=text, again=again)
        found = came_of_it(opened, record, ())
        now, zone = opened.clock.now(), opened.settings.team.time_zone
    if as_json:
        print_json(
            {
                "reference": record.reference,
                "status": record.status,
                "mails": [mail.id for mail in found.mails],
            }
        )
        return
    status = words.step(record.status)
    print_lines(words.word("request_opened", reference=record.reference, status=status))
    if not sends:
        print_lines(words.word("request_opened_silently", reference=record.reference, form=form))
    print_came_of_it(found, now, zone, answers=False)
