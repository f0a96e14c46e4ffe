"""A filter of system calls (seccomp(2)): what a reader of files never needs is refused.

Refused calls fail with EPERM and the program goes on. Newer calls than the table knows, and those
whose arguments lie in memory where a filter cannot look, do not exist (ENOSYS): libraries then take
the older way. Files in memory are allowed, since a reader maps one: they run nothing, and nothing
else can be opened for writing. Numbers: Linux 6.x, arch/x86/entry/syscalls/syscall_64.tbl and
scripts/syscall.tbl.
"""

import ctypes
import errno
import os
import struct
from dataclasses import dataclass

from pipeline.guard.kernel import call, prctl

_FILTER_MODE, _SET_SECCOMP = 2, 22
_SET_FILTER, _ALL_THREADS = 1, 1

# classic BPF (Documentation/networking/filter.rst), over struct seccomp_data
_LOAD, _EQUAL, _AT_LEAST, _ANY_BIT, _RETURN = 0x20, 0x15, 0x35, 0x45, 0x06
_NUMBER_AT, _ARCHITECTURE_AT, _ARGUMENTS_AT = 0, 4, 16
_ALLOW, _REFUSE = 0x7FFF0000, 0x00050000
_PERMISSION, _ABSENT = _REFUSE | errno.EPERM, _REFUSE | errno.ENOSYS
_X32 = 0x40000000  # the same architecture with other numbers

_OPENS_TO_WRITE = 0o1 | 0o2 | 0o100 | 0o1000  # O_WRONLY, O_RDWR, O_CREAT, O_TRUNC
_THREAD = 0x10000  # CLONE_THREAD
_STOPS = (19, 20, 21, 22)  # a stopped child would look like one that waits for the machine
#: prctl options: names of threads and of memory, and what only asks.
_HARMLESS_OPTIONS = (2, 3, 15, 16, 21, 23, 39, 0x53564D41)
_TERMINAL_INPUT = (0x5412, 0x541C)  # TIOCSTI, TIOCLINUX: type into the terminal of the parent
_SIGNAL_OWNERS = (8, 15)  # F_SETOWN, F_SETOWN_EX: let the kernel signal others
_NEWER = 451  # the first call behind the tables


@dataclass(frozen=True, slots=True)
class _Calls:
    """The numbers of one architecture: calls with arguments to look at, and those never needed."""

    architecture: int
    open: int | None
    openat: int
    clone: int
    kill: int
    tgkill: int
    prctl: int
    prlimit: int
    fcntl: int
    ioctl: int
    never: str


_COMMON_NEVER = """
424 pidfd_send_signal 425 io_uring_setup 426 io_uring_enter 427 io_uring_register 428 open_tree
429 move_mount 430 fsopen 431 fsconfig 432 fsmount 433 fspick 434 pidfd_open 438 pidfd_getfd
440 process_madvise 442 mount_setattr 443 quotactl_fd 447 memfd_secret 448 process_mrelease
"""
_OPENAT2, _CLONE3 = 437, 435  # their flags lie in memory

_X86_64 = _Calls(
    architecture=0xC000003E,
    open=2, openat=257, clone=56, kill=62, tgkill=234,
    prctl=157, prlimit=302, fcntl=72, ioctl=16,
    never="""
41 socket 42 connect 43 accept 44 sendto 45 recvfrom 46 sendmsg 47 recvmsg 49 bind 50 listen
53 socketpair 288 accept4 299 recvmmsg 307 sendmmsg
57 fork 58 vfork 59 execve 322 execveat 101 ptrace 200 tkill 129 rt_sigqueueinfo
297 rt_tgsigqueueinfo 310 process_vm_readv 311 process_vm_writev 312 kcmp
85 creat 133 mknod 259 mknodat 83 mkdir 258 mkdirat 84 rmdir 87 unlink 263 unlinkat 82 rename
264 renameat 316 renameat2 86 link 265 linkat 88 symlink 266 symlinkat 76 truncate
285 fallocate 90 chmod 91 fchmod 268 fchmodat 92 chown 93 fchown 94 lchown 260 fchownat
132 utime 235 utimes 261 futimesat 280 utimensat 188 setxattr 189 lsetxattr 190 fsetxattr
197 removexattr 198 lremovexattr 199 fremovexattr
112 setsid 109 setpgid 105 setuid 106 setgid 113 setreuid 114 setregid 117 setresuid
119 setresgid 122 setfsuid 123 setfsgid 116 setgroups 126 capset 317 seccomp 272 unshare 308 setns
141 setpriority 144 sched_setscheduler 314 sched_setattr 142 sched_setparam 203 sched_setaffinity
251 ioprio_set
29 shmget 30 shmat 31 shmctl 67 shmdt 64 semget 65 semop 66 semctl 220 semtimedop 68 msgget
69 msgsnd 70 msgrcv 71 msgctl 240 mq_open 241 mq_unlink
321 bpf 298 perf_event_open 323 userfaultfd 248 add_key 249 request_key 250 keyctl
165 mount 166 umount2 155 pivot_root 161 chroot 167 swapon 168 swapoff 169 reboot 170 sethostname
171 setdomainname 175 init_module 313 finit_module 176 delete_module 246 kexec_load
320 kexec_file_load 179 quotactl 163 acct 164 settimeofday 227 clock_settime 159 adjtimex
305 clock_adjtime 103 syslog 172 iopl 173 ioperm 304 open_by_handle_at 303 name_to_handle_at
300 fanotify_init 301 fanotify_mark 253 inotify_init 294 inotify_init1 254 inotify_add_watch
278 vmsplice 135 personality 154 modify_ldt 212 lookup_dcookie 134 uselib 153 vhangup
""",
)  # fmt: skip

_AARCH64 = _Calls(
    architecture=0xC00000B7,
    open=None, openat=56, clone=220, kill=129, tgkill=131,
    prctl=167, prlimit=261, fcntl=25, ioctl=29,
    never="""
198 socket 203 connect 202 accept 206 sendto 207 recvfrom 211 sendmsg 212 recvmsg 200 bind
201 listen 199 socketpair 242 accept4 243 recvmmsg 269 sendmmsg
221 execve 281 execveat 117 ptrace 130 tkill 138 rt_sigqueueinfo 240 rt_tgsigqueueinfo
270 process_vm_readv 271 process_vm_writev 272 kcmp
33 mknodat 34 mkdirat 35 unlinkat 38 renameat 276 renameat2 37 linkat 36 symlinkat 45 truncate
47 fallocate 52 fchmod 53 fchmodat 55 fchown 54 fchownat 88 utimensat
5 setxattr 6 lsetxattr 7 fsetxattr 14 removexattr 15 lremovexattr 16 fremovexattr
157 setsid 154 setpgid 146 setuid 144 setgid 145 setreuid 143 setregid 147 setresuid
149 setresgid 151 setfsuid 152 setfsgid 159 setgroups 91 capset 277 seccomp 97 unshare 268 setns
140 setpriority 119 sched_setscheduler 274 sched_setattr 118 sched_setparam 122 sched_setaffinity
30 ioprio_set
194 shmget 196 shmat 195 shmctl 197 shmdt 190 semget 193 semop 191 semctl 192 semtimedop 186 msgget
189 msgsnd 188 msgrcv 187 msgctl 180 mq_open 181 mq_unlink
280 bpf 241 perf_event_open 282 userfaultfd 217 add_key 218 request_key 219 keyctl
40 mount 39 umount2 41 pivot_root 51 chroot 224 swapon 225 swapoff 142 reboot 161 sethostname
162 setdomainname 105 init_module 273 finit_module 106 delete_module 104 kexec_load
294 kexec_file_load 60 quotactl 89 acct 170 settimeofday 112 clock_settime 171 adjtimex
266 clock_adjtime 116 syslog 265 open_by_handle_at 264 name_to_handle_at
262 fanotify_init 263 fanotify_mark 26 inotify_init1 27 inotify_add_watch
75 vmsplice 92 personality 18 lookup_dcookie 58 vhangup
""",
)  # fmt: skip

_KNOWN = {"x86_64": _X86_64, "aarch64": _AARCH64}


def restrict() -> None:
    """Refuse the calls of this module from here on, in all threads of this process.

    Needs no_new_privs or root. Raises OSError where the kernel has no filters or does not let us.
    """
    machine = os.uname().machine
    if machine not in _KNOWN or struct.calcsize("P") != struct.calcsize("Q"):
        raise OSError(errno.ENOSYS, os.strerror(errno.ENOSYS))
    install(_program(_KNOWN[machine], os.getpid()))


def install(program: bytes) -> None:
    """Put ``program`` before every system call of this process, for ever. Raises OSError."""
    code = ctypes.create_string_buffer(program, len(program))
    pointer = ctypes.create_string_buffer(
        struct.pack("=H6xQ", len(program) // 8, ctypes.addressof(code)), 16
    )
    number = _numbers(_KNOWN[os.uname().machine].never)["seccomp"]
    try:
        call(number, _SET_FILTER, _ALL_THREADS, pointer)
    except OSError:  # an older kernel, or a container that lets only the older way through
        prctl(_SET_SECCOMP, _FILTER_MODE, pointer)


def _numbers(listed: str) -> dict[str, int]:
    words = listed.split()
    return {name: int(number) for number, name in zip(words[::2], words[1::2], strict=True)}


def _step(code: int, value: int, if_true: int = 0, if_false: int = 0) -> bytes:
    return struct.pack("=HBBI", code, if_true, if_false, value)


def _returning(value: int) -> bytes:
    return _step(_RETURN, value)


def _when(number: int, steps: bytes) -> bytes:
    """Do ``steps``, which end the filter, for the call ``number``."""
    return _step(_EQUAL, number, 0, len(steps) // 8) + steps


def _argument(position: int) -> bytes:
    """Load the lower half of an argument (both architectures are little-endian)."""
    return _step(_LOAD, _ARGUMENTS_AT + 8 * position)


def _if_one_of(position: int, values: tuple[int, ...], then: int, otherwise: int) -> bytes:
    tests = b"".join(_step(_EQUAL, value, 0, 1) + _returning(then) for value in values)
    return _argument(position) + tests + _returning(otherwise)


def _if_any_bit(position: int, mask: int, then: int, otherwise: int) -> bytes:
    test = _step(_ANY_BIT, mask, 0, 1) + _returning(then)
    return _argument(position) + test + _returning(otherwise)


def _to_ourselves(own: int, signal_at: int) -> bytes:
    """Let signals through to our own process, but none that stops it."""
    others = _argument(0) + _step(_EQUAL, own, 1, 0) + _returning(_PERMISSION)
    return others + _if_one_of(signal_at, _STOPS, _PERMISSION, _ALLOW)


def _program(calls: _Calls, own: int) -> bytes:
    head = _step(_LOAD, _ARCHITECTURE_AT) + _step(_EQUAL, calls.architecture, 1, 0)
    head += _returning(_PERMISSION) + _step(_LOAD, _NUMBER_AT)
    head += _step(_AT_LEAST, _X32, 0, 1) + _returning(_PERMISSION)
    head += _step(_AT_LEAST, _NEWER, 0, 1) + _returning(_ABSENT)
    looked_at = {
        calls.openat: _if_any_bit(2, _OPENS_TO_WRITE, _PERMISSION, _ALLOW),
        calls.clone: _if_any_bit(0, _THREAD, _ALLOW, _PERMISSION),
        calls.kill: _to_ourselves(own, 1),
        calls.tgkill: _to_ourselves(own, 2),
        calls.prctl: _if_one_of(0, _HARMLESS_OPTIONS, _ALLOW, _PERMISSION),
        calls.prlimit: _if_one_of(0, (0, own), _ALLOW, _PERMISSION),
        calls.fcntl: _if_one_of(1, _SIGNAL_OWNERS, _PERMISSION, _ALLOW),
        calls.ioctl: _if_one_of(1, _TERMINAL_INPUT, _PERMISSION, _ALLOW),
        _OPENAT2: _returning(_ABSENT),
        _CLONE3: _returning(_ABSENT),
    }
    if calls.open is not None:
        looked_at[calls.open] = _if_any_bit(1, _OPENS_TO_WRITE, _PERMISSION, _ALLOW)
    never = sorted((_numbers(calls.never) | _numbers(_COMMON_NEVER)).values())
    refused = [_when(number, _returning(_PERMISSION)) for number in never]
    return head + b"".join(
        [
            *(_when(number, steps) for number, steps in looked_at.items()),
            *refused,
            _returning(_ALLOW),
        ]
    )
