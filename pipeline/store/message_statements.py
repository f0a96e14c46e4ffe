"""The kept statements of the ledger of mail, and how its rows are made."""

from datetime import datetime
from typing import Any

import sqlalchemy as sa

from pipeline.store.records import MessageRecord
from pipeline.store.schema.mail_and_requests import messages
from pipeline.store.statements import Condition, Insert, OfSeveral, Statement, Upsert, param
from pipeline.store.tables.rows import Mapper, changing, due_first, filled, of_mailbox

_SAME_ID = 50
#: So many mails of the same bytes are looked at.
SAME = 50
_PLACE = ("account", "folder", "uidvalidity", "uid")


def _derived(record: MessageRecord) -> dict[str, object]:
    unmoved = record.move_to and record.moved_at is None
    # a move that failed goes to the end of the queue, so that it holds up no other
    since = record.move_tried_at or record.processed_at or record.fetched_at
    return {
        "sender_key": record.sender.lower(),
        "unmoved_since": since if unmoved else None,
    }


def raw_since(record: MessageRecord) -> datetime | None:
    """Return since when the raw bytes of a mail are kept."""
    return record.fetched_at if record.sha256 and not record.withheld else None


MAPPER = Mapper(MessageRecord, messages, _derived)
_ROW = messages.c


def _inserting(own: Insert) -> Any:
    values = {column.name: param(column.name) for column in messages.c}
    place = [_ROW[name] for name in ("mailbox_id", *_PLACE)]
    return own(messages).values(values).on_conflict_do_nothing(index_elements=place)


def _twin() -> sa.Select[Any]:
    same = MAPPER.mine(
        _ROW.id != param("id"),
        _ROW.sha256 == param("sha256"),
        _ROW.processed_at.is_not(None),
        _ROW.account == param("account"),
        _ROW.folder == param("folder"),
        _ROW.uidvalidity != param("uidvalidity"),
    )
    return same.order_by(_ROW.processed_at, _ROW.id).limit(SAME)


def _same_bytes() -> sa.Select[Any]:
    same = MAPPER.mine(
        _ROW.id != param("id"), _ROW.sha256 == param("sha256"), _ROW.processed_at.is_not(None)
    )
    return same.order_by(_ROW.processed_at, _ROW.id).limit(SAME)


def _earlier(*same: sa.ColumnElement[bool]) -> sa.Select[Any]:
    return MAPPER.mine(
        _ROW.id != param("id"),
        _ROW.processed_at.is_not(None),
        _ROW.state == param("state"),
        *same,
    )


def _earlier_with_message_id() -> sa.Select[Any]:
    same = _earlier(
        _ROW.message_id == param("message_id"),
        filled(_ROW.message_id),
        _ROW.sender_key == param("sender"),
    )
    return same.order_by(_ROW.processed_at.desc(), _ROW.id.desc()).limit(_SAME_ID)


def _waiting(these: Condition) -> sa.Select[Any]:
    waiting = MAPPER.mine(these, _ROW.next_at <= param("now"), _ROW.state == param("state"))
    return waiting.order_by(_ROW.next_at, _ROW.id)


def _decided_with(column: sa.Column[str]) -> OfSeveral:
    """Return what finds the values of ``column`` that mails have that were decided on."""
    return OfSeveral(
        column,
        lambda these: (
            sa.select(column)
            .where(of_mailbox(messages), these, _ROW.processed_at.is_not(None))
            .limit(param("most"))
        ),
    )


BYTES_DECIDED = _decided_with(_ROW.sha256)
IDS_DECIDED = _decided_with(_ROW.message_id)
INSERT = Upsert(_inserting)
CLAIM = Statement(
    lambda: due_first(MAPPER, _ROW.next_at, _ROW.state == param("state")), lock="skip"
)
DUE_IDS = Statement(
    lambda: due_first(MAPPER, _ROW.next_at, _ROW.state == param("state")).with_only_columns(_ROW.id)
)
WAITING = OfSeveral(_ROW.id, _waiting)
WAITING_LOCKED = OfSeveral(_ROW.id, lambda these: _waiting(these).with_for_update(skip_locked=True))
GET = Statement(lambda: MAPPER.mine(_ROW.id == param("id")))
SAVE = Statement(lambda: MAPPER.change(_ROW.id == param("id"), but=("raw_since",)))
SET_RAW = Statement(lambda: changing(messages, _ROW.id == param("id"), names=("raw_since",)))
MOVED = Statement(
    lambda: changing(
        messages,
        _ROW.id == param("id"),
        _ROW.unmoved_since.is_not(None),
        names=("moved_at", "unmoved_since"),
    )
)
SAME_BYTES = Statement(_same_bytes)
TWIN = Statement(_twin)
EARLIER_BYTES = Statement(
    lambda: _earlier(_ROW.sha256 == param("sha256")).order_by(_ROW.processed_at, _ROW.id).limit(1)
)
EARLIER_MESSAGE_ID = Statement(_earlier_with_message_id)
