"""Which certificates are expiring: the same for the queue, the list, and the counts."""

from datetime import datetime, timedelta

import sqlalchemy as sa

from pipeline import terms
from pipeline.store.schema.mail_and_requests import certificates


def expiring_at(now: datetime) -> sa.ColumnElement[bool]:
    """Return the condition of a certificate that ends soon after ``now``, or has ended."""
    return certificates.c.expires_at <= now + timedelta(days=terms.CERTIFICATE_EXPIRING_DAYS)
