"""The numbers as a list, found in any spelling."""

import re
import unicodedata

import sqlalchemy as sa

from pipeline.model.request import NumberState
from pipeline.store.records import NumberRecord
from pipeline.store.schema.mail_and_requests import numbers
from pipeline.store.transaction import Transaction

_SEARCHED_TEXT = 200
_NO_DIGIT = re.compile(r"[^0-9]")
_DIGITS_OF_PART = 3


def list_numbers(
    transaction: Transaction,
    text: str = "",
    state: NumberState | None = None,
    *,
    limit: int,
    offset: int = 0,
) -> list[NumberRecord]:
    """Return numbers in their order, of one state if given.

    ``text`` is a part of a number in any spelling, or of its owner.
    """
    here = numbers.c
    statement = sa.select(here.e164, here.state, here.organisation, here.since).where(
        here.mailbox_id == transaction.context.mailbox_id
    )
    if state is not None:
        statement = statement.where(here.state == state)
    wanted = unicodedata.normalize("NFKC", text.strip()[:_SEARCHED_TEXT])
    if wanted:
        meanings = [here.organisation.icontains(wanted, autoescape=True)]
        digits = _NO_DIGIT.sub("", wanted)
        national = digits.removeprefix("00").lstrip("0")
        if len(digits) >= _DIGITS_OF_PART and national:
            meanings.append(here.e164.contains(national, autoescape=True))
        statement = statement.where(sa.or_(*meanings))
    statement = statement.order_by(here.e164).limit(limit).offset(offset)
    found = transaction.context.connection.execute(statement)
    return [NumberRecord(*row) for row in found]


def count_numbers(transaction: Transaction) -> dict[NumberState, int]:
    """Return how many numbers there are in each state."""
    here = numbers.c
    statement = (
        sa.select(here.state, sa.func.count())
        .where(here.mailbox_id == transaction.context.mailbox_id)
        .group_by(here.state)
    )
    found = transaction.context.connection.execute(statement)
    return {row[0]: row[1] for row in found}
