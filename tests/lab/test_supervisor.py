# SPDX-License-Identifier: GPL-3.0-or-later
"""The lab's supervisor: restarts, holds, hands sockets over, ends everything."""
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import tempfile

import pytest

from lab import supervisor
from lab.lab import wait_for

from conftest import REPO

NOTIFY = ("import os, socket, time\n"
          "s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)\n"
          "s.sendto(b'READY=1', os.environ['NOTIFY_SOCKET'])\n"
          "time.sleep(600)\n")
ACTIVATED = ("import os, socket\n"
             "assert os.environ['LISTEN_PID'] == str(os.getpid())\n"
             "assert os.environ['LISTEN_FDNAMES'] == 'https'\n"
             "s = socket.socket(fileno=3)\n"
             "while True:\n"
             "    c, _ = s.accept()\n"
             "    c.sendall(b'%d' % os.getuid())\n"
             "    c.close()\n")


def python(code):
    return ["/usr/bin/python3", "-c", code]


@pytest.fixture(name="run")
def run_fixture():
    directory = pathlib.Path(tempfile.mkdtemp(prefix="sekisho-sup-"))
    directory.chmod(0o755)
    (directory / "log").mkdir()
    children = []

    def run(*services):
        pid = os.fork()
        if pid == 0:
            try:
                os.setsid()
                supervisor.Supervisor(directory, services, dict(os.environ)).run()
            finally:
                os._exit(0)
        children.append(pid)
        assert wait_for((directory / "control").exists, 20)
        supervisor.ask(directory, "start", *[s.name for s in services])
        return directory

    yield run
    supervisor.end(directory)
    for pid in children:
        os.waitpid(pid, 0)
    shutil.rmtree(directory)


def state(directory, name="a"):
    return supervisor.ask(directory, "state")[name]


def test_a_killed_service_is_back(run):
    where = run(supervisor.Service("a", [], python("import time; time.sleep(600)")))
    first = state(where)["pid"]
    supervisor.ask(where, "kill", "a")
    assert wait_for(lambda: state(where)["pid"] not in (0, first), 10, 0.005)
    assert state(where)["last_exit"] == "signal 9"


def test_a_held_service_stays_dead_until_it_is_started(run):
    where = run(supervisor.Service("a", [], python("import time; time.sleep(600)")))
    supervisor.ask(where, "kill", "a", hold=True)
    assert wait_for(lambda: state(where)["pid"] == 0, 20)
    assert not wait_for(lambda: state(where)["pid"] != 0, 0.5)
    supervisor.ask(where, "start", "a")
    assert state(where)["pid"] != 0


def test_one_that_cannot_run_is_tried_ever_more_slowly(run):
    where = run(supervisor.Service("a", [], ["/bin/false"]))
    assert wait_for(lambda: state(where)["starts"] >= 3, 20)
    assert state(where)["starts"] < 6
    assert state(where)["last_exit"] == "status 1"


def test_ready_is_what_the_service_says(run):
    where = run(supervisor.Service("a", [], python(NOTIFY), notify=True),
                supervisor.Service("b", [], python("import time; time.sleep(600)"), notify=True))
    assert wait_for(lambda: state(where)["ready"], 20)
    assert not state(where, "b")["ready"]


def test_sockets_and_accounts_are_handed_over(run, tmp_path):
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    listener.listen()
    subprocess.run([REPO / "image/setup-accounts", tmp_path], check=True)
    run(supervisor.Service("a", [], python(ACTIVATED), account="sekisho-mgmt",
                           sockets={"https": listener.fileno()}))
    with socket.create_connection(listener.getsockname(), timeout=5) as conn:
        assert conn.recv(20) not in (b"", b"0")
    listener.close()


def test_everything_ends_even_when_the_supervisor_was_killed(run):
    where = run(supervisor.Service("a", [], python("import time; time.sleep(600)")))
    pid = state(where)["pid"]
    boss = int((where / "pids").read_text(encoding="utf-8").split("[")[1].split(",")[0])
    os.kill(boss, signal.SIGKILL)
    supervisor.end(where)
    assert not os.path.exists(f"/proc/{pid}/exe") or \
        open(f"/proc/{pid}/stat", encoding="utf-8").read().rpartition(")")[2].split()[0] == "Z"


KEEPS = ("import os, socket, sys\n"
         "n = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)\n"
         "if os.environ.get('LISTEN_FDNAMES'):\n"
         "    assert os.environ['LISTEN_FDNAMES'] == 'proxy', os.environ\n"
         "    c, _ = socket.socket(fileno=3).accept()\n"
         "    c.sendall(b'kept')\n"
         "    n.sendto(b'FDSTOREREMOVE=1\\nFDNAME=proxy', os.environ['NOTIFY_SOCKET'])\n"
         "    sys.exit(0)\n"
         "s = socket.create_server(('127.0.0.1', int(sys.argv[1])))\n"
         "n.connect(os.environ['NOTIFY_SOCKET'])\n"
         "for _ in range(2):\n"
         "    socket.send_fds(n, [b'FDSTORE=1\\nFDNAME=proxy'], [s.fileno()])\n"
         "n.send(b'READY=1')\n"
         "os.kill(os.getpid(), 9)\n")


def test_a_descriptor_is_kept_for_the_next_one(run):
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    where = run(supervisor.Service("a", [], python(KEEPS) + [str(port)], notify=True))
    assert wait_for(lambda: state(where)["last_exit"] == "signal 9", 20)
    with socket.create_connection(("127.0.0.1", port), timeout=5) as conn:
        assert conn.recv(20) == b"kept"
    # it is given back: the next one begins anew, on the port that is free again
    assert wait_for(lambda: state(where)["starts"] >= 3, 20)
    assert state(where)["last_exit"] in ("signal 9", "status 0")
