"""Who a mail is addressed to: a salutation, or the 宛名 block where the language has one."""

import re

from pipeline.notifications.words import Words

_BLANKS = re.compile(r"[ \u3000]+")


def _without_honorific(name: str, words: Words) -> str:
    for honorific in words.lines("addressee", "honorifics"):
        name = name.removesuffix(honorific).rstrip(" \u3000")
    return name


def _person(contact: str, words: Words) -> str:
    """Return the name to be addressed, or empty when what was given names nobody.

    A name in an East Asian script has one full-width blank between its parts, whose order is the
    customer's; any other name stays as it was typed. A bare title takes no honorific.
    """
    name = _without_honorific(contact.strip(" \u3000"), words)
    if name.endswith(words.lines("addressee", "titles") or ("\0",)):
        return ""
    if words.section("layout").get("east_asian") and not any(
        c.isascii() and c.isalpha() for c in name
    ):
        name = _BLANKS.sub("\u3000", name)
    return name


def addressee_lines(
    words: Words, company: str = "", department: str = "", contact: str = ""
) -> tuple[str, ...]:
    """Return the lines that a mail begins with.

    Japanese: company, department (only when given), name with 様; without a name the organisation
    with 御中; never both. English: one line.
    """
    name = _person(contact, words)
    above: list[str] = []
    if words.section("addressee").get("with_company", False):
        organisation = [_without_honorific(part.strip(), words) for part in (company, department)]
        above = [part for part in organisation if part] if organisation[0] else []
    else:
        above = [company.strip()] if company.strip() and not name else []
    if name:
        return (*above, words.text("addressee", "person").format(name=name))
    if above:
        last = words.text("addressee", "organisation").format(name=above[-1])
        return (*above[:-1], last)
    return (words.text("addressee", "unknown"),)
