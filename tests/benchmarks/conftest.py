"""What the benchmarks share: services in a folder of their own."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from pipeline.clock import SystemClock
from pipeline.config import (
    CourierSettings,
    MailboxSettings,
    SenderSettings,
    Settings,
    StoreSettings,
)
from pipeline.flow.services import Services, open_services
from tests.filled.mails import ADDRESS, AUTHSERV_ID

OpenServices = Callable[[Path], Services]


@pytest.fixture
def services_in() -> Iterator[OpenServices]:
    """Open services with their state in a folder."""
    with ExitStack() as stack:

        def make(folder: Path) -> Services:
            settings = Settings(
                store=StoreSettings(home=folder),
                mailbox=MailboxSettings(address=ADDRESS),
                courier=CourierSettings(hourly_cap=1_000_000, undo_seconds=0),
                sender=SenderSettings(authserv_ids=(AUTHSERV_ID,)),
            )
            return stack.enter_context(open_services(settings, SystemClock(), make=True))

        yield make
