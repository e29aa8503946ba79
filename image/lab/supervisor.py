# SPDX-License-Identifier: GPL-3.0-or-later
"""Starts the lab's programs, each as its account, and starts them again when they die.

One process, one thread. It is asked over a unix socket (one JSON line each way), so that a
test can stop, kill and hold single programs. What systemd's units do on a real gateway.
"""
import dataclasses
import fcntl
import json
import os
import pathlib
import select
import selectors
import signal
import socket
import struct
import time

STORED_MAX = 8200  # FileDescriptorStoreMax of the unit
RESTART_FIRST, RESTART_MAX, STABLE_AFTER = 0.1, 5.0, 5.0
STOP_WAIT = 5.0


@dataclasses.dataclass
class Service:
    name: str
    enter: list  # words that put the command into its namespace
    argv: list
    account: str = ""  # "" is root
    caps: tuple = ()
    sockets: dict = dataclasses.field(default_factory=dict)  # fd name -> descriptor
    notify: bool = False
    stored: list = dataclasses.field(default_factory=list)  # (name, fd) it asked us to keep
    pid: int = 0
    started: float = 0.0
    ready: bool = False
    wanted: bool = False
    held: bool = False
    restart_at: float = 0.0
    failures: int = 0
    starts: int = 0
    last_exit: str = ""

    def command(self):
        if not self.account:
            return self.enter + self.argv
        caps = ",".join(["-all"] + [f"+{c}" for c in self.caps])
        return self.enter + [
            "setpriv", f"--reuid={self.account}", f"--regid={self.account}", "--init-groups",
            f"--inh-caps={caps}", f"--ambient-caps={caps}", f"--bounding-set={caps}",
            "--no-new-privs", "--"] + self.argv


def start_time(pid):
    """When the process began, in the kernel's ticks: tells a reused pid from ours."""
    try:
        with open(f"/proc/{pid}/stat", encoding="utf-8", errors="replace") as stat:
            return int(stat.read().rpartition(")")[2].split()[19])
    except (OSError, IndexError, ValueError):
        return 0


class Supervisor:
    def __init__(self, directory, services, env):
        self.dir = pathlib.Path(directory)
        self.services = {s.name: s for s in services}
        self.env = env
        self.stopping = False
        self.sel = selectors.DefaultSelector()
        self.notify = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.notify.setsockopt(socket.SOL_SOCKET, socket.SO_PASSCRED, 1)
        self.notify.bind(str(self.dir / "notify"))
        os.chmod(self.dir / "notify", 0o666)  # the daemons' accounts say READY=1 here
        self.control = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.control.bind(str(self.dir / "control.new"))
        self.control.listen(16)
        self.wake_r, self.wake_w = os.pipe()
        os.set_blocking(self.wake_r, False)
        os.set_blocking(self.wake_w, False)
        for source in (self.notify, self.control, self.wake_r):
            self.sel.register(source, selectors.EVENT_READ)
        signal.set_wakeup_fd(self.wake_w)
        for number in (signal.SIGCHLD, signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._on_signal)
        os.rename(self.dir / "control.new", self.dir / "control")

    def _on_signal(self, number, _frame):
        if number != signal.SIGCHLD:
            self.stopping = True

    def run(self):
        self._save()
        while not self.stopping:
            now = time.monotonic()
            due = [s.restart_at for s in self.services.values() if s.restart_at]
            wait = max(0.0, min(due) - now) if due else 1.0
            for key, _ in self.sel.select(wait):
                if key.fileobj is self.control:
                    self._serve()
                elif key.fileobj is self.notify:
                    self._notified()
                else:
                    os.read(self.wake_r, 4096)
            self._reap()
            for service in self.services.values():
                if service.restart_at and service.restart_at <= time.monotonic():
                    self._spawn(service)
        self._stop_all()

    # --- processes ---

    def _spawn(self, s):
        s.restart_at, s.ready, s.started = 0.0, not s.notify, time.monotonic()
        s.starts += 1
        log = os.open(self.dir / "log" / f"{s.name}.log",
                      os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
        pid = os.fork()
        if pid == 0:
            self._child(s, log)
        os.close(log)
        s.pid = pid
        self._save()

    def _child(self, s, log):
        try:
            os.setsid()
            signal.set_wakeup_fd(-1)
            for number in (signal.SIGCHLD, signal.SIGTERM, signal.SIGINT):
                signal.signal(number, signal.SIG_DFL)
            null = os.open("/dev/null", os.O_RDONLY)
            os.dup2(null, 0)
            os.dup2(log, 1)
            os.dup2(log, 2)
            env = dict(self.env)
            if s.notify:
                env["NOTIFY_SOCKET"] = str(self.dir / "notify")
            sockets = list(s.sockets.items()) + s.stored
            if sockets:
                # above the numbers they are to get, so that none is overwritten
                high = [fcntl.fcntl(fd, fcntl.F_DUPFD_CLOEXEC, len(sockets) + 100)
                        for _, fd in sockets]
                for number, fd in enumerate(high, 3):
                    os.dup2(fd, number)
                env.update(LISTEN_FDS=str(len(high)), LISTEN_PID=str(os.getpid()),
                           LISTEN_FDNAMES=":".join(name for name, _ in sockets))
            command = s.command()
            os.execvpe(command[0], command, env)
        except OSError as error:
            os.write(2, f"cannot start {s.name}: {error}\n".encode())
        os._exit(127)

    def _reap(self):
        while True:
            try:
                pid, status = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                return
            if pid == 0:
                return
            for s in self.services.values():
                if s.pid == pid:
                    self._ended(s, status)

    def _ended(self, s, status):
        code = os.waitstatus_to_exitcode(status)
        s.last_exit = f"signal {-code}" if code < 0 else f"status {code}"
        if time.monotonic() - s.started > STABLE_AFTER:
            s.failures = 0
        s.pid, s.ready = 0, False
        if s.wanted and not s.held and not self.stopping:
            s.restart_at = time.monotonic() + min(RESTART_FIRST * 2 ** s.failures, RESTART_MAX)
            s.failures += 1
        self._save()

    def _signal(self, s, number, group=False):
        if s.pid:
            try:
                (os.killpg if group else os.kill)(s.pid, number)
            except ProcessLookupError:
                pass

    def _stop_all(self):
        for s in self.services.values():
            s.wanted = False
            self._signal(s, signal.SIGTERM)
        end = time.monotonic() + STOP_WAIT
        while any(s.pid for s in self.services.values()) and time.monotonic() < end:
            self._reap()
            if select.select([self.notify], [], [], 0.02)[0]:
                self._notified()  # who ends may wait for an answer
        for s in self.services.values():
            self._signal(s, signal.SIGKILL, group=True)
        self._save()

    def _save(self):
        """The pids, for whoever has to tear down when this process is gone."""
        state = {"supervisor": [os.getpid(), start_time(os.getpid())],
                 "services": {s.name: [s.pid, start_time(s.pid)]
                              for s in self.services.values() if s.pid}}
        new = self.dir / "pids.new"
        new.write_text(json.dumps(state), encoding="utf-8")
        os.rename(new, self.dir / "pids")

    def _notified(self):
        data, ancillary, _, _ = self.notify.recvmsg(4096, 8192)
        lines = data.decode("utf-8", "replace").split("\n")
        fds, sender = [], None
        for level, kind, content in ancillary:
            if (level, kind) == (socket.SOL_SOCKET, socket.SCM_CREDENTIALS):
                pid = struct.unpack("3i", content[:12])[0]
                sender = next((s for s in self.services.values() if s.pid == pid), None)
            elif (level, kind) == (socket.SOL_SOCKET, socket.SCM_RIGHTS):
                fds += struct.unpack(f"{len(content) // 4}i", content[:len(content) // 4 * 4])
        for fd in fds:
            os.set_inheritable(fd, False)  # no other program is to hold them open
        if sender is not None and "READY=1" in lines:
            sender.ready = True
        name = next((l[7:] for l in lines if l.startswith("FDNAME=")), "stored")
        if sender is not None and "FDSTOREREMOVE=1" in lines:
            for _, fd in [x for x in sender.stored if x[0] == name]:
                os.close(fd)
            sender.stored = [x for x in sender.stored if x[0] != name]
        if sender is not None and "FDSTORE=1" in lines:
            fresh = [fd for fd in fds if not any(
                os.path.sameopenfile(fd, kept) for _, kept in sender.stored)]
            fresh = fresh[:STORED_MAX - len(sender.stored)]
            sender.stored += [(name, fd) for fd in fresh]
            fds = [fd for fd in fds if fd not in fresh]
        for fd in fds:  # no room, or BARRIER=1: closing it says that all before is done
            os.close(fd)

    # --- requests ---

    def _serve(self):
        conn, _ = self.control.accept()
        with conn:
            conn.settimeout(20)
            try:
                request = json.loads(conn.makefile("r", encoding="utf-8").readline())
                answer = self._handle(request)
            except (OSError, ValueError, KeyError) as error:
                answer = {"error": f"{type(error).__name__}: {error}"}
            try:
                conn.sendall((json.dumps(answer) + "\n").encode())
            except OSError:
                pass

    def _handle(self, request):
        verb = request["do"]
        if verb == "shutdown":
            self.stopping = True
        chosen = [self.services[name] for name in request.get("names", [])]
        for s in chosen:
            if verb == "start":
                s.wanted, s.held = True, False
                if not s.pid:
                    self._spawn(s)
            elif verb == "kill":  # hold: nobody starts it again before "start"
                s.held = request.get("hold", False)
                self._signal(s, request.get("signal", signal.SIGKILL))
            elif verb == "stop":
                s.wanted = False
                self._signal(s, signal.SIGTERM)
        return {s.name: {"pid": s.pid, "ready": s.ready, "starts": s.starts,
                         "last_exit": s.last_exit}
                for s in self.services.values()}


def ask(directory, verb, *names, **more):
    """Ask the supervisor in directory; returns the state of all services."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as conn:
        conn.settimeout(60)
        conn.connect(str(pathlib.Path(directory) / "control"))
        conn.sendall((json.dumps({"do": verb, "names": names, **more}) + "\n").encode())
        answer = json.loads(conn.makefile("r", encoding="utf-8").readline())
    if "error" in answer:
        raise RuntimeError(answer["error"])
    return answer


def end(directory):
    """End the supervisor and everything it started, also when it is dead itself."""
    directory = pathlib.Path(directory)
    try:
        pids = json.loads((directory / "pids").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return
    try:
        ask(directory, "shutdown")
    except (OSError, RuntimeError, ValueError):
        pass
    pid, began = pids["supervisor"]
    _wait_gone(pid, began, STOP_WAIT + 3)
    try:
        pids = json.loads((directory / "pids").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        pass
    for pid, began in [tuple(pids["supervisor"])] + [tuple(p) for p in pids["services"].values()]:
        if began and start_time(pid) == began:
            try:
                os.killpg(pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
            _wait_gone(pid, began, 3)


def _wait_gone(pid, began, seconds):
    until = time.monotonic() + seconds
    while start_time(pid) == began and began and time.monotonic() < until:
        if os.path.exists(f"/proc/{pid}/stat") and _is_zombie(pid):
            return
        time.sleep(0.02)


def _is_zombie(pid):
    try:
        with open(f"/proc/{pid}/stat", encoding="utf-8", errors="replace") as stat:
            return stat.read().rpartition(")")[2].split()[0] == "Z"
    except (OSError, IndexError):
        return True


