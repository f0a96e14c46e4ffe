"""How long the flow waits before it tries something again; the longest says what waits too long."""

from datetime import timedelta

from pipeline.model.retry import Retry

#: A message that may be to blame; how often it is tried is a setting (limits.attempts).
MESSAGE = Retry.doubling(timedelta(minutes=5), timedelta(hours=4))
#: A message that is not to blame is tried for about a day; what never passes must not stick.
MACHINE = Retry.doubling(timedelta(minutes=5), timedelta(hours=1), attempts=28)
#: A mail that the server does not take now.
SENDING = Retry.doubling(timedelta(minutes=2), timedelta(hours=4), attempts=12)
#: Due work of a request that a rule refused.
DUE_WORK = Retry((timedelta(days=1),))
