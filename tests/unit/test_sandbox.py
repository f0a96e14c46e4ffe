"""What a child that a file has taken over tries, and does not get."""
# The system calls themselves are what is refused:
# ruff: noqa: PTH101, PTH102, PTH104, PTH108, PTH208, PTH211

import ctypes
import errno
import mmap
import os
import resource
import select
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from pipeline.guard import Guard, GuardLimits, kernel, landlock

ROOT = Path(__file__).parents[2]
SHUT = {"EACCES", "EPERM", "ENOSYS", "EXDEV"}


def outcome(attempt: Callable[[], object]) -> str:
    """Return the name of the error number that ``attempt`` ended with, or ``done``."""
    try:
        attempt()
    except OSError as error:
        return errno.errorcode.get(error.errno or 0, "?")
    except subprocess.SubprocessError:
        return "?"
    return "done"


# --- what the child tries ---------------------------------------------------------------------


def read(path: str) -> str:
    return outcome(lambda: Path(path).read_bytes()[:1])


def list_folder(path: str) -> str:
    return outcome(lambda: os.listdir(path))


def write(path: str) -> str:
    return outcome(lambda: Path(path).write_bytes(b"x"))


def change(way: str, path: str) -> str:
    """Try to change the file system around the file ``path`` in one way."""
    beside = path + ".new"
    ways: dict[str, Callable[[], object]] = {
        "append": lambda: os.open(path, os.O_WRONLY | os.O_APPEND),
        "open for both": lambda: os.open(path, os.O_RDWR),
        "create": lambda: os.open(beside, os.O_RDONLY | os.O_CREAT),
        "truncate": lambda: os.truncate(path, 0),
        "truncate by opening": lambda: os.open(path, os.O_RDONLY | os.O_TRUNC),
        "unnamed file": lambda: os.open(str(Path(path).parent), os.O_TMPFILE | os.O_RDWR),
        "unlink": lambda: os.unlink(path),
        "rename": lambda: os.rename(path, beside),
        "link": lambda: os.link(path, beside),
        "symlink": lambda: os.symlink(path, beside),
        "mkdir": lambda: os.mkdir(beside),
        "mkfifo": lambda: os.mkfifo(beside),
        "device": lambda: os.mknod(beside, 0o600 | 0o060000, os.makedev(8, 0)),
        "chmod": lambda: os.chmod(path, 0o777),
        "chown": lambda: os.chown(path, 1, 1),
        "utime": lambda: os.utime(path),
        "setxattr": lambda: os.setxattr(path, "user.x", b"x"),
    }
    return outcome(ways[way])


CHANGES = (
    *("append", "open for both", "create", "truncate", "truncate by opening", "unnamed file"),
    *("unlink", "rename", "link", "symlink", "mkdir", "mkfifo", "device"),
    *("chmod", "chown", "utime", "setxattr"),
)


def open_socket(family: int, kind: int) -> str:
    return outcome(lambda: socket.socket(family, kind))


def pair_of_sockets() -> str:
    return outcome(socket.socketpair)


def run(way: str) -> str:
    """Try to start a program or a process."""

    def fork() -> None:
        if not os.fork():
            os._exit(0)

    def double_fork() -> None:
        if not os.fork():
            os.setsid()
            os.fork()
            os._exit(0)

    def exec_memory() -> None:
        program = os.memfd_create("program")
        os.write(program, Path(sys.executable).read_bytes())
        os.execve(program, [sys.executable, "-c", ""], {})

    ways: dict[str, Callable[[], object]] = {
        "fork": fork,
        "double fork": double_fork,
        "vfork": lambda: kernel.call(58 if os.uname().machine == "x86_64" else 1000),
        "exec": lambda: os.execv(sys.executable, [sys.executable, "-c", ""]),
        "exec from memory": exec_memory,
        "spawn": lambda: os.posix_spawn(sys.executable, [sys.executable, "-c", ""], {}),
        "subprocess": lambda: subprocess.run([sys.executable, "-c", ""], check=True),
        "shell": lambda: os.system("true") and kernel.call(1000),
        "clone3": lambda: kernel.call(435, ctypes.create_string_buffer(64), 64),
    }
    return outcome(ways[way])


PROGRAMS = (
    *("fork", "double fork", "vfork", "exec", "exec from memory", "spawn", "subprocess", "shell"),
    "clone3",
)


def reach(way: str, process: int) -> str:
    """Try to do something to another process."""
    words = ctypes.create_string_buffer(64)
    traced = 117 if os.uname().machine == "aarch64" else 101
    read_memory = 270 if os.uname().machine == "aarch64" else 310
    ways: dict[str, Callable[[], object]] = {
        "ask": lambda: os.kill(process, 0),
        "stop": lambda: os.kill(process, signal.SIGSTOP),
        "group": lambda: os.killpg(os.getpgid(process), 0),
        "all": lambda: os.kill(-1, 0),
        "thread": lambda: kernel.call(131 if traced == 117 else 234, process, process, 0),
        "stop itself": lambda: os.kill(os.getpid(), signal.SIGSTOP),
        "pidfd": lambda: os.pidfd_open(process),
        "attach": lambda: kernel.call(traced, 16, process, 0, 0),
        "read memory": lambda: kernel.call(read_memory, process, words, 1, words, 1, 0),
        "limits": lambda: resource.prlimit(process, resource.RLIMIT_NOFILE, (1, 1)),
        "priority": lambda: os.setpriority(os.PRIO_PROCESS, 0, -5),
        "real time": lambda: os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(1)),
        "session": os.setsid,
        "parent's death": lambda: kernel.prctl(1, 0),
        "type into the terminal": lambda: kernel.call(
            29 if traced == 117 else 16, 0, 0x5412, ctypes.create_string_buffer(b"x")
        ),
    }
    return outcome(ways[way])


REACHES = (
    *("ask", "stop", "group", "all", "thread", "stop itself", "pidfd", "attach", "read memory"),
    *("limits", "priority", "real time", "session", "parent's death", "type into the terminal"),
)


NUMBERS = {
    "x86_64": """
272 unshare 308 setns 165 mount 161 chroot 321 bpf 298 perf 323 userfaultfd 250 keyctl 425 io_uring
29 shmget 437 openat2 317 seccomp 600 not-yet-made 1073741863 x32""",
    "aarch64": """
97 unshare 268 setns 40 mount 51 chroot 280 bpf 241 perf 282 userfaultfd 219 keyctl 425 io_uring
194 shmget 437 openat2 277 seccomp 600 not-yet-made 1073741863 x32""",
}


def ask_the_kernel(name: str) -> str:
    """Try a system call that a reader never needs; its arguments make no sense."""
    words = NUMBERS[os.uname().machine].split()
    number = int(words[words.index(name) - 1])
    return outcome(lambda: kernel.call(number, 0, 0, 0, 0, 0))


KERNEL = (
    *("unshare", "setns", "mount", "chroot", "bpf", "perf", "userfaultfd", "keyctl"),
    *("io_uring", "shmget", "openat2", "seccomp", "not-yet-made", "x32"),
)


def environment() -> tuple[str, ...]:
    return tuple(sorted(os.environ))


def work_in_threads(count: int) -> int:
    done: list[int] = []
    threads = [threading.Thread(target=done.append, args=(n,)) for n in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return len(done)


def map_memory() -> int:
    file = os.memfd_create("form")
    os.ftruncate(file, 10)
    with mmap.mmap(file, 10) as mapped:
        return len(mapped)


def import_late(names: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(name for name in names if __import__(name).__name__ == name)


def limit(kind: int) -> tuple[int, int]:
    return resource.getrlimit(kind)


def own_group() -> tuple[int, int, int]:
    return os.getpid(), os.getpgid(0), os.getsid(0)


def sleep(seconds: float) -> int:
    time.sleep(seconds)
    return 1


def status_line(name: str, process: int) -> str:
    text = Path(f"/proc/{process}/status").read_text()
    return next(line.split()[1] for line in text.splitlines() if line.startswith(f"{name}:"))


@pytest.fixture(scope="module")
def state(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("state")
    (folder / "key").write_bytes(b"secret")
    (folder / "pipeline.sqlite3").write_bytes(b"rows")
    return folder


@pytest.fixture(scope="module")
def guard() -> Iterator[Guard]:
    with Guard() as opened:
        locks = opened.locks()
        if not (locks.landlock and locks.seccomp):
            pytest.skip(f"this kernel gives {locks}")
        yield opened


@pytest.mark.parametrize(
    "path",
    [
        *("key", "pipeline.sqlite3", "/etc/passwd", "/etc/hostname", str(Path.home() / ".profile")),
        *("/proc/self/environ", "/proc/self/mem", "/proc/self/maps", "/proc/PARENT/environ"),
        *("/proc/PARENT/mem", "/proc/PARENT/maps", "/proc/1/environ", "/sys/kernel/ostype"),
        *("/proc/sys/kernel/hostname", "/dev/mem", "/dev/tty", str(ROOT / "Makefile")),
    ],
)
def test_child_reads_no_file_but_its_libraries(guard: Guard, state: Path, path: str) -> None:
    place = state / path.replace("PARENT", str(os.getpid()))
    if not os.path.lexists(place):
        pytest.skip("there is no such file here")
    assert guard.call(read, str(place)) in SHUT


@pytest.mark.parametrize("path", ["", "/", "/tmp", "/home", "/root", "/etc", "/proc", "/dev/shm"])
def test_child_lists_no_folder_but_its_libraries(guard: Guard, state: Path, path: str) -> None:
    assert guard.call(list_folder, str(state / path)) in SHUT


@pytest.mark.parametrize("place", ["state", "/tmp", "/dev/shm", "/var/tmp", "/dev/null", "home"])
def test_child_writes_no_file(guard: Guard, state: Path, place: str) -> None:
    folder = {"state": state, "home": Path.home()}.get(place, Path(place))
    file = folder if folder == Path(os.devnull) else folder / "written-by-the-child"
    assert guard.call(write, str(file)) in SHUT
    assert folder == file or not file.exists()


@pytest.mark.parametrize("way", CHANGES)
def test_child_changes_nothing_of_a_file(guard: Guard, state: Path, way: str) -> None:
    before = (state / "key").stat()
    assert guard.call(change, way, str(state / "key")) in SHUT
    assert (state / "key").read_bytes() == b"secret"
    after = (state / "key").stat()
    assert (after.st_mode, after.st_uid, after.st_mtime_ns) == (
        before.st_mode,
        before.st_uid,
        before.st_mtime_ns,
    )
    assert sorted(path.name for path in state.iterdir()) == ["key", "pipeline.sqlite3"]


@pytest.mark.parametrize("way", CHANGES)
def test_child_changes_nothing_of_its_own_libraries(guard: Guard, way: str) -> None:
    file = Path(landlock.__file__)
    before = file.read_bytes(), file.stat().st_mode, file.stat().st_mtime_ns
    assert guard.call(change, way, str(file)) in SHUT
    assert (file.read_bytes(), file.stat().st_mode, file.stat().st_mtime_ns) == before
    assert not file.with_name(file.name + ".new").exists()


@pytest.mark.parametrize(
    ("family", "kind"),
    [
        (socket.AF_INET, socket.SOCK_STREAM),
        (socket.AF_INET, socket.SOCK_DGRAM),
        (socket.AF_INET6, socket.SOCK_STREAM),
        (socket.AF_UNIX, socket.SOCK_STREAM),
        (socket.AF_NETLINK, socket.SOCK_RAW),
        (socket.AF_PACKET, socket.SOCK_RAW),
        (38, socket.SOCK_SEQPACKET),  # AF_ALG
        (40, socket.SOCK_STREAM),  # AF_VSOCK
    ],
)
def test_child_opens_no_socket(guard: Guard, family: int, kind: int) -> None:
    assert guard.call(open_socket, family, kind) in SHUT
    assert guard.call(pair_of_sockets) in SHUT


@pytest.mark.parametrize("way", PROGRAMS)
def test_child_starts_nothing(guard: Guard, way: str) -> None:
    assert guard.call(run, way) in SHUT


@pytest.mark.parametrize("way", REACHES)
def test_child_reaches_no_other_process(guard: Guard, way: str) -> None:
    assert guard.call(reach, way, os.getpid()) in SHUT


@pytest.mark.parametrize("name", KERNEL)
def test_child_asks_nothing_else_of_the_kernel(guard: Guard, name: str) -> None:
    assert guard.call(ask_the_kernel, name) in SHUT


def test_child_has_served_all_that_in_one_life(guard: Guard) -> None:
    before = guard.process_id
    for way in PROGRAMS:
        guard.call(run, way)
    assert guard.process_id == before is not None


def test_child_has_an_empty_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(sys.path))
    with Guard() as guard:
        assert set(guard.call(environment)) <= {"LC_CTYPE", "LD_LIBRARY_PATH", "PYTHONHOME"}
        kept = Path(f"/proc/{guard.process_id}/environ").read_bytes()
    assert b"secret" not in kept
    assert b"PYTHONPATH" not in kept


def test_child_leads_a_session_of_its_own(guard: Guard) -> None:
    process, group, session = guard.call(own_group)
    assert process == group == session == guard.process_id


def test_child_has_no_privileges_and_a_filter(guard: Guard) -> None:
    child = guard.process_id or 0
    assert (status_line("NoNewPrivs", child), status_line("Seccomp", child)) == ("1", "2")
    assert int(status_line("CapEff", child), 16) & ~(1 << 2) == 0
    assert int(status_line("CapPrm", child), 16) & ~(1 << 2) == 0


def test_child_and_parent_are_not_dumpable(guard: Guard) -> None:
    # the files of a process that is not dumpable belong to root, with another mode (proc(5))
    assert guard.call(dumpable) == 0
    assert dumpable() == 0


def dumpable() -> int:
    return int(ctypes.CDLL(None).prctl(3, 0, 0, 0, 0))


def test_child_has_few_files_and_no_core(guard: Guard) -> None:
    assert guard.call(limit, resource.RLIMIT_NOFILE) == (GuardLimits().open_files,) * 2
    assert guard.call(limit, resource.RLIMIT_CORE) == (0, 0)


def test_child_can_do_what_readers_need(guard: Guard) -> None:
    assert guard.call(work_in_threads, 8) == 8
    assert guard.call(map_memory) == 10
    names = ("openpyxl", "pikepdf", "pypdfium2", "babel", "colorsys", "zoneinfo", "tzdata")
    assert guard.call(import_late, names) == names


def test_child_that_sleeps_ends_with_a_killed_parent() -> None:
    program = (
        "import sys\nfrom pipeline.guard import Guard\nfrom tests.unit.test_sandbox import sleep\n"
        "guard = Guard()\nguard.locks()\nprint(guard.process_id, flush=True)\n"
        "guard.call(sleep, 60.0)\n"
    )
    parent = subprocess.Popen(
        [sys.executable, "-c", program],
        stdout=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(entry for entry in sys.path if entry)},
    )
    assert parent.stdout is not None
    with parent, os.fdopen(os.pidfd_open(int(parent.stdout.readline())), "rb") as child:
        parent.kill()
        poller = select.poll()
        poller.register(child)
        assert poller.poll(5000)
