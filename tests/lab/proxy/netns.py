# SPDX-License-Identifier: GPL-3.0-or-later
"""Network namespaces, entered by single threads: a socket stays where it was made."""
import ctypes
import os
import subprocess
import threading

CLONE_NEWNET = 0x40000000
LIBC = ctypes.CDLL(None, use_errno=True)


def run(argv, text_in=None, check=True):
    done = subprocess.run(argv, input=text_in, capture_output=True, text=True, check=False)
    if check and done.returncode != 0:
        raise RuntimeError(f"{' '.join(argv)}: {done.stderr.strip() or done.stdout.strip()}")
    return done


def enter(name):
    """Put the calling thread into a namespace for good: only for threads made for it."""
    assert threading.current_thread() is not threading.main_thread()
    fd = os.open(f"/run/netns/{name}", os.O_RDONLY | os.O_CLOEXEC)
    try:
        if LIBC.setns(fd, CLONE_NEWNET) != 0:
            raise OSError(ctypes.get_errno(), f"setns {name}")
    finally:
        os.close(fd)


def inside(name, call):
    """call() in a thread of that namespace; returns what it returns."""
    result = []

    def body():
        try:
            enter(name)
            result.append((call(), None))
        except BaseException as error:  # pylint: disable=broad-except
            result.append((None, error))

    thread = threading.Thread(target=body)
    thread.start()
    thread.join()
    value, error = result[0]
    if error is not None:
        raise error
    return value


def command(name, argv):
    return ["nsenter", f"--net=/run/netns/{name}", "--"] + [str(a) for a in argv]


def batch(name, lines):
    run(["ip", "-netns", name, "-batch", "-"], text_in="\n".join(lines) + "\n")


def sysctl(name, values):
    script = "".join(f"[ ! -e /proc/sys/{k.replace('.', '/')} ] || "
                     f"echo {v} >/proc/sys/{k.replace('.', '/')}\n" for k, v in values.items())
    run(command(name, ["sh", "-ec", script]))
