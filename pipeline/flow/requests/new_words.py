"""What a customer wrote now on a thread: his reply without what we sent on it."""

from pipeline.flow.context import MessageContext
from pipeline.flow.services import Work
from pipeline.mailbox.new_text import answered, read_new_text
from pipeline.mailbox.sent_text import SentText
from pipeline.model.message import NewText
from pipeline.store.records import RequestRecord


def new_words(work: Work, context: MessageContext, record: RequestRecord) -> NewText:
    """Return what is new in a message on the thread of ``record``."""
    message = context.message
    services = work.services
    ours = answered(
        message.recipients, message.subject, services.own_addresses, services.identity.name
    )
    sent = SentText(work.tx.sent_texts.list(record.id), record.id)
    return read_new_text(message.text, ours, sent)
