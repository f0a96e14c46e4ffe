"""Asks Meta: a read is tried again for a short while, a write never; every error gets a reason."""

import logging
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, TypeVar

from pipeline import __version__, logs
from pipeline.clock import Clock
from pipeline.config import MetaSettings
from pipeline.meta.codes import judge, judge_unread, numbers_of
from pipeline.meta.errors import About, Details, MetaError, Reason, unreadable
from pipeline.meta.reading import object_of
from pipeline.meta.said import said_of, wait_of
from pipeline.meta.transport import Answer, Request, Transport

Found = TypeVar("Found")

_READS = 3
_FIRST_PAUSE = 0.5
_PASSING = frozenset({Reason.UNREACHABLE, Reason.SLOW, Reason.SERVER})
_MOST_IMAGE_BYTES = 5_000_000
_GOOD, _REDIRECT = 200, 300
_AGENT = f"whatsapp-request-pipeline/{__version__}"
#: Waits that are documented: 133015, and the moving window of 133016.
_WAITS = {
    Reason.REGISTERING: timedelta(minutes=5),
    Reason.REGISTRATION_LIMIT: timedelta(hours=72),
}


@dataclass(frozen=True, slots=True)
class Call:
    """One call: the method of Graph, and what is sent where below the version."""

    name: str
    method: str
    path: str
    params: Mapping[str, str] = field(default_factory=dict)
    json: Mapping[str, Any] | None = field(default=None, repr=False)
    #: What Meta may repeat in its words, beside the token.
    secret: str = field(default="", repr=False)


class Asking:
    """Makes calls with the token of one account."""

    def __init__(
        self,
        settings: MetaSettings,
        token: str,
        transport: Transport,
        clock: Clock,
        sleep: Callable[[float], None],
    ) -> None:
        self._base = f"{settings.base_url.rstrip('/')}/{settings.version}"
        #: The longest that one call may take.
        self.seconds = float(settings.timeout_seconds)
        self._token = token
        self._transport = transport
        self._clock = clock
        self._sleep = sleep

    def read(self, call: Call) -> dict[str, Any]:
        """Return the fields of an answer; raises MetaError."""
        return self._retried(call.name, lambda seconds: self._ask(call, seconds))

    def write(self, call: Call) -> dict[str, Any]:
        """Return the fields of an answer; raises MetaError, which tells whether it may be done."""
        return self._ask(call, self.seconds)

    def image(self, url: str) -> bytes:
        """Return an image; the token stays here. Raises MetaError."""
        headers = {"User-Agent": _AGENT}
        request = Request("image", "GET", url, headers, most_bytes=_MOST_IMAGE_BYTES)
        return self._retried(
            "image", lambda seconds: self._sent(request, seconds, _check_image).body
        )

    def _retried(self, name: str, work: Callable[[float], Found]) -> Found:
        """Do a read up to three times, in the time that two calls may take."""
        end = time.monotonic() + 2 * self.seconds
        attempt = 1
        while True:
            try:
                return work(min(self.seconds, end - time.monotonic()))
            except MetaError as error:
                pause = _FIRST_PAUSE * attempt
                late = time.monotonic() + pause >= end
                # who names a time to wait is left alone that long: the next batch asks again
                named = error.retry_after is not None
                if error.reason not in _PASSING or attempt == _READS or late or named:
                    raise
                logs.event("meta", "asked_again", call=name, reason=error.reason.value)
            attempt += 1
            self._sleep(pause)

    def _ask(self, call: Call, seconds: float) -> dict[str, Any]:
        url = f"{self._base}/{call.path}"
        request = Request(call.name, call.method, url, self._headers(), call.params, call.json)
        answer = self._sent(request, seconds, lambda answer: self._check(call, answer))
        fields = object_of(answer.body)
        if fields is None:
            raise unreadable(call.name, f"HTTP {answer.status}", written=request.writes)
        return fields

    def _headers(self) -> dict[str, str]:
        """Return the headers of a call: no variable of a frame that can fail holds the token."""
        return {
            "Authorization": f"Bearer {self._token}",
            "User-Agent": _AGENT,
            "Accept": "application/json",
        }

    def _sent(self, request: Request, seconds: float, check: Callable[[Answer], None]) -> Answer:
        begin = time.monotonic()
        status, reason, code = 0, "", None
        try:
            answer = self._transport.send(request, seconds)
            status = answer.status
            check(answer)
        except MetaError as error:
            reason, code = error.reason.value, error.graph_code
            raise
        finally:
            took = round((time.monotonic() - begin) * 1000)
            facts = {"status": status, "reason": reason, "code": code, "milliseconds": took}
            logs.event("meta", "asked", logging.INFO, call=request.call, **facts)
        return answer

    def _check(self, call: Call, answer: Answer) -> None:
        """Raise MetaError for every answer that is not a good one."""
        error = self._error_of(call, answer)
        if error is not None:
            raise error

    def _error_of(self, call: Call, answer: Answer) -> MetaError | None:
        """Return the error of an answer; Meta's own words, which may repeat a secret, end here."""
        fields = object_of(answer.body)
        error = fields.get("error") if fields is not None else None
        if _GOOD <= answer.status < _REDIRECT and not error:
            return None
        numbers: tuple[int | None, int | None] = (None, None)
        said = f"HTTP {answer.status}"
        if isinstance(error, dict):
            reason, about = judge(call.name, answer.status, error)
            said = said_of(answer.status, error, (self._token, call.secret))
            numbers = numbers_of(error)
        else:
            reason, about = judge_unread(call.name, answer.status)
        wait = _WAITS.get(reason) or wait_of(answer.headers, self._clock.now())
        failed = about is About.SERVER and reason is not Reason.RATE_LIMITED
        return MetaError(
            reason,
            call=call.name,
            about=about,
            said=said,
            details=Details(*numbers, retry_after=wait),
            outcome_unknown=failed and call.method != "GET",
        )


def _check_image(answer: Answer) -> None:
    kind = answer.headers.get("content-type", "")
    if not _GOOD <= answer.status < _REDIRECT:
        reason, about = judge_unread("image", answer.status)
        # an image that is gone or moved says nothing about our token or address, nor about Meta
        if about is About.SETTING or reason is Reason.UNREADABLE:
            reason, about = Reason.NOT_FOUND, About.ITEM
        raise MetaError(reason, call="image", about=about, said=f"HTTP {answer.status}")
    if not kind.startswith("image/") or not answer.body:
        raise unreadable("image", kind[:40])
