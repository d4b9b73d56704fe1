"""System calls of Linux: their numbers, and which of them a confined process may make.

Numbers: arch/x86/entry/syscalls/syscall_64.tbl and scripts/syscall.tbl of Linux 6.18; a test
compares them with the kernel's headers.
"""

from __future__ import annotations

ALLOWED_NAMES = frozenset(
    (
        "read write readv writev pread64 pwrite64 preadv pwritev preadv2 pwritev2 lseek close "
        "close_range dup dup2 dup3 pipe pipe2 eventfd2 sendfile fsync fdatasync poll ppoll "
        "select pselect6 epoll_create epoll_create1 epoll_ctl epoll_wait epoll_pwait stat fstat "
        "lstat newfstatat statx statfs fstatfs access faccessat faccessat2 readlink readlinkat "
        "getdents getdents64 getcwd chdir fchdir fadvise64 readahead umask mmap munmap mremap "
        "mprotect brk madvise msync mincore membarrier futex futex_waitv set_robust_list "
        "set_tid_address rseq arch_prctl sched_yield getcpu restart_syscall exit exit_group "
        "wait4 waitid rt_sigaction rt_sigprocmask rt_sigreturn rt_sigpending rt_sigtimedwait "
        "rt_sigsuspend sigaltstack pause time gettimeofday clock_gettime clock_getres "
        "clock_nanosleep nanosleep alarm getitimer setitimer times getpid gettid getppid getpgrp "
        "getpgid getsid getuid geteuid getgid getegid getresuid getresgid getgroups capget "
        "getrlimit getrusage getpriority sched_getparam sched_getscheduler "
        "sched_get_priority_max sched_get_priority_min sched_getaffinity uname sysinfo getrandom"
    ).split()
)
"""System calls that do not affect other processes and files: reading open files, memory, locks
between threads, time, and queries about files."""

SCRATCH_NAMES = frozenset(
    ("mkdir mkdirat rmdir unlink unlinkat rename renameat renameat2 ftruncate fallocate").split()
)
"""System calls that change names and sizes of files: allowed only if mounts confine them to the
folder for temporary files."""

REFUSED_NAMES = frozenset(
    (
        "socket socketpair connect accept accept4 bind listen sendto sendmsg recvfrom recvmsg "
        "fork vfork execve execveat ptrace process_vm_readv process_vm_writev unshare setns "
        "mount umount2 pivot_root chroot creat chmod fchmod fchmodat chown fchown lchown "
        "fchownat utime utimes futimesat utimensat setxattr lsetxattr fsetxattr removexattr "
        "lremovexattr fremovexattr truncate link linkat symlink symlinkat mknod mknodat "
        "sched_setaffinity sched_setscheduler setpriority setrlimit setpgid setsid setuid setgid "
        "setresuid setresgid flock inotify_init inotify_init1 rt_sigqueueinfo rt_tgsigqueueinfo"
    ).split()
)
"""System calls that fail with EPERM, as without permission.

Calls in none of these lists fail with ENOSYS, as on an older kernel."""

NUMBERS = {
    "x86_64": {
        "accept": 43, "accept4": 288, "access": 21, "alarm": 37, "arch_prctl": 158, "bind": 49,
        "brk": 12, "capget": 125, "chdir": 80, "chmod": 90, "chown": 92, "chroot": 161,
        "clock_getres": 229, "clock_gettime": 228, "clock_nanosleep": 230, "clone": 56, "close":
        3, "close_range": 436, "connect": 42, "creat": 85, "dup": 32, "dup2": 33, "dup3": 292,
        "epoll_create": 213, "epoll_create1": 291, "epoll_ctl": 233, "epoll_pwait": 281,
        "epoll_wait": 232, "eventfd2": 290, "execve": 59, "execveat": 322, "exit": 60,
        "exit_group": 231, "faccessat": 269, "faccessat2": 439, "fadvise64": 221, "fallocate":
        285, "fchdir": 81, "fchmod": 91, "fchmodat": 268, "fchown": 93, "fchownat": 260,
        "fcntl": 72, "fdatasync": 75, "flock": 73, "fork": 57, "fremovexattr": 199, "fsetxattr":
        190, "fstat": 5, "fstatfs": 138, "fsync": 74, "ftruncate": 77, "futex": 202,
        "futex_waitv": 449, "futimesat": 261, "getcpu": 309, "getcwd": 79, "getdents": 78,
        "getdents64": 217, "getegid": 108, "geteuid": 107, "getgid": 104, "getgroups": 115,
        "getitimer": 36, "getpgid": 121, "getpgrp": 111, "getpid": 39, "getppid": 110,
        "getpriority": 140, "getrandom": 318, "getresgid": 120, "getresuid": 118, "getrlimit":
        97, "getrusage": 98, "getsid": 124, "gettid": 186, "gettimeofday": 96, "getuid": 102,
        "inotify_init": 253, "inotify_init1": 294, "ioctl": 16, "kill": 62, "lchown": 94,
        "link": 86, "linkat": 265, "listen": 50, "lremovexattr": 198, "lseek": 8, "lsetxattr":
        189, "lstat": 6, "madvise": 28, "membarrier": 324, "mincore": 27, "mkdir": 83,
        "mkdirat": 258, "mknod": 133, "mknodat": 259, "mmap": 9, "mount": 165, "mprotect": 10,
        "mremap": 25, "msync": 26, "munmap": 11, "nanosleep": 35, "newfstatat": 262, "open": 2,
        "openat": 257, "pause": 34, "pipe": 22, "pipe2": 293, "pivot_root": 155, "poll": 7,
        "ppoll": 271, "prctl": 157, "pread64": 17, "preadv": 295, "preadv2": 327, "prlimit64":
        302, "process_vm_readv": 310, "process_vm_writev": 311, "pselect6": 270, "ptrace": 101,
        "pwrite64": 18, "pwritev": 296, "pwritev2": 328, "read": 0, "readahead": 187,
        "readlink": 89, "readlinkat": 267, "readv": 19, "recvfrom": 45, "recvmsg": 47,
        "removexattr": 197, "rename": 82, "renameat": 264, "renameat2": 316, "restart_syscall":
        219, "rmdir": 84, "rseq": 334, "rt_sigaction": 13, "rt_sigpending": 127,
        "rt_sigprocmask": 14, "rt_sigqueueinfo": 129, "rt_sigreturn": 15, "rt_sigsuspend": 130,
        "rt_sigtimedwait": 128, "rt_tgsigqueueinfo": 297, "sched_get_priority_max": 146,
        "sched_get_priority_min": 147, "sched_getaffinity": 204, "sched_getparam": 143,
        "sched_getscheduler": 145, "sched_setaffinity": 203, "sched_setscheduler": 144,
        "sched_yield": 24, "select": 23, "sendfile": 40, "sendmsg": 46, "sendto": 44,
        "set_robust_list": 273, "set_tid_address": 218, "setgid": 106, "setitimer": 38, "setns":
        308, "setpgid": 109, "setpriority": 141, "setresgid": 119, "setresuid": 117,
        "setrlimit": 160, "setsid": 112, "setuid": 105, "setxattr": 188, "sigaltstack": 131,
        "socket": 41, "socketpair": 53, "stat": 4, "statfs": 137, "statx": 332, "symlink": 88,
        "symlinkat": 266, "sysinfo": 99, "tgkill": 234, "time": 201, "times": 100, "tkill": 200,
        "truncate": 76, "umask": 95, "umount2": 166, "uname": 63, "unlink": 87, "unlinkat": 263,
        "unshare": 272, "utime": 132, "utimensat": 280, "utimes": 235, "vfork": 58, "wait4": 61,
        "waitid": 247, "write": 1, "writev": 20,
    },
    "aarch64": {
        "accept": 202, "accept4": 242, "bind": 200, "brk": 214, "capget": 90, "chdir": 49,
        "chroot": 51, "clock_getres": 114, "clock_gettime": 113, "clock_nanosleep": 115,
        "clone": 220, "close": 57, "close_range": 436, "connect": 203, "dup": 23, "dup3": 24,
        "epoll_create1": 20, "epoll_ctl": 21, "epoll_pwait": 22, "eventfd2": 19, "execve": 221,
        "execveat": 281, "exit": 93, "exit_group": 94, "faccessat": 48, "faccessat2": 439,
        "fadvise64": 223, "fallocate": 47, "fchdir": 50, "fchmod": 52, "fchmodat": 53, "fchown":
        55, "fchownat": 54, "fcntl": 25, "fdatasync": 83, "flock": 32, "fremovexattr": 16,
        "fsetxattr": 7, "fstat": 80, "fstatfs": 44, "fsync": 82, "ftruncate": 46, "futex": 98,
        "futex_waitv": 449, "getcpu": 168, "getcwd": 17, "getdents64": 61, "getegid": 177,
        "geteuid": 175, "getgid": 176, "getgroups": 158, "getitimer": 102, "getpgid": 155,
        "getpid": 172, "getppid": 173, "getpriority": 141, "getrandom": 278, "getresgid": 150,
        "getresuid": 148, "getrlimit": 163, "getrusage": 165, "getsid": 156, "gettid": 178,
        "gettimeofday": 169, "getuid": 174, "inotify_init1": 26, "ioctl": 29, "kill": 129,
        "linkat": 37, "listen": 201, "lremovexattr": 15, "lseek": 62, "lsetxattr": 6, "madvise":
        233, "membarrier": 283, "mincore": 232, "mkdirat": 34, "mknodat": 33, "mmap": 222,
        "mount": 40, "mprotect": 226, "mremap": 216, "msync": 227, "munmap": 215, "nanosleep":
        101, "newfstatat": 79, "openat": 56, "pipe2": 59, "pivot_root": 41, "ppoll": 73,
        "prctl": 167, "pread64": 67, "preadv": 69, "preadv2": 286, "prlimit64": 261,
        "process_vm_readv": 270, "process_vm_writev": 271, "pselect6": 72, "ptrace": 117,
        "pwrite64": 68, "pwritev": 70, "pwritev2": 287, "read": 63, "readahead": 213,
        "readlinkat": 78, "readv": 65, "recvfrom": 207, "recvmsg": 212, "removexattr": 14,
        "renameat": 38, "renameat2": 276, "restart_syscall": 128, "rseq": 293, "rt_sigaction":
        134, "rt_sigpending": 136, "rt_sigprocmask": 135, "rt_sigqueueinfo": 138,
        "rt_sigreturn": 139, "rt_sigsuspend": 133, "rt_sigtimedwait": 137, "rt_tgsigqueueinfo":
        240, "sched_get_priority_max": 125, "sched_get_priority_min": 126, "sched_getaffinity":
        123, "sched_getparam": 121, "sched_getscheduler": 120, "sched_setaffinity": 122,
        "sched_setscheduler": 119, "sched_yield": 124, "sendfile": 71, "sendmsg": 211, "sendto":
        206, "set_robust_list": 99, "set_tid_address": 96, "setgid": 144, "setitimer": 103,
        "setns": 268, "setpgid": 154, "setpriority": 140, "setresgid": 149, "setresuid": 147,
        "setrlimit": 164, "setsid": 157, "setuid": 146, "setxattr": 5, "sigaltstack": 132,
        "socket": 198, "socketpair": 199, "statfs": 43, "statx": 291, "symlinkat": 36,
        "sysinfo": 179, "tgkill": 131, "times": 153, "tkill": 130, "truncate": 45, "umask": 166,
        "umount2": 39, "uname": 160, "unlinkat": 35, "unshare": 97, "utimensat": 88, "wait4":
        260, "waitid": 95, "write": 64, "writev": 66,
    },
}  # fmt: skip
"""Numbers by architecture (as in uname) and name; aarch64 lacks calls that have a newer version."""
