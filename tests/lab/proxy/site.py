# SPDX-License-Identifier: GPL-3.0-or-later
"""A web site for real clients: nginx, and a server of our own for uploads and WebSocket."""
import base64
import hashlib
import http.server
import socket
import ssl
import struct
import subprocess
import threading
import time

from . import netns
from .names import at

ZONE, ADDRESS = "site.example.jp", "45.113.17.1"
OWN_HTTP, OWN_HTTPS = 8080, 8443
WEBSOCKET = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"  # RFC 6455 1.3


class Handler(http.server.BaseHTTPRequestHandler):
    """PUT answers with the body's hash; /ws speaks WebSocket and echoes."""
    protocol_version = "HTTP/1.1"

    def do_PUT(self):  # pylint: disable=invalid-name
        digest, left = hashlib.sha256(), int(self.headers.get("Content-Length", "0"))
        if self.headers.get("Transfer-Encoding") == "chunked":
            self._chunks(digest)
        while left > 0:
            data = self.rfile.read(min(left, 1 << 16))
            if not data:
                return
            digest.update(data)
            left -= len(data)
        self._say(digest.hexdigest().encode())

    def do_GET(self):  # pylint: disable=invalid-name
        if self.headers.get("Upgrade", "").lower() == "websocket":
            self._websocket()
        else:
            self._say(b"own server\n")

    def _chunks(self, digest):
        size = int(self.rfile.readline().split(b";")[0], 16)
        while size:
            digest.update(self.rfile.read(size))
            self.rfile.readline()
            size = int(self.rfile.readline().split(b";")[0], 16)
        self.rfile.readline()

    def _say(self, body):
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def _websocket(self):
        key = self.headers["Sec-WebSocket-Key"].encode()
        accept = base64.b64encode(hashlib.sha1(key + WEBSOCKET).digest()).decode()
        self.send_response(101)
        for name, value in (("Upgrade", "websocket"), ("Connection", "Upgrade"),
                            ("Sec-WebSocket-Accept", accept)):
            self.send_header(name, value)
        self.end_headers()
        while True:
            head = self.rfile.read(2)
            if len(head) < 2 or head[0] & 15 == 8:
                break
            length = head[1] & 127
            if length == 126:
                length = struct.unpack("!H", self.rfile.read(2))[0]
            mask = self.rfile.read(4)
            data = bytes(b ^ mask[i % 4] for i, b in enumerate(self.rfile.read(length)))
            size = bytes([length]) if length < 126 else b"\x7e" + struct.pack("!H", length)
            self.wfile.write(b"\x82" + size + data)
        self.close_connection = True

    def log_message(self, format, *args):  # pylint: disable=redefined-builtin
        with self.server.lock:
            self.server.log.append((self.connection.fileno(), self.path, format % args))


class OwnServer(http.server.ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, address):
        self.lock, self.log, self.connections = threading.Lock(), [], 0
        super().__init__(address, Handler)

    def process_request(self, request, client_address):
        self.connections += 1
        super().process_request(request, client_address)

    def handle_error(self, request, client_address):
        """A client that goes away is nothing to report."""


class Site:
    def __init__(self, stand):
        self.stand, self.dir = stand, stand.root / "site"
        self.www, self.servers, self.nginx = self.dir / "www", [], None
        self.ca = self.dir / "ca.crt"

    def up(self):
        self.www.mkdir(parents=True)
        self._certificates()
        self.stand.names.names[f".{ZONE}"] = at(ADDRESS)
        self._nginx()
        for port in (OWN_HTTP, OWN_HTTPS):
            server = netns.inside(self.stand.net, lambda p=port: OwnServer((ADDRESS, p)))
            if port == OWN_HTTPS:
                context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
                context.load_cert_chain(self.dir / "site.crt", self.dir / "site.key")
                server.socket = context.wrap_socket(server.socket, server_side=True,
                                                    do_handshake_on_connect=False)
            threading.Thread(target=server.serve_forever, daemon=True).start()
            self.servers.append(server)
        self._wait()

    def down(self):
        for server in self.servers:
            server.shutdown()
            server.server_close()
        if self.nginx is not None:
            self.nginx.terminate()
            self.nginx.wait(10)

    def _wait(self):
        def ready():
            try:
                socket.create_connection((ADDRESS, 443), 1).close()
                return True
            except OSError:
                return False

        until = time.monotonic() + 10
        while not netns.inside(self.stand.net, ready):
            assert time.monotonic() < until, (self.dir / "nginx.log").read_text(encoding="utf-8")
            time.sleep(0.05)

    def _nginx(self):
        temporary = "\n".join(f"{k}_temp_path {self.dir}/tmp-{k};" for k in
                              ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
        (self.dir / "nginx.conf").write_text(f"""
user root; daemon off; worker_processes 1; pid {self.dir}/nginx.pid; error_log stderr warn;
events {{ worker_connections 512; }}
http {{
log_format line '$connection $connection_requests $scheme $host $status $request_method $uri';
access_log {self.dir}/access.log line; server_tokens off; keepalive_timeout 30;
{temporary}
types {{ text/html html; text/css css; application/javascript js; }}
default_type application/octet-stream;
server {{
    listen {ADDRESS}:80; listen {ADDRESS}:443 ssl; server_name {ZONE} *.{ZONE};
    ssl_certificate {self.dir}/site.crt; ssl_certificate_key {self.dir}/site.key;
    root {self.www}; autoindex off;
    location = /hello {{ return 200 'hello\\n'; }}
    location /npm/ {{ default_type application/json; }}
}}
}}
""", encoding="utf-8")
        with open(self.dir / "nginx.log", "ab") as log:
            self.nginx = subprocess.Popen(netns.command(self.stand.net, [
                "/usr/sbin/nginx", "-p", self.dir, "-e", "stderr", "-c", self.dir / "nginx.conf"]),
                stdout=log, stderr=log, stdin=subprocess.DEVNULL)

    def _certificates(self):
        """An authority for these tests, and a certificate for all of the site's names."""
        key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"]
        netns.run(["openssl", "req", "-x509", *key, "-days", "30", "-subj", "/CN=Stand test CA",
                   "-keyout", f"{self.dir}/ca.key", "-out", str(self.ca)])
        netns.run(["openssl", "req", "-new", *key, "-subj", f"/CN={ZONE}", "-keyout",
                   f"{self.dir}/site.key", "-out", f"{self.dir}/site.csr"])
        (self.dir / "site.ext").write_text(f"subjectAltName=DNS:{ZONE},DNS:*.{ZONE}\n",
                                           encoding="utf-8")
        netns.run(["openssl", "x509", "-req", "-in", f"{self.dir}/site.csr", "-CA", str(self.ca),
                   "-CAkey", f"{self.dir}/ca.key", "-CAcreateserial", "-days", "30", "-extfile",
                   f"{self.dir}/site.ext", "-out", f"{self.dir}/site.crt"])

    def key_hash(self):
        """What Chromium is told to trust: the hash of the certificate's public key."""
        public = netns.run(["openssl", "x509", "-in", f"{self.dir}/site.crt", "-noout",
                            "-pubkey"]).stdout
        der = ssl.PEM_cert_to_DER_cert(public.replace("PUBLIC KEY", "CERTIFICATE"))
        return base64.b64encode(hashlib.sha256(der).digest()).decode()

    def accesses(self):
        """Lines of nginx: [connection, number of the request on it, scheme, host, status, ...]"""
        path = self.dir / "access.log"
        lines = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
        return [line.split(" ") for line in lines]
