"""The path of one message, from its bytes to its answer, on one page.

The caller holds the transaction; the mail on the server is marked after its commit.
"""

from dataclasses import replace

from pipeline.flow.context import finished
from pipeline.flow.inbound import automatic, too_big
from pipeline.flow.inbound.begin import begun
from pipeline.flow.inbound.read import Reading
from pipeline.flow.inbound.redelivery import is_redelivery, moved_on
from pipeline.flow.lifecycle.due import catch_up
from pipeline.flow.outgoing import replies
from pipeline.flow.outgoing.alerts import alert
from pipeline.flow.requests import follow_up, no_form
from pipeline.flow.requests.new_words import new_words
from pipeline.flow.requests.open import open_forms
from pipeline.flow.requests.ours import without_ours
from pipeline.flow.requests.thread import request_of_thread
from pipeline.flow.services import Work
from pipeline.model.message import MessageKind
from pipeline.store.records import MessageRecord
from pipeline.terms import Outcome


def receive(work: Work, row: MessageRecord, reading: Reading) -> MessageRecord:
    """Take one message the whole way; return its ledger row as it has to be saved.

    Raises GuardError when its bytes cannot be read within the limits.
    """
    now = work.now

    # decided before, and come again because its folder was numbered anew?
    twin = work.tx.messages.renumbered_twin(row)
    if twin is not None:
        return moved_on(work, row, twin)

    # parse, find the forms among the attachments, read them: in the guarded child. Of a mail over
    # the size limit there is the header alone
    read = reading.read(row)

    # seen before?
    if work.tx.messages.earlier_with_sha256(row):
        known_by = replace(row, message_id=read.message.message_id)
        return finished(known_by, Outcome.IGNORED, now, why="redelivery")

    # who sent it, a person or a machine, was it here before by another way?
    context = begun(work, row, read, reading.look(row))
    same = context.done(Outcome.IGNORED, why="redelivery")
    if is_redelivery(work.tx, same):
        return same
    if read.faults:
        alert(work, "file_fault", "", row.id)

    # does it belong to a request?
    known = request_of_thread(work, context)
    if row.oversized:
        return too_big.take(work, context, known)
    if known is not None:
        context.new_text = new_words(work, context, known.record)
    context.read = without_ours(work, context, known.record if known else None)

    # written by a machine? it is recorded, held or noted, and never answered
    if context.automation.kind is not MessageKind.HUMAN:
        return automatic.take(work, context, known)

    # a reply acts on its request; a form is checked, routed and opened; words are of the help track
    if known is not None:
        done = follow_up.follow_up(work, context, known)
    elif context.read.submissions:
        done = open_forms(work, context)
    else:
        done = no_form.receive_words(work, context)

    # what time brought about comes first, then the answer: one message, one mail
    catch_up(work, context.answers)
    replies.queue_reply(work, context)
    return done
