"""What a customer wrote now on a thread: his reply without what we sent on it."""

from pipeline.flow.context import MessageContext
from pipeline.flow.services import Work
from pipeline.intake.reply.vocabulary import is_reply
from pipeline.mailbox.parse import parse_message
from pipeline.mailbox.reply.digests import digests_of
from pipeline.mailbox.reply.new_text import answered, read_new_text
from pipeline.mailbox.reply.sent_text import SentText
from pipeline.model.message import NewText
from pipeline.store.records import RequestRecord
from pipeline.store.unit_of_work import Transaction


def new_words(work: Work, context: MessageContext, record: RequestRecord) -> NewText:
    """Return what is new in a message on the thread of ``record``."""
    message = context.message
    services = work.services
    ours = answered(
        message.recipients, message.subject, services.own_addresses, services.identity.names
    )
    return read_new_text(message.text, ours, _sent(work.tx, record.id))


def _sent(tx: Transaction, request_id: str) -> SentText:
    """Return what we sent on the thread; mails older than the digests are read themselves."""
    kept = tx.sent_texts.kept(request_id)
    texts = (parse_message(mail).text for mail in kept.mails)
    older = [digests_of(text, text, request_id, is_reply) for text in texts]
    return SentText([*older, *kept.digests], request_id)
