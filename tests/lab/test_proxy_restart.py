# SPDX-License-Identifier: GPL-3.0-or-later
"""proxyd is started again under open tunnels.

A supervisor plays systemd's descriptor store; where systemd runs, the real one is asked, too.
"""
import hashlib
import os
import re
import shlex
import signal
import socket
import subprocess
import time

import pytest

from lab import supervisor
from lab.lab import wait_for
from proxy import netns, origin
from proxy.names import at
from proxy.stand import POLICY, REPO, Stand

BULK, ECHO, SOCKET = "bulk.example.jp", "echo.example.jp", "ws.example.jp"
ADDRESS = {BULK: "45.113.16.7", ECHO: "45.113.16.8", SOCKET: "45.113.16.9"}
BYTES = b"".join(hashlib.sha512(b"%d" % i).digest() for i in range(160_000))  # 10 MB
LISTED = [f"{BULK} 443 tls=any", f"{ECHO} 443 tls=any", f"{SOCKET} 80 path=/socket"]
SWITCHED = (b"HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\n"
            b"Upgrade: websocket\r\n\r\n")


class Supervised(Stand):
    """proxyd below a supervisor."""
    stored = ()

    def start_proxy(self):
        directory = self.root / "supervisor"
        (directory / "log").mkdir(parents=True)
        directory.chmod(0o755)
        service = supervisor.Service(
            "proxyd", netns.command(self.gw, []),
            [str(self.root / "sekisho-proxyd"), "--root", str(self.root)], "sekisho-proxy",
            notify=True, stored=list(self.stored))
        env = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LANG": "C.UTF-8",
               "ASAN_OPTIONS": "detect_leaks=0:abort_on_error=0:exitcode=99",
               "UBSAN_OPTIONS": "print_stacktrace=1:halt_on_error=1"}
        pid = os.fork()
        if pid == 0:
            try:
                os.setsid()
                supervisor.Supervisor(directory, [service], env).run()
            finally:
                os._exit(0)
        self.proxy, self.dir = pid, directory
        assert wait_for((directory / "control").exists, 20)
        supervisor.ask(directory, "start", "proxyd")
        assert wait_for(lambda: self.state()["ready"], 15), self.log()

    def state(self):
        return supervisor.ask(self.dir, "state")["proxyd"]

    def restart(self):
        before = self.state()["pid"]
        supervisor.ask(self.dir, "kill", "proxyd", signal=signal.SIGTERM)
        assert wait_for(lambda: self.state()["pid"] not in (0, before), 15, 0.01), self.log()
        assert wait_for(lambda: self.state()["ready"], 15), self.log()

    def stop_proxy(self):
        if self.proxy is not None:
            supervisor.end(self.dir)
            os.waitpid(self.proxy, 0)
        self.proxy = None

    def log(self):
        path = self.root / "supervisor/log/proxyd.log"
        return path.read_text(encoding="utf-8", errors="replace") if path.exists() else ""

    def closes(self):
        return {r["host"]: r for r in self.records() if r["kind"] == "proxy-close"}


# A systemd of its own, in namespaces of its own: a user's manager, whose user is root.
MANAGER = """
set -e
run=$1
mount -t cgroup2 none /sys/fs/cgroup
mkdir -p "/sys/fs/cgroup/$2"; echo $$ >"/sys/fs/cgroup/$2/cgroup.procs"
mkdir -p "$run/netns"; mount --rbind /run/netns "$run/netns"
mount -t tmpfs none /run
mkdir -p /run/systemd/system /run/user/0 /run/netns; mount --rbind "$run/netns" /run/netns
export XDG_RUNTIME_DIR=/run/user/0 HOME="$run"
/lib/systemd/systemd --user --log-target=console >"$run/manager.log" 2>&1 &
for i in $(seq 100); do [ -S /run/user/0/systemd/private ] && break; sleep 0.1; done
chmod 777 /run/user/0/systemd/notify # a user's services are of one account, proxyd is not
while read -r verb; do
    if [ "$verb" = main ]; then systemctl --user show -P MainPID proxyd; continue; fi
    systemctl --user "$verb" proxyd >&2 && echo done || echo failed
done
"""


CLEAN = ('mount -t cgroup2 none /sys/fs/cgroup && for i in $(seq 50); do '
         'find "/sys/fs/cgroup/$1" -depth -type d -exec rmdir {} + && break; sleep 0.1; done')


class BySystemd(Supervised):
    """proxyd below a systemd, with what its unit says of the store."""
    manager = None

    def start_proxy(self):
        self.dir = self.root / "supervisor"
        (self.dir / "log").mkdir(parents=True)
        units = self.dir / ".config/systemd/user"
        units.mkdir(parents=True)
        ours = (REPO / "conf/systemd/sekisho-proxyd.service").read_text(encoding="utf-8")
        lines = re.findall(r"^(?:Type|Restart|RestartSec|LimitNOFILE|FileDescriptorStoreMax)=.*",
                           ours, re.MULTILINE)
        argv = ["setpriv", "--reuid=sekisho-proxy", "--regid=sekisho-proxy", "--init-groups",
                "--inh-caps=-all", "--ambient-caps=-all", "--bounding-set=-all", "--no-new-privs",
                "--", self.root / "sekisho-proxyd", "--root", self.root]
        # nsenter and setpriv become proxyd, so that it is the main process
        command = shlex.join(str(w) for w in netns.command(self.gw, argv))
        (units / "proxyd.service").write_text("\n".join([
            "[Service]", *lines, f"ExecStart={command}",
            "Environment=ASAN_OPTIONS=detect_leaks=0:exitcode=99",
            f"StandardError=append:{self.dir}/log/proxyd.log", ""]), encoding="utf-8")
        self.manager = subprocess.Popen(  # pylint: disable=consider-using-with
            ["unshare", "-m", "-p", "-f", "--mount-proc", "--kill-child", "bash", "-c", MANAGER,
             "manager", str(self.dir), self.gw], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            text=True)
        self.proxy = self.manager.pid
        if self.ask("start") != "done":
            pytest.skip("no systemd can be run here")

    def ask(self, verb):
        try:
            self.manager.stdin.write(verb + "\n")
            self.manager.stdin.flush()
        except BrokenPipeError:
            return ""
        return self.manager.stdout.readline().strip()

    def restart(self):
        before = self.ask("main")
        assert self.ask("restart") == "done", self.log()
        assert self.ask("main") not in ("0", before)

    def stop_proxy(self):
        if self.manager is not None:
            self.ask("stop")
            self.manager.kill()
            self.manager.wait()
            subprocess.run(["unshare", "-m", "bash", "-c", CLEAN, "clean", self.gw], check=False,
                           stderr=subprocess.DEVNULL)
        self.proxy = self.manager = None


KINDS = pytest.mark.parametrize("kind", (Supervised, BySystemd))


@pytest.fixture(name="make")
def make_fixture():
    stands = []

    def make(policy=POLICY, stored=(), kind=Supervised):
        stand = kind(f"pr{os.getpid()}", LISTED, policy)
        stand.stored = stored
        for name, address in ADDRESS.items():
            stand.names.names[name] = at(address)
        stand.origin.scripts[ADDRESS[BULK]] = origin.Reply(raw=True, replies=(BYTES,))
        stand.origin.scripts[ADDRESS[ECHO]] = origin.Reply(
            raw=True, replies=tuple(b"answer %d\n" % i for i in range(100)))
        stand.origin.scripts[ADDRESS[SOCKET]] = origin.Reply(echo=lambda r: (SWITCHED, False))
        stands.append(stand)
        stand.up()
        return stand

    yield make
    for stand in stands:
        stand.end()


def say(client, data):
    """Send, and the next answer."""
    client.buffer = b""
    client.send(data)
    assert client.read_until(lambda b: b.endswith(b"\n"), 5), client.end
    return client.buffer


def received(stand, host):
    return sum(len(a.data) for a in stand.origin.at(ADDRESS[host]))


@KINDS
def test_tunnels_go_on(make, kind):
    stand = make(kind=kind)
    bulk, echo = stand.open_tunnel(BULK), stand.open_tunnel(ECHO)
    assert say(echo, b"one") == b"answer 0\n"
    bulk.send(b"go")
    # the client is slow, so that bytes wait in proxyd when it ends
    assert bulk.read_until(lambda b: len(b) > 300_000, 10)
    time.sleep(0.5)
    opened = {r["host"]: r["conn"] for r in stand.records() if r["kind"] == "proxy-open"}
    for i in range(3):
        stand.restart()
        assert say(echo, b"again %d" % i) == b"answer %d\n" % (i + 1)
    assert "2 open tunnels taken over" in stand.log()
    assert bulk.read_until(lambda b: len(b) >= len(BYTES), 30), len(bulk.buffer)
    assert hashlib.sha256(bulk.buffer).digest() == hashlib.sha256(BYTES).digest()
    assert not stand.closes()
    for client in (bulk, echo):
        client.close()
    assert wait_for(lambda: len(stand.closes()) == 2, 20)
    ends = stand.closes()
    assert {h: r["conn"] for h, r in ends.items()} == opened
    assert {r["reason"] for r in ends.values()} == {"closed"}
    assert ends[BULK]["bytes_down"] == len(BYTES) and ends[BULK]["bytes_up"] == 2
    assert ends[ECHO]["bytes_up"] == len(b"one") + 3 * len(b"again 0")
    assert received(stand, ECHO) == ends[ECHO]["bytes_up"]
    assert ends[ECHO]["duration_ms"] > 500


@KINDS
def test_what_the_next_revision_does_not_allow_is_cut(make, kind):
    stand = make(kind=kind)
    echo, bulk = stand.open_tunnel(ECHO), stand.open_tunnel(BULK)
    assert say(echo, b"one") == b"answer 0\n"
    bulk.send(b"go")
    assert bulk.read_until(lambda b: len(b) > 300_000, 10)
    stand.publish([LISTED[0]])  # nobody tells proxyd
    stand.restart()
    assert echo.wait_end(3) == "reset"
    assert bulk.read_until(lambda b: len(b) >= len(BYTES), 30), len(bulk.buffer)
    end = stand.closes()
    assert set(end) == {ECHO}
    assert end[ECHO]["reason"] == "withdrawn"
    assert (end[ECHO]["bytes_up"], end[ECHO]["bytes_down"]) == (3, len(b"answer 0\n"))


def test_websocket_is_judged_by_its_path(make):
    stand = make()
    client = stand.on_client(stand.connect)
    client.send(b"GET http://%s/socket HTTP/1.1\r\nHost: %s\r\nConnection: Upgrade\r\n"
                b"Upgrade: websocket\r\n\r\n" % ((SOCKET.encode(),) * 2))
    assert client.response(5).status == 101
    stand.restart()
    assert client.wait_end(0.5) == ""
    stand.publish([f"{SOCKET} 80 path=/other"])
    stand.restart()
    assert client.wait_end(3) == "reset"
    assert stand.closes()[SOCKET]["reason"] == "withdrawn"


def test_the_policy_may_cut(make):
    stand = make(POLICY + "  restart: cut\n")
    echo = stand.open_tunnel(ECHO)
    assert say(echo, b"one") == b"answer 0\n"
    stand.restart()
    assert echo.wait_end(3)
    assert stand.closes()[ECHO]["reason"] == "shutdown"
    assert not (stand.root / "var/lib/sekisho/spool/proxyd/tunnels").exists()


def test_a_policy_that_cuts_is_published_in_between(make):
    stand = make()
    echo = stand.open_tunnel(ECHO)
    assert say(echo, b"one") == b"answer 0\n"
    stand.policy = POLICY + "  restart: cut\n"
    stand.publish()
    stand.restart()
    assert echo.wait_end(3)
    assert wait_for(lambda: ECHO in stand.closes(), 20)
    assert stand.closes()[ECHO]["reason"] == "shutdown"


@KINDS
def test_a_stop_is_on_record_afterwards(make, kind):
    stand = make(kind=kind)
    echo = stand.open_tunnel(ECHO)
    assert say(echo, b"one") == b"answer 0\n"
    stand.stop_proxy()  # with it goes the store
    assert echo.wait_end(3)
    assert ECHO not in stand.closes()
    os.rename(stand.root / "supervisor", stand.root / "supervisor.old")
    stand.start_proxy()
    end = stand.closes()[ECHO]
    assert end["reason"] == "shutdown" and end["bytes_up"] == 3
    assert not (stand.root / "var/lib/sekisho/spool/proxyd/tunnels").exists()


def test_rubbish_in_the_store(make):
    memory = os.memfd_create("rubbish")
    os.write(memory, b"SEKITUN1" + b"\0\0\0\1" + b"\x7f" * 500)
    left, right = socket.socketpair()
    pipe = os.pipe()
    stand = make(stored=[("tunnels", memory), ("tunnels", left.detach()), ("tunnels", pipe[0])])
    assert "cannot be taken up" in stand.log()
    right.settimeout(3)
    os.close(memory)
    echo = stand.open_tunnel(ECHO)
    assert say(echo, b"one") == b"answer 0\n"
    assert not stand.closes()


@KINDS
def test_many_tunnels(make, kind):
    """More than one message of the store holds."""
    stand = make(kind=kind)
    clients = [stand.open_tunnel(ECHO) for _ in range(150)]
    for client in clients:
        assert say(client, b"one") == b"answer 0\n"
    stand.restart()
    assert "150 open tunnels taken over" in stand.log()
    for client in clients:
        assert say(client, b"two") == b"answer 1\n"
        client.close()
    assert wait_for(lambda: sum(r["kind"] == "proxy-close" for r in stand.records()) == 150, 10)
    pairs = [(r["conn"], r["kind"]) for r in stand.records() if r["kind"].startswith("proxy-")]
    assert len(set(pairs)) == 300
