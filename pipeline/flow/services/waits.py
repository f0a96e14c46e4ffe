"""How long the flow waits before it tries something again; the longest says what waits too long."""

from datetime import timedelta

from pipeline.model.retry import Retry

#: A message that may be to blame; how often it is tried is a setting (limits.attempts).
MESSAGE = Retry.doubling(timedelta(minutes=5), timedelta(hours=4))
#: A message that is not to blame is tried for about a day; what never passes must not stick.
MACHINE = Retry.doubling(timedelta(minutes=5), timedelta(hours=1), attempts=28)
#: A mail that the server does not take now; it is given up so long after its first refusal, and
#: RFC 5321 (4.5.4.1) wants four or five days.
SENDING = Retry.doubling(timedelta(minutes=2), timedelta(hours=4))
GIVEN_UP_AFTER = timedelta(days=5)
#: A mail whose line broke at the final dot so often is for staff.
DOUBTS = 12
#: Due work of a request that a rule refused.
DUE_WORK = Retry((timedelta(days=1),))
#: A number that Meta was asked about and that is as it was; reviews and set-ups take days.
META_LOOKS = Retry.doubling(timedelta(minutes=5), timedelta(hours=1))
#: Meta does not answer, or has had enough of us: all numbers wait.
META_DOWN = Retry.doubling(timedelta(minutes=1), timedelta(minutes=30))
#: A number that was perhaps added is looked for as long, before it is added again.
META_ADDING = timedelta(minutes=15)
