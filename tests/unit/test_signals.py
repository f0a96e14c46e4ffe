"""The first signal asks, a stubborn piece of work is broken off, the second signal ends at once."""

import signal
import subprocess
import sys
import time

import pytest

from tests.world.pace import soon

_PROGRAM = """
import hashlib, signal, socket, sys
from pipeline import signals
from pipeline.signals import StopNowError, stop_on_signals
signal.signal(signal.SIGHUP, signal.SIG_IGN if sys.argv[1] == "nohup" else signal.SIG_DFL)
if len(sys.argv) > 2:
    signals._BREAK_OFF_SECONDS, signals._GIVE_UP_SECONDS = 0.3, 1.0

def waits(stop):
    stop.wait(60)

def nohup(stop):
    stop.wait(0.5)

def hangs(stop):
    one, other = socket.socketpair()
    try:
        one.recv(1)
    finally:
        print("broken off", flush=True)

def hangs_and_tidies_up(stop):
    one, other = socket.socketpair()
    try:
        one.recv(1)
    finally:
        one.recv(1)

def in_the_library(stop):
    hashlib.pbkdf2_hmac("sha256", b"no call", b"that a signal ends", 1 << 30)

try:
    with stop_on_signals() as stop:
        print("ready", flush=True)
        globals()[sys.argv[1]](stop)
        print("asked" if stop.asked() else "not asked", flush=True)
except StopNowError:
    print("stopped", flush=True)
assert signal.getsignal(signal.SIGTERM) is signal.SIG_DFL
"""


def started(work: str, *soon: str) -> "subprocess.Popen[str]":
    process = subprocess.Popen(
        [sys.executable, "-c", _PROGRAM, work, *soon],
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    return process


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGINT])
def test_what_waits_is_woken_by_a_signal(number: signal.Signals) -> None:
    process = started("waits")
    process.send_signal(number)
    assert process.communicate(timeout=2)[0] == "asked\n"
    assert process.returncode == 0


def test_what_hangs_is_broken_off_within_five_seconds() -> None:
    process = started("hangs")
    begin = time.monotonic()
    process.send_signal(signal.SIGTERM)
    assert process.communicate(timeout=10)[0] == "broken off\nstopped\n"
    assert soon(time.monotonic() - begin, 5)
    assert process.returncode == 0


@pytest.mark.parametrize(
    ("work", "said"), [("hangs_and_tidies_up", "stopped\n"), ("in_the_library", "")]
)
def test_what_hangs_again_or_cannot_be_broken_off_ends_too(work: str, said: str) -> None:
    process = started(work, "soon")
    process.send_signal(signal.SIGTERM)
    assert process.communicate(timeout=4)[0] == said
    assert process.returncode == 0


@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 143), (signal.SIGINT, 130)])
def test_the_second_signal_ends_at_once(number: signal.Signals, code: int) -> None:
    process = started("hangs")
    begin = time.monotonic()
    with process:
        while process.poll() is None:
            process.send_signal(number)
            time.sleep(0.02)  # two signals that come together are one to the system
    assert process.returncode == code
    assert soon(time.monotonic() - begin, 2)


def test_hangup_that_nohup_ignores_stays_ignored() -> None:
    process = started("nohup")
    process.send_signal(signal.SIGHUP)
    assert process.communicate(timeout=5)[0] == "not asked\n"
