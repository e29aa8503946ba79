# SPDX-License-Identifier: GPL-3.0-or-later
"""What the machines of the lab serve: names, web sites, echo services, a certificate authority."""
import pathlib

from . import topology as topo
from .topology import run

ALLOWED, WWW, WILDCARD = "allowed.example.jp", "www.pref-example.lg.jp", "*.cdn.example.jp"
VENDOR, BLOCKED, PRIVATE = "vendor.example.co.jp", "blocked.example.com", "private.example.jp"
CLAIMS_NAME = "claims.example.lg.jp"

SITES = {ALLOWED: 10, WWW: 11, "cdn.example.jp": 12, VENDOR: 13, BLOCKED: 14}
LAN = ("10.", "fd")  # how a LAN's addresses begin
BIG_FILE = "big.bin"  # served slowly: 100 kB a second
ECHO_TCP, ECHO_UDP = (22, 2222), (123, 443, 9999)

ECHO = r"""
import selectors, socket, sys, time
log = open(sys.argv[1], "a", buffering=1)
sel = selectors.DefaultSelector()
for address in sys.argv[3:]:  # not "any": an answer must come from the address that was asked
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    for word in sys.argv[2].split(","):
        kind = socket.SOCK_STREAM if word[0] == "t" else socket.SOCK_DGRAM
        s, port = socket.socket(family, kind), int(word[1:])
        s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        s.bind((address, port))
        if kind == socket.SOCK_STREAM:
            s.listen(64)
        sel.register(s, selectors.EVENT_READ, kind)
while True:
    for key, _ in sel.select():
        if key.data == socket.SOCK_STREAM:
            conn, peer = key.fileobj.accept()
            log.write(f"{time.time():.3f} tcp {peer[0]} {peer[1]}\n")
            conn.settimeout(0.2)
            try:
                conn.sendall(b"echo\n")
            except OSError:
                pass
            conn.close()
        else:
            data, peer = key.fileobj.recvfrom(2048)
            log.write(f"{time.time():.3f} udp {peer[0]} {peer[1]} to {key.fileobj.getsockname()[1]} {data[:40]!r}\n")
            try:
                key.fileobj.sendto(data, peer)
            except OSError:
                pass
"""


class Sites:
    def __init__(self, root, net):
        self.dir = pathlib.Path(root) / "lab/sites"
        self.net = net

    @property
    def ca(self):
        return self.dir / "ca.crt"

    @property
    def echo_log(self):
        """Every connection and datagram that reached the internet outside the proxy."""
        return self.dir / "echo.log"

    def access_log(self, machine):
        try:
            return (self.dir / f"access-{machine}.log").read_text(encoding="utf-8").splitlines()
        except OSError:
            return []

    def arrivals(self):
        """What reached the internet straight from a LAN: echo services and web servers."""
        lines = self.echo_log.read_text(encoding="utf-8").splitlines()
        straight = [line for line in lines if line.split()[2].startswith(LAN)]
        return straight + [line for line in self.access_log(topo.INTERNET)
                           if line.startswith(LAN)]

    def prepare(self):
        self.dir.mkdir(parents=True, exist_ok=True)
        self._authority()
        for name in SITES:
            self._certificate(name)
        self._certificate(CLAIMS_NAME, extra="IP:10.20.0.10,IP:fd20::10")
        www = self.dir / "www"
        www.mkdir(exist_ok=True)
        with open(www / BIG_FILE, "wb") as big:
            big.truncate(64 << 20)
        self.echo_log.touch()
        (self.dir / "echo.py").write_text(ECHO, encoding="utf-8")
        (self.dir / "dnsmasq.conf").write_text(self._dns(), encoding="utf-8")
        blocks = [self._server(name, name, f"{topo.WAN4}{n}", f"{topo.WAN6}{n}")
                  for name, n in SITES.items()]
        self._nginx(topo.INTERNET, blocks)
        self._nginx(topo.CLAIMS, [self._server(CLAIMS_NAME, CLAIMS_NAME, *topo.ADDRESS[topo.CLAIMS])])
        # never to be seen: what the proxy would reach if it followed a name inwards
        self._nginx(topo.CORE, ["server { listen 80; listen [::]:80 ipv6only=on; "
                                "location / { return 200 'personal information\\n'; } }"])

    def services(self):
        """(name, machine, command) of everything that runs."""
        nginx = [(f"nginx-{ns}", ns, ["/usr/sbin/nginx", "-p", str(self.dir), "-e", "stderr",
                                      "-c", str(self.dir / f"nginx-{ns}.conf")])
                 for ns in (topo.INTERNET, topo.CLAIMS, topo.CORE)]
        ports = ",".join([f"t{p}" for p in ECHO_TCP] + [f"u{p}" for p in ECHO_UDP])
        return nginx + [
            ("dns", topo.INTERNET, ["/usr/sbin/dnsmasq", "--keep-in-foreground",
                                    f"--conf-file={self.dir / 'dnsmasq.conf'}"]),
            ("echo", topo.INTERNET, ["/usr/bin/python3", str(self.dir / "echo.py"),
                                     str(self.echo_log), ports,
                                     *topo.ADDRESS[topo.INTERNET]]),
        ]

    def _dns(self):
        lines = ["no-resolv", "no-hosts", "user=root", "group=root", "pid-file=", "cache-size=0",
                 "bind-interfaces", f"listen-address={topo.DNS4}", f"listen-address={topo.DNS6}"]
        for name, n in SITES.items():
            lines += [f"address=/{name}/{topo.WAN4}{n}", f"address=/{name}/{topo.WAN6}{n}"]
        for address in topo.ADDRESS[topo.CORE]:
            lines.append(f"address=/{PRIVATE}/{address}")
        return "\n".join(lines) + "\n"

    def _server(self, name, cert, v4, v6):
        names = name if name != "cdn.example.jp" else "cdn.example.jp *.cdn.example.jp"
        return f"""server {{
    listen {v4}:80; listen [{v6}]:80; listen {v4}:443 ssl; listen [{v6}]:443 ssl;
    server_name {names};
    ssl_certificate {self.dir}/{cert}.crt; ssl_certificate_key {self.dir}/{cert}.key;
    location = /{BIG_FILE} {{ root {self.dir}/www; limit_rate 100k; }}
    location = /upload {{ proxy_pass http://{v4}/; }}
    location / {{ default_type text/plain; return 200 'hello from {name}\\n'; }}
}}"""

    def _nginx(self, ns, blocks):
        temp = "\n".join(f"{kind}_temp_path {self.dir}/tmp-{ns}-{kind};"
                         for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
        text = f"""user root; daemon off; worker_processes 1; pid {self.dir}/nginx-{ns}.pid;
error_log stderr warn;
events {{ worker_connections 512; }}
http {{
log_format who '$remote_addr $host "$request" $status $body_bytes_sent';
access_log {self.dir}/access-{ns}.log who;
server_tokens off; keepalive_timeout 5; client_max_body_size 0;
{temp}
""" + "\n".join(blocks) + "\n}\n"
        (self.dir / f"nginx-{ns}.conf").write_text(text, encoding="utf-8")

    def _authority(self):
        run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256",
             "-nodes", "-days", "30", "-subj", "/CN=Lab test CA", "-keyout",
             str(self.dir / "ca.key"), "-out", str(self.ca)])

    def _certificate(self, name, extra=""):
        key, req, crt = (str(self.dir / f"{name}.{end}") for end in ("key", "csr", "crt"))
        alt = f"subjectAltName=DNS:{name},DNS:*.{name}" + (f",{extra}" if extra else "")
        ext = self.dir / f"{name}.ext"
        ext.write_text(alt + "\n", encoding="utf-8")
        run(["openssl", "req", "-new", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256",
             "-nodes", "-subj", f"/CN={name}", "-keyout", key, "-out", req])
        run(["openssl", "x509", "-req", "-in", req, "-CA", str(self.ca), "-CAkey",
             str(self.dir / "ca.key"), "-CAcreateserial", "-days", "30", "-extfile", str(ext),
             "-out", crt])
