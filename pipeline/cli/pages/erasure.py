"""How much is held of a person or a request: before it is erased, and after."""

from pipeline.cli.output import print_json, print_lines
from pipeline.flow.views.person.held import Extent
from pipeline.wording import console as words

_COUNTED = ("mails_in", "mails_out", "answers", "notes", "files", "certificates", "log_lines")


def print_extent(extent: Extent, *, as_json: bool, done: bool) -> None:
    """Print what an erasure takes away, or with ``done`` what it took."""
    if as_json:
        print_json({"erased": done, "extent": extent})
        return
    print_lines(words.word("erased_done" if done else "erased_preview"), bold=True)
    print_counts(extent)
    if extent.numbers_kept:
        told = words.listed(extent.numbers_kept)
        print_lines(words.word("erased_numbers_kept", numbers=told), first="  ", rest="    ")
    if extent.shared:
        print_lines(words.word("erased_shared", count=extent.shared), first="  ", rest="    ")
    if extent.naming:
        told = words.listed(extent.naming)
        print_lines(words.word("erased_naming", references=told), first="  ", rest="    ")
    if extent.folders:
        told = words.listed(f"{folder} ({count})" for folder, count in extent.folders)
        print_lines(words.word("erased_folders", folders=told), first="  ", rest="    ")
    if extent.backups:
        told = words.listed(extent.backups)
        print_lines(words.word("erased_backups", files=told), first="  ", rest="    ")
    if not done:
        print_lines(words.word("erased_how"))


def print_counts(extent: Extent) -> None:
    """Print how much is held, a line for each kind."""
    told = words.listed(extent.references) or "0"
    print_lines(words.word("erased_requests", references=told), first="  ", rest="    ")
    for name in _COUNTED:
        count = getattr(extent, name)
        if count:
            print_lines(f"{words.word(f'erased_{name}')}: {count}", first="  ", rest="    ")
    if extent.numbers:
        numbers = words.listed(extent.numbers)
        print_lines(words.word("erased_numbers", numbers=numbers), first="  ", rest="    ")
