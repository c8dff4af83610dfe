"""Names -> numbers of the system calls that a cell may make, for x86-64 and aarch64.

The order matters a little: the filter compares from the top. Numbers from
``asm/unistd_64.h`` and ``asm-generic/unistd.h`` of Linux; a call that an architecture does not have
is simply absent from its table.
"""

from __future__ import annotations

# Every argument is harmless: own memory, own descriptors, own signals and timers, clocks.
FREE = (
    "read write close futex mmap munmap mprotect brk madvise mremap lseek pread64 readv writev "
    "fstat rt_sigaction rt_sigprocmask rt_sigreturn rt_sigtimedwait rt_sigpending rt_sigsuspend "
    "sigaltstack pause restart_syscall getpid gettid getppid getuid geteuid getgid getegid getpgrp "
    "getgroups getresuid getresgid sched_yield getcpu clock_gettime clock_getres clock_nanosleep "
    "nanosleep gettimeofday time times getrusage getrlimit getrandom set_robust_list rseq "
    "set_tid_address membarrier exit exit_group poll ppoll select pselect6 epoll_create "
    "epoll_create1 epoll_ctl epoll_wait epoll_pwait eventfd2 pipe pipe2 dup dup2 dup3 uname "
    "sysinfo getcwd alarm setitimer getitimer shutdown getsockopt getsockname"
).split()

# Free as well where Landlock decides what a path may be; refused where it does not ("sealed").
PATHS = "newfstatat stat lstat access faccessat getdents64 getdents".split()

# Refused everywhere: Landlock does not cover them, and Python does without.
LINKS = "readlink readlinkat".split()

# Refused as if the kernel did not know them: libc then takes an older call that can be checked.
ABSENT = "clone3 openat2 statx faccessat2".split()

_X86_64 = """
read 0 write 1 open 2 close 3 stat 4 fstat 5 lstat 6 poll 7 lseek 8 mmap 9 mprotect 10 munmap 11
brk 12 rt_sigaction 13 rt_sigprocmask 14 rt_sigreturn 15 ioctl 16 pread64 17 readv 19 writev 20
access 21 pipe 22 select 23 sched_yield 24 mremap 25 madvise 28 dup 32 dup2 33 pause 34 nanosleep 35
getitimer 36 alarm 37 setitimer 38 getpid 39 sendto 44 recvfrom 45 shutdown 48 getsockname 51
socketpair 53 getsockopt 55 clone 56 exit 60 kill 62 uname 63 fcntl 72 getdents 78 getcwd 79
readlink 89 gettimeofday 96 getrlimit 97 getrusage 98 sysinfo 99 times 100 getuid 102 getgid 104
geteuid 107 getegid 108 getppid 110 getpgrp 111 getgroups 115 getresuid 118 getresgid 120
rt_sigpending 127 rt_sigtimedwait 128 rt_sigsuspend 130 sigaltstack 131 prctl 157 gettid 186
time 201 futex 202 sched_getaffinity 204 epoll_create 213 getdents64 217 set_tid_address 218
restart_syscall 219 clock_gettime 228 clock_getres 229 clock_nanosleep 230 exit_group 231
epoll_wait 232 epoll_ctl 233 tgkill 234 openat 257 newfstatat 262 readlinkat 267 faccessat 269
pselect6 270 ppoll 271 set_robust_list 273 epoll_pwait 281 eventfd2 290 epoll_create1 291 dup3 292
pipe2 293 prlimit64 302 getcpu 309 getrandom 318 membarrier 324 statx 332 rseq 334 clone3 435
openat2 437 faccessat2 439
"""
_AARCH64 = """
getcwd 17 eventfd2 19 epoll_create1 20 epoll_ctl 21 epoll_pwait 22 dup 23 dup3 24 fcntl 25 ioctl 29
faccessat 48 openat 56 close 57 pipe2 59 getdents64 61 lseek 62 read 63 write 64 readv 65 writev 66
pread64 67 pselect6 72 ppoll 73 readlinkat 78 newfstatat 79 fstat 80 exit 93 exit_group 94
set_tid_address 96 futex 98 set_robust_list 99 nanosleep 101 getitimer 102 setitimer 103
clock_gettime 113 clock_getres 114 clock_nanosleep 115 sched_getaffinity 123 sched_yield 124
restart_syscall 128 kill 129 tgkill 131 sigaltstack 132 rt_sigsuspend 133 rt_sigaction 134
rt_sigprocmask 135 rt_sigpending 136 rt_sigtimedwait 137 rt_sigreturn 139 getresuid 148
getresgid 150 times 153 getgroups 158 uname 160 getrlimit 163 getrusage 165 prctl 167 getcpu 168
gettimeofday 169 getpid 172 getppid 173 getuid 174 geteuid 175 getgid 176 getegid 177 gettid 178
sysinfo 179 socketpair 199 getsockname 204 sendto 206 recvfrom 207 getsockopt 209 shutdown 210
brk 214 munmap 215 mremap 216 clone 220 mmap 222 mprotect 226 madvise 233 prlimit64 261
getrandom 278 membarrier 283 statx 291 rseq 293 clone3 435 openat2 437 faccessat2 439
"""


def _table(text: str) -> dict[str, int]:
    words = text.split()
    return {name: int(number) for name, number in zip(words[::2], words[1::2], strict=True)}


# Machine -> (AUDIT_ARCH of linux/audit.h, table).
ARCHITECTURES = {
    "x86_64": (0xC000003E, _table(_X86_64)),
    "aarch64": (0xC00000B7, _table(_AARCH64)),
}
