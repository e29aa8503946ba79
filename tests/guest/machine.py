# SPDX-License-Identifier: GPL-3.0-or-later
"""A virtual machine with Debian 12's own kernel and systemd, and this tree in it.

QEMU without KVM: slow, and the same everywhere. The machine has no network but cards whose
frames come and go as datagrams on the loopback. At each boot it runs one script, the stage, as
the last unit; a folder is shared with it.
"""
import hashlib
import os
import pathlib
import shutil
import socket
import subprocess
import time

REPO = pathlib.Path(__file__).resolve().parents[2]
HOME = REPO / "build/vm"
BIN = HOME / "build/bin"
GROUPS = ("run", "lab")  # of image/packages
BESIDES = ("linux-image-amd64", "systemd", "systemd-sysv", "udev", "dbus", "kmod",
           "python3-pytest", "python3-requests", "python3-scapy", "socat", "wireguard-tools")
UNITS = [f"sekisho-{name}" for name in ("guard", "gated", "recordd", "proxyd", "mgmtd", "sensord")]
CARDS = {"eth0": "52:54:00:10:00:01", "eth1": "52:54:00:20:00:01"}
STAGE_UNIT = """[Unit]
Description=The stage of this boot
After=multi-user.target
[Service]
Type=oneshot
TimeoutStartSec=infinity
StandardOutput=journal+console
StandardError=inherit
ExecStart=/bin/sh -c 'mkdir -p /host && \
    mount -t 9p -o trans=virtio,version=9p2000.L,msize=262144 host /host && sh /host/stage'
[Install]
WantedBy=multi-user.target
"""


def run(argv, **more):
    return subprocess.run([str(a) for a in argv], check=True, **more)


def packages():
    """What the guest needs: the groups, and the packages of the libraries that we link."""
    wanted, group = set(BESIDES), None
    for line in (REPO / "image/packages").read_text(encoding="utf-8").splitlines():
        if line.startswith("["):
            group = line.strip("[]")
        elif line and not line.startswith("#") and group in GROUPS:
            wanted.add(line)
    linked = subprocess.run(["ldd", *BIN.glob("sekisho*"), *BIN.glob("fw_*"), *BIN.glob("test_*")],
                            capture_output=True, text=True, check=True).stdout
    # /usr/lib or /lib: packages name the one, the loader the other
    libraries = {os.path.realpath(line.split()[2]).removeprefix("/usr")
                 for line in linked.splitlines() if "=> /" in line}
    owners = subprocess.run(["dpkg-query", "-S", *libraries, *("/usr" + p for p in libraries)],
                            capture_output=True, text=True, check=False).stdout
    return sorted(wanted | {line.split(":")[0] for line in owners.splitlines()})


def build():
    """Everything without sanitizers, which would be slower still."""
    with open(HOME / "build.log", "w", encoding="utf-8") as log:
        run(["cmake", "-S", REPO, "-B", HOME / "build", "-G", "Ninja", "-Wno-dev",
             "-DCMAKE_BUILD_TYPE=RelWithDebInfo", "-DTESTS=ON", "-DBENCH=ON",
             "-DPython3_EXECUTABLE=/usr/bin/python3"], stdout=log)
        run(["cmake", "--build", HOME / "build", "--parallel", os.cpu_count()], stdout=log)
    if not (REPO / "build/web").exists():
        run([REPO / "mgmt/web/build", REPO / "build/web"])


def root_archive():
    """Made once for a list of packages."""
    names = packages()
    archive = HOME / f"root-{hashlib.sha256(' '.join(names).encode()).hexdigest()[:12]}.tar"
    if not archive.exists():
        for old in HOME.glob("root-*.tar"):
            old.unlink()
        print("== a root filesystem", flush=True)
        making = HOME / "making.tar"
        run([REPO / "tests/support/debian-root", making, *names])
        making.rename(archive)
    return archive


def write(path, text):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


def networks(root):
    """The gateway's own: systemd-networkd, which the guard has to be faster than."""
    # the other ends of the cards answer no question: their addresses and MACs are written down
    links = {"eth0": (["10.10.0.1/24", "fd10::1/64"],
                      {"10.10.0.66": "02:00:00:10:00:66", "fd10::66": "02:00:00:10:00:66"}),
             "eth1": (["10.20.0.1/24", "fd20::1/64"],
                      {"10.20.0.10": "02:00:00:20:00:10", "fd20::10": "02:00:00:20:00:10"}),
             "office0": (["10.30.0.1/24"], {}), "wan0": (["45.113.7.1/24"], {})}
    for name, (addresses, peers) in links.items():
        lines = ["[Match]", f"Name={name}", "[Network]", "IPv6DuplicateAddressDetection=0",
                 "LinkLocalAddressing=ipv6", *(f"Address={address}" for address in addresses)]
        for address, card in peers.items():
            lines += ["[Neighbor]", f"Address={address}", f"LinkLayerAddress={card}"]
        write(root / f"etc/systemd/network/{name}.network", "\n".join(lines) + "\n")
    for name, card in (("office", "02:00:00:30:00:10"), ("wan", "02:00:00:77:00:10")):
        write(root / f"etc/systemd/network/{name}.netdev",
              f"[NetDev]\nName={name}0\nKind=veth\n[Peer]\nName={name}1\nMACAddress={card}\n")


def make_disk():
    """The root with this tree at its own path and the product installed, not enabled."""
    root, disk, making = HOME / "root", HOME / "disk.raw", HOME / "disk.making"
    archive = root_archive()
    shutil.rmtree(root, ignore_errors=True)
    root.mkdir()
    print("== a disk", flush=True)
    run(["tar", "-C", root, "--numeric-owner", "-xf", archive])
    tree = root / str(REPO)[1:]
    tree.mkdir(parents=True)
    files = subprocess.run([REPO / "tests/lint/files"], capture_output=True, check=True).stdout
    run(["sh", "-c", f"tar -c -T - | tar -C '{tree}' -x"], input=files, cwd=REPO)
    (tree / "build/vm/build").mkdir(parents=True)
    run(["cp", "-a", BIN, tree / "build/vm/build/bin"])
    run(["cp", "-rL", REPO / "build/web", tree / "build/web"])
    run([REPO / "image/install", BIN, REPO / "build/web", root])
    networks(root)
    write(root / "etc/systemd/system/vm-stage.service", STAGE_UNIT)
    write(root / "etc/fstab", "/dev/vda / ext4 defaults 0 1\n")
    write(root / "etc/hostname", "gateway\n")
    write(root / "etc/hosts", "127.0.0.1 localhost gateway\n::1 localhost\n")
    write(root / "etc/machine-id", "")
    write(root / "etc/tmpfiles.d/tmp.conf", "# /tmp stays: this tree may lie in it\n")
    run(["systemctl", f"--root={root}", "enable", "--quiet", "vm-stage.service",
         "systemd-networkd.service"])
    # the one waits for links that nobody has plugged in, the other is for the labs to start
    run(["systemctl", f"--root={root}", "disable", "--quiet", "nginx.service",
         "systemd-networkd-wait-online.service"])
    for name in ("vmlinuz", "initrd.img"):
        shutil.copy(root / name, HOME / name)
    making.unlink(missing_ok=True)
    run(["truncate", "-s", "8G", making])
    run(["mke2fs", "-q", "-t", "ext4", "-d", root, making])
    making.rename(disk)
    shutil.rmtree(root)
    return disk


class Card:
    """A network card of the guest: what it sends comes here as datagrams, and back."""

    def __init__(self):
        self.sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.sock.bind(("127.0.0.1", 0))
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as free:
            free.bind(("127.0.0.1", 0))
            self.theirs = free.getsockname()
        self.sock.setblocking(False)

    def argv(self, name):
        return ["-netdev", f"socket,id={name},udp=127.0.0.1:{self.sock.getsockname()[1]},"
                f"localaddr=127.0.0.1:{self.theirs[1]}",
                "-device", f"virtio-net-pci,netdev={name},mac={CARDS[name]}"]

    def send(self, frame):
        try:
            self.sock.sendto(frame, self.theirs)
        except OSError:  # the machine is not there yet, or full
            pass

    def frames(self):
        """All that have come."""
        while True:
            try:
                yield self.sock.recv(65536)
            except BlockingIOError:
                return
            except OSError:  # nobody listened to the last one sent
                continue


class Machine:
    """One disk, booted as often as needed."""

    def __init__(self, name, disk, cards=None):
        self.dir = HOME / name
        shutil.rmtree(self.dir, ignore_errors=True)
        self.host = self.dir / "host"
        self.host.mkdir(parents=True)
        self.disk, self.cards, self.qemu = disk, cards or {}, None

    def put(self, path, text):
        """A file on the disk, in place of the one there, while the machine is off."""
        write(self.dir / "put", text)
        for command in (f"rm {path}", f"write {self.dir / 'put'} {path}"):
            run(["debugfs", "-w", "-R", command, self.disk], capture_output=True)

    def start(self, stage, kernel="", keep=True, mask=()):
        """stage: a shell script; afterwards the machine is off. mask: units that do not start."""
        write(self.host / "stage", f"cd {REPO}\n(\n{stage}\n)\necho $? >/host/status\nsync\n"
              "systemctl poweroff --no-block\n")
        (self.host / "status").unlink(missing_ok=True)
        console = self.dir / f"console-{len(list(self.dir.glob('console-*')))}.log"
        argv = ["nice", "-n", "10", "qemu-system-x86_64", "-accel", "tcg,thread=multi",
                "-cpu", "max", "-smp", "2", "-m", "3072", "-display", "none", "-no-reboot",
                "-monitor", "none", "-serial", f"file:{console}",
                "-kernel", HOME / "vmlinuz", "-initrd", HOME / "initrd.img", "-append",
                f"root=/dev/vda rw console=ttyS0 net.ifnames=0 panic=-1 {kernel} " +
                " ".join(f"systemd.mask={unit}.service" for unit in mask),
                "-drive", f"file={self.disk},format=raw,if=virtio,cache=unsafe" +
                ("" if keep else ",snapshot=on"),
                "-virtfs", f"local,path={self.host},mount_tag=host,security_model=none",
                "-device", "virtio-rng-pci"]
        if not self.cards:
            argv += ["-nic", "none"]
        for name, card in self.cards.items():
            argv += card.argv(name)
        self.qemu = subprocess.Popen([str(a) for a in argv])  # pylint: disable=consider-using-with
        self.console = console

    def wait(self, seconds, meanwhile=lambda: time.sleep(1)):
        """Until it is off. Returns the stage's exit status, or None when there is none."""
        until = time.monotonic() + seconds
        while self.qemu.poll() is None and time.monotonic() < until:
            meanwhile()
        self.stop()
        status = self.host / "status"
        return int(status.read_text(encoding="utf-8")) if status.exists() else None

    def stop(self):
        if self.qemu is not None and self.qemu.poll() is None:
            self.qemu.kill()
        if self.qemu is not None:
            self.qemu.wait()
