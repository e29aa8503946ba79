# SPDX-License-Identifier: GPL-3.0-or-later
"""In the machine: a tunnel through the installed proxyd, under a restart of its service."""
import socket
import subprocess
import sys
import time

HOST = "allowed.example.jp"
ORIGIN = """
import socket
s = socket.create_server(("45.113.7.10", 443))
print("ready", flush=True)
while True:
    c, _ = s.accept()
    while data := c.recv(1000):
        c.sendall(b"<" + data + b">")
"""
CLIENT = f"""
import socket, sys
def read(end):
    data = b""
    while not data.endswith(end):
        more = s.recv(1000)
        assert more, data
        data += more
    return data
s = socket.create_connection(("10.30.0.1", 3128), 60)
s.settimeout(60)
s.sendall(b"CONNECT {HOST}:443 HTTP/1.1\\r\\nHost: {HOST}\\r\\n\\r\\n")
print(read(b"\\r\\n\\r\\n").split(b"\\r\\n")[0].decode(), flush=True)
for line in sys.stdin:
    s.sendall(line.strip().encode())
    print(read(b">").decode(), flush=True)
"""


def run(*argv, **more):
    return subprocess.run(argv, check=True, **more)


def link(name, router, addresses):
    """The other end of the gateway's NAME0 into a machine of its own."""
    ns = f"vm-{name}"
    run("ip", "netns", "add", ns)
    run("ip", "link", "set", f"{name}1", "netns", ns)
    for words in [["link", "set", "lo", "up"], ["link", "set", f"{name}1", "up"],
                  *(["address", "add", a, "dev", f"{name}1"] for a in addresses),
                  ["route", "add", "default", "via", router]]:
        run("ip", "-netns", ns, *words)


def inside(name, *argv, **more):
    return subprocess.Popen(["ip", "netns", "exec", f"vm-{name}", *argv], text=True,
                            stdout=subprocess.PIPE, **more)


def pid():
    return run("systemctl", "show", "-P", "MainPID", "sekisho-proxyd", capture_output=True,
               text=True).stdout.strip()


def main():
    link("office", "10.30.0.1", ["10.30.0.10/24"])
    link("wan", "45.113.7.1", ["45.113.7.10/24", "45.113.7.53/24"])
    dns = inside("wan", "dnsmasq", "--keep-in-foreground", "--no-resolv", "--no-hosts",
                 "--conf-file=/dev/null", "--user=root", "--listen-address=45.113.7.53", "--bind-interfaces",
                 "--pid-file=", f"--address=/{HOST}/45.113.7.10")
    origin = inside("wan", sys.executable, "-c", ORIGIN)
    assert origin.stdout.readline() == "ready\n"
    time.sleep(2)
    client = inside("office", sys.executable, "-c", CLIENT, stdin=subprocess.PIPE)

    def say(word):
        client.stdin.write(word + "\n")
        client.stdin.flush()
        answer = client.stdout.readline()
        assert answer == f"<{word}>\n", answer

    status = client.stdout.readline()
    assert " 200 " in status, status
    say("one")
    for word in ("two", "three"):
        before = pid()
        run("systemctl", "restart", "sekisho-proxyd")
        assert pid() not in ("0", before)
        say(word)
    kept = run("systemctl", "show", "-P", "NFileDescriptorStore", "sekisho-proxyd",
               capture_output=True, text=True).stdout.strip()
    print(f"the tunnel goes on; {kept} descriptors in the store")
    for child in (client, origin, dns):
        child.kill()


if __name__ == "__main__":
    try:
        main()
    except (AssertionError, OSError, subprocess.CalledProcessError) as error:
        print(type(error).__name__, error)
        print(socket.gethostname(), run("journalctl", "-b", "-u", "sekisho-proxyd", "--no-pager",
                                        capture_output=True, text=True).stdout)
        sys.exit(1)
