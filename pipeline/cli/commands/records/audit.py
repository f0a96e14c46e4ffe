"""``pipeline audit``: whether everything that was written down is as it was written."""

import click

from pipeline.cli.opened import services
from pipeline.cli.output import print_json, print_lines
from pipeline.errors import ExitCode
from pipeline.wording import console as words


@click.command("verify")
@click.option("--json", "as_json", is_flag=True)
def verify(*, as_json: bool) -> ExitCode:
    """Check the chains of hashes whole; tell the first broken line of each."""
    from pipeline.flow.views.lists.audit import verify_audit  # noqa: PLC0415 - slow to import

    with services() as opened:
        found = verify_audit(opened.store)
    code = ExitCode.DONE if found.intact else ExitCode.UNFINISHED
    if as_json:
        print_json(
            {
                "intact": found.intact,
                "requests": found.requests,
                "lines": found.lines,
                "broken": found.broken_count,
                "first_broken": [
                    {"reference": reference, "line": line} for reference, line in found.broken
                ],
                "staff_lines": found.staff.lines,
                "staff_lines_erased": found.staff.emptied,
                "staff_first_broken": found.staff.broken or None,
            }
        )
        return code
    print_lines(words.word("audit_looked_at", requests=found.requests, lines=found.lines))
    print_lines(words.word("audit_staff_log", lines=found.staff.lines, erased=found.staff.emptied))
    for reference, line in found.broken:
        print_lines(words.word("audit_broken", reference=reference, line=line), rest="  ")
    if found.broken_count > len(found.broken):
        more = found.broken_count - len(found.broken)
        print_lines(words.word("audit_broken_more", count=more), rest="  ")
    if found.staff.broken:
        print_lines(words.word("audit_staff_broken", line=found.staff.broken), rest="  ")
    print_lines(words.word("audit_intact" if found.intact else "audit_not_intact"))
    return code
