"""Mail out by SMTP (RFC 5321): the server and its faults, one connection, and the courier on it."""

from pipeline.notifications.smtp.client import SmtpCourier
from pipeline.notifications.smtp.server import SmtpServer

__all__ = ["SmtpCourier", "SmtpServer"]
