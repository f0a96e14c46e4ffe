"""The child process that reads hostile bytes: warm, shut in, limited, and never believed.

A :class:`Guard` keeps one fresh interpreter with an empty environment, no file but two pipes, and
no way out (:mod:`pipeline.guard.sandbox`), and gives it one job after another, about a millisecond
each; where two threads call, the next one is in its pipe already. Each job has its own limits of
processor time, address space and wall clock. Arguments go to the child pickled, since we trust
ourselves; results come back as JSON with the bytes beside it and are rebuilt from the function's
annotated return type alone, so that a child taken over by a file cannot make the parent run
anything.
"""

import pickle
import threading
import typing
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import Any, ParamSpec, Self, TypeVar

from pipeline.guard.child import Start
from pipeline.guard.limits import (
    GuardError,
    GuardLimits,
    GuardStartError,
    GuardStarvedError,
    Reason,
)
from pipeline.guard.patience import Patience
from pipeline.guard.process import Child
from pipeline.guard.sandbox import Locks
from pipeline.guard.values import rebuild

__all__ = [
    "Guard",
    "GuardError",
    "GuardLimits",
    "GuardStartError",
    "GuardStarvedError",
    "Locks",
    "Reason",
]

Parameters = ParamSpec("Parameters")
Result = TypeVar("Result")


class Guard:
    """A warm child process for functions that read what strangers sent; safe between threads.

    ``preload`` names modules that the child imports before it shuts itself in, as it does with the
    module of the first function. What lies below ``private`` is never readable for it, wherever
    that is. The child starts with the first call.
    """

    def __init__(
        self,
        limits: GuardLimits | None = None,
        *,
        preload: tuple[str, ...] = (),
        private: tuple[str, ...] = (),
    ) -> None:
        self._limits = limits or GuardLimits()
        self._preload = preload
        self._private = private
        self._changed = threading.Condition()
        self._child: Child | None = None
        self._warming: threading.Thread | None = None
        # The kernel ends a child together with the thread that started it: one that stays.
        self._keeper: ThreadPoolExecutor | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def process_id(self) -> int | None:
        """The id of the child, while there is one."""
        return self._child.process.pid if self._child else None

    def call(
        self,
        function: Callable[Parameters, Result],
        *args: Parameters.args,
        **kwargs: Parameters.kwargs,
    ) -> Result:
        """Run a module-level ``function`` in the child and return what it returned.

        The function's return annotation must consist of frozen dataclasses, enums, tuples, lists,
        sets, mappings with text keys, unions, dates and plain values. Raises :class:`GuardError`;
        the child is then replaced by a fresh one with the next call.
        """
        expected = typing.get_type_hints(function)["return"]
        job = pickle.dumps((function, args, kwargs))
        answer = None
        while answer is None:
            answer = self._received(*self._sent(job, function.__module__))
        try:
            return typing.cast("Result", rebuild(expected, answer[0], answer[1:]))
        except (TypeError, ValueError, KeyError, IndexError, RecursionError) as error:
            raise GuardError("crash", f"answer of another shape: {type(error).__name__}") from None

    def warm(self) -> None:
        """Begin to start the child, if there is none, and return at once.

        A start that fails fails again, and is told, at the next call.
        """
        if self._child is None and self._warming is None:
            self._warming = threading.Thread(target=self._start, name="guard-start", daemon=True)
            self._warming.start()

    def _start(self) -> None:
        with suppress(Exception):
            self.locks()

    def locks(self) -> Locks:
        """Return what holds the child on this machine. Raises GuardStartError."""
        with self._changed:
            return self._running("").locks

    def close(self) -> None:
        """End the child; a later call starts a new one."""
        if self._warming is not None:
            self._warming.join()
            self._warming = None
        with self._changed:
            while self._child is not None and not self._child.idle:
                self._changed.wait()
            if self._child is not None:
                self._drop(self._child, kill=False)
            if self._keeper is not None:
                self._keeper.shutdown()
                self._keeper = None

    def _sent(self, job: bytes, module: str) -> tuple[Child, int, Patience | None]:
        """Send ``job`` when its turn has come; return the child, its place there, the patience."""
        with self._changed:
            while not (child := self._running(module)).takes(job):
                self._changed.wait()
            place = child.sent
            try:
                return child, place, child.send(job)
            except BaseException:
                if child.answered == place:
                    self._drop(child, kill=True)
                else:  # who waits for the job before finds it dead, and drops it
                    child.kill()
                raise

    def _received(self, child: Child, place: int, patience: Patience | None) -> list[Any] | None:
        """Return the answer to the job at ``place``; None: the child ended with one before it."""
        with self._changed:
            while child.answered < place and not child.over:
                self._changed.wait()
            if child.over:
                return None
        try:
            answer = child.receive(patience)
        except BaseException as error:
            # after an exception of the job the child waits for the next one and can end itself
            raised = isinstance(error, GuardError) and error.reason == "exception"
            with self._changed:
                self._drop(child, kill=not raised or child.sent > place + 1)
            raise
        with self._changed:
            child.answered += 1
            if child.idle and child.sent >= self._limits.jobs:
                self._drop(child, kill=False)
            self._changed.notify_all()
        return answer

    def _running(self, module: str) -> Child:
        """Return the child; one that was killed between two jobs is replaced first."""
        if self._child is not None and self._child.gone:
            self._drop(self._child, kill=True)
        if self._child is None:
            if self._keeper is None:
                self._keeper = ThreadPoolExecutor(1, thread_name_prefix="guard")
            modules = (*self._preload, module) if module else self._preload
            start = Start(self._limits, modules, self._private)
            self._child = self._keeper.submit(Child, start).result()
        return self._child

    def _drop(self, child: Child, *, kill: bool) -> None:
        """End ``child``; what was behind the job that ends it is sent to the next one."""
        if not child.over:
            child.over = True
            child.end(kill=kill)
        if self._child is child:
            self._child = None
        self._changed.notify_all()
