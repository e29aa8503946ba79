# SPDX-License-Identifier: GPL-3.0-or-later
"""One lab: where its things lie, how it is brought up, asked and torn down."""
import json
import math
import os
import pathlib
import re
import secrets
import shutil
import signal
import socket
import subprocess
import time

from . import sites as site
from . import supervisor
from . import topology as topo

DAEMONS = {  # account and capabilities, as docs/decisions/0001 has them
    "recordd": ("sekisho-record", ()),
    "gated": ("sekisho-gate", ("net_admin", "bpf")),
    "proxyd": ("sekisho-proxy", ()),
    "sensord": ("sekisho-sensor", ("net_raw",)),
    "mgmtd": ("sekisho-mgmt", ()),
}
POLICY = pathlib.Path(__file__).with_name("policy.yaml")
USERS = (("admin", "管理 一郎", "admin"), ("manager", "承認 花子", "manager"))
ENTRIES = ((site.ALLOWED, "業務で使う / needed at work"), (site.WWW, "県の案内 / the prefecture"),
           (site.WILDCARD, "画像の配信 / images"), (site.VENDOR, "保守業者 / maintenance"),
           (site.PRIVATE, "検査用: 内部を指す名前 / check: a name that leads inwards"))
DEVICES = ((topo.CORE, "core0", "給付係 / benefits"), (topo.OFFICE, "office0", "庶務係 / office"))
SLOW = float(os.environ.get("SEKISHO_LAB_SLOW", "1"))  # so many times slower is this machine
LATE = 3 * SLOW  # seconds that a busy machine may lose anywhere; benches judge the goals
SANITIZER = re.compile(r"AddressSanitizer|LeakSanitizer|runtime error:|UndefinedBehavior")


class LabError(Exception):
    pass


def wait_for(condition, seconds, step=0.05):
    """Wait until condition() is true; returns its last value."""
    until = time.monotonic() + seconds * SLOW
    while True:
        value = condition()
        if value or time.monotonic() >= until:
            return value
        time.sleep(step)


class Lab:
    def __init__(self, root, prefix):
        self.root = pathlib.Path(root)
        self.prefix = prefix
        self.dir = self.root / "lab"
        self.bin = self.dir / "bin"
        self.net = topo.Topology(prefix)
        self.sites = site.Sites(root, self.net)
        self.accounts = []  # (login, role, initial password)
        self.started_at = time.time()

    # --- up and down ---

    def is_up(self):
        return self.net.exists() or (self.dir / "made").exists()

    def up(self, bin_dir, port=0, replace=None, web=None):
        """Machines, links and sites; the gateway's daemons do not run yet.

        web: the built user interface.
        replace: other programs in place of some daemons, by name (tests only).
        """
        if self.is_up():
            raise LabError(f"the lab '{self.prefix}' is up already ({self.root})")
        self.root.mkdir(parents=True, exist_ok=True)
        self.root.chmod(0o755)
        (self.dir / "log").mkdir(parents=True)
        (self.dir / "made").touch()
        self._programs(pathlib.Path(bin_dir), replace or {})
        if web is not None and web.is_dir():
            shutil.copytree(web, self.root / "usr/share/sekisho/web")
        topo.run([str(topo.REPO / "image/setup-accounts"), str(self.root)])
        self.sites.prepare()
        self.net.up()
        self._supervise(port)
        names = [name for name, _, _ in self.sites.services()]
        supervisor.ask(self.dir, "start", *names)
        self._wait_sites()

    def _programs(self, bin_dir, replace):
        """A copy that the daemons' accounts can reach, wherever the checkout lies."""
        self.bin.mkdir()
        for name in [f"sekisho-{d}" for d in DAEMONS] + ["sekisho"]:
            source = pathlib.Path(replace.get(name, bin_dir / name))
            if not source.exists():
                raise LabError(f"{source} is not there: build first")
            shutil.copy(source, self.bin / name)

    def _supervise(self, port):
        listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind(("127.0.0.1", port))
        except OSError as error:
            raise LabError(f"127.0.0.1:{port}: {error.strerror}") from error
        listener.listen(64)
        (self.dir / "port").write_text(str(listener.getsockname()[1]), encoding="utf-8")
        pid = os.fork()
        if pid == 0:
            status = 1
            try:
                os.setsid()
                if os.fork() != 0:
                    os._exit(0)
                log = os.open(self.dir / "log/supervisor.log",
                              os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
                null = os.open("/dev/null", os.O_RDONLY)
                for source, target in ((null, 0), (log, 1), (log, 2)):
                    os.dup2(source, target)
                supervisor.Supervisor(self.dir, self._services(listener.fileno()),
                                      self._environment()).run()
                status = 0
            except Exception as error:  # pylint: disable=broad-except
                os.write(2, f"{type(error).__name__}: {error}\n".encode())
            finally:
                os._exit(status)
        listener.close()
        os.waitpid(pid, 0)
        if not wait_for((self.dir / "control").exists, 10):
            raise LabError(f"the supervisor did not start: {self.log('supervisor')}")

    def _services(self, https_fd):
        gw = self.net.enter(topo.GW)
        result = [supervisor.Service(name, self.net.enter(ns), argv)
                  for name, ns, argv in self.sites.services()]
        for name, (account, caps) in DAEMONS.items():
            argv = [str(self.bin / f"sekisho-{name}"), "--root", str(self.root)]
            if name == "mgmtd":
                argv += ["--web", str(self.root / "usr/share/sekisho/web")]
            sockets = {"https": https_fd} if name == "mgmtd" else {}
            result.append(supervisor.Service(name, gw, argv, account, caps, sockets, True))
        return result

    def _environment(self):
        # the daemons forbid tracing, which the leak checker needs; unit tests look for leaks
        return {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LANG": "C.UTF-8",
                "ASAN_OPTIONS": "detect_leaks=0:abort_on_error=0:exitcode=99",
                "UBSAN_OPTIONS": "print_stacktrace=1:halt_on_error=1"}

    def _wait_sites(self):
        probes = [(topo.INTERNET, a, p) for a in (topo.WAN4 + "11", topo.WAN6 + "11")
                  for p in (80, 443)]
        probes += [(topo.INTERNET, topo.DNS4, 53), (topo.INTERNET, topo.WAN4 + "10", site.ECHO_TCP[-1]),
                   (topo.CLAIMS, topo.ADDRESS[topo.CLAIMS][0], 443),
                   (topo.CORE, topo.ADDRESS[topo.CORE][0], 80)]
        for ns, address, port in probes:
            if not wait_for(lambda a=(ns, address, port): self.tcp(*a), 10):
                raise LabError(f"{ns}: nothing answers on {address} port {port}\n{self.logs()}")

    def start_daemons(self):
        supervisor.ask(self.dir, "start", *DAEMONS)
        self.wait_ready(*DAEMONS)

    def wait_ready(self, *names, seconds=30):
        def ready():
            state = self.state()
            return all(state[n]["ready"] for n in names)

        if not wait_for(ready, seconds):
            state = self.state()
            late = [n for n in names if not state[n]["ready"]]
            raise LabError("not ready: " + "\n".join(
                f"{n} ({state[n]['last_exit'] or 'running'}): {self.log(n)}" for n in late))

    def provision(self):
        """What an administrator does on the first day."""
        self.cli("policy", "apply", str(POLICY), "--reason", "最初の設定 / first set-up")
        for login, name, role in USERS:
            answer = json.loads(self.cli("--json", "user", "add", login, "--name", name,
                                         "--role", role).stdout)
            self.accounts.append((login, role, answer["initial_password"]))
        for host, reason in ENTRIES:
            self.cli("allow", "add", host, "--reason", reason)
        for machine, interface, owner in DEVICES:
            self.cli("device", "approve", topo.MAC[machine], "--kind", "business", "--owner",
                     owner, "--reason", "業務用端末 / business PC", "--interface", interface)

    def down(self):
        supervisor.end(self.dir)
        self.net.down()
        if (self.dir / "made").exists():  # never somebody else's folder
            shutil.rmtree(self.root, ignore_errors=True)

    # --- asking ---

    @property
    def port(self):
        return int((self.dir / "port").read_text(encoding="utf-8"))

    def state(self):
        return supervisor.ask(self.dir, "state")

    def kill(self, name, hold=False):
        """kill -9; with hold it stays dead until release()."""
        before = self.state()[name]["pid"]
        supervisor.ask(self.dir, "kill", name, hold=hold)
        if not wait_for(lambda: self.state()[name]["pid"] != before, 5, 0.01):
            raise LabError(f"{name} (pid {before}) does not die")

    def restart(self, name):
        """As "systemctl restart": SIGTERM, and started again."""
        before = self.state()[name]["pid"]
        supervisor.ask(self.dir, "kill", name, signal=signal.SIGTERM)
        if not wait_for(lambda: self.state()[name]["pid"] not in (0, before), 10, 0.01):
            raise LabError(f"{name} (pid {before}) does not come back")
        self.wait_ready(name)

    def release(self, name):
        supervisor.ask(self.dir, "start", name)
        self.wait_ready(name)

    def log(self, name):
        try:
            text = (self.dir / f"log/{name}.log").read_text(encoding="utf-8", errors="replace")
        except OSError:
            return "(no log)"
        return text[-3000:]

    def logs(self):
        return "\n".join(f"--- {n}\n{self.log(n)}" for n in ("supervisor", *DAEMONS))

    def sanitizer_reports(self):
        return [f.name for f in sorted((self.dir / "log").glob("*.log"))
                if SANITIZER.search(f.read_text(encoding="utf-8", errors="replace"))]

    def cli(self, *words, check=True, seconds=60):
        done = subprocess.run([str(self.bin / "sekisho"), "--root", str(self.root), *words],
                              capture_output=True, text=True, check=False, timeout=seconds * SLOW,
                              env={**os.environ, **self._environment()})
        if check and done.returncode != 0:
            raise LabError(f"sekisho {' '.join(words)}: exit {done.returncode}: "
                           f"{done.stderr.strip()}{done.stdout.strip()}")
        return done

    def on(self, machine, *argv, seconds=20, text_in=None):
        """Run a command on a machine of the lab."""
        try:
            return subprocess.run(self.net.enter(machine) + list(argv), input=text_in, text=True,
                                  capture_output=True, check=False, timeout=seconds * SLOW,
                                  errors="replace")
        except subprocess.TimeoutExpired as error:
            return subprocess.CompletedProcess(argv, 124, "", f"no end after {error.timeout} s")

    def start_on(self, machine, *argv, **more):
        return subprocess.Popen(self.net.enter(machine) + list(argv), **more)

    def tcp(self, machine, address, port, seconds=1):
        return self.on(machine, "nc", "-z", "-w", str(math.ceil(seconds)), address,
                       str(port)).returncode == 0

    def udp(self, machine, address, port=site.ECHO_UDP[-1], seconds=1):
        word = f"probe-{machine}-{secrets.token_hex(4)}"
        done = self.on(machine, "nc", "-u", "-w", str(math.ceil(seconds)), address, str(port),
                       text_in=word)
        return word in done.stdout

    def ping(self, machine, address, seconds=1):
        return self.on(machine, "ping", "-n", "-c", "1", "-W", str(seconds),
                       address).returncode == 0

    def curl(self, machine, url, *more, proxy=None, seconds=4):
        """Returns (HTTP status or 0, exit status, body). With a proxy, its CONNECT status counts."""
        argv = ["curl", "-sS", "--cacert", str(self.sites.ca), "-m", str(seconds * SLOW),
                "-w", "\n%{http_connect} %{http_code}", "--noproxy", "" if proxy else "*"]
        if proxy:
            argv += ["-x", proxy]
        done = self.on(machine, *argv, *more, url, seconds=seconds + 5)
        body, _, codes = done.stdout.rpartition("\n")
        connect, _, code = codes.partition(" ")
        status = int(code or 0) if code.isdigit() else 0
        if status == 0 and connect.isdigit():
            status = int(connect)
        return status, done.returncode, body

    def curl_host(self, url, *more, seconds=5):
        """From the machine the lab runs on, where only the management UI listens."""
        done = subprocess.run(["curl", "-sk", "-m", str(seconds * SLOW), "--noproxy", "*", "-w",
                               "\n%{http_code}", *more, url],
                              capture_output=True, text=True, check=False)
        body, _, code = done.stdout.rpartition("\n")
        return int(code or 0), done.returncode, body

    def records(self, *words, limit=10000):
        done = self.cli("--json", "record", "search", "--limit", str(limit), *words)
        answer = json.loads(done.stdout)
        return answer["records"] if isinstance(answer, dict) else answer


def proxy_url(version=4):
    host = topo.PROXY4 if version == 4 else f"[{topo.PROXY6}]"
    return f"http://{host}:{topo.PROXY_PORT}"
