# SPDX-License-Identifier: GPL-3.0-or-later
"""Real clients through the proxy: curl, Chromium, apt, git, npm, Python; all sites in the lab."""
import base64
import hashlib
import json
import os
import pathlib
import shutil
import struct
import subprocess
import tarfile
import textwrap

import pytest

from lab.lab import wait_for
from proxy import netns, wire
from proxy.site import OWN_HTTP, OWN_HTTPS, ZONE, Site
from proxy.stand import DENIED, PROXY, Stand

PROXY_URL = f"http://{PROXY[0]}:{PROXY[1]}"
BIG = 64 << 20
CHROMIUM = shutil.which("chromium")


class Place:
    """The stand with its site, and commands on the client's machine."""

    def __init__(self, stand, site):
        self.stand, self.site, self.home = stand, site, stand.root / "home"
        self.home.mkdir()

    def run(self, *argv, seconds=60, check=True, **more):
        env = {"PATH": os.environ["PATH"], "HOME": str(self.home), "LANG": "C.UTF-8",
               **more.pop("env", {})}
        done = subprocess.run(netns.command(self.stand.client, argv), env=env, text=True,
                              capture_output=True, check=False, timeout=seconds, errors="replace",
                              **more)
        assert not check or done.returncode == 0, \
            f"{argv[0]}: exit {done.returncode}\n{done.stdout[-2000:]}{done.stderr[-2000:]}"
        return done

    def curl(self, *argv, **more):
        return self.run("curl", "-sS", "-q", "--cacert", str(self.site.ca), "-x", PROXY_URL, "-m", "50",
                        *argv, **more)

    def arrived(self, name):
        """What nginx was asked for below that folder."""
        return [a[2:] for a in self.site.accesses() if a[6].startswith(f"/{name}/")]

    def opened(self, host):
        return [r for r in self.stand.records() if r["kind"] == "proxy-open" and r["host"] == host]


@pytest.fixture(name="place", scope="module")
def place_fixture():
    # nginx has 80 and 443 on the origin's machine
    stand = Stand(f"pl{os.getpid()}", [f"*.{ZONE} 80,443,{OWN_HTTP},{OWN_HTTPS}"],
                  origin_ports=(9,))
    site = Site(stand)
    try:
        stand.up()
        site.up()
        yield Place(stand, site)
    finally:
        site.down()
        stand.end()


@pytest.fixture(name="big", scope="module")
def big_fixture(place):
    """A file of 64 MiB, and its hash."""
    path, digest = place.site.www / "big.bin", hashlib.sha256()
    with open(path, "wb") as out:
        for _ in range(BIG >> 20):
            block = os.urandom(1 << 20)
            digest.update(block)
            out.write(block)
    return path, digest.hexdigest()


def file_hash(path):
    return hashlib.sha256(pathlib.Path(path).read_bytes()).hexdigest()


# --- curl ---

@pytest.mark.parametrize("scheme", ["http", "https"])
def test_curl_gets_a_page(place, scheme):
    host = f"{scheme}-page.{ZONE}"
    assert place.curl(f"{scheme}://{host}/hello").stdout == "hello\n"
    records = place.opened(host)
    assert len(records) == 1 and records[0]["zone"] == "office"
    assert records[0]["method"] == ("CONNECT" if scheme == "https" else "GET")


def test_curl_is_refused_what_is_not_listed(place):
    done = place.curl("-o", "/dev/null", "-w", "%{http_code}", f"http://{DENIED}/")
    assert done.stdout == "403"
    done = place.curl("-w", "%{http_connect}", f"https://{DENIED}/", check=False)
    assert done.returncode == 56 and done.stdout.endswith("403")


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_curl_downloads_64_mib(place, big, scheme):
    out = place.home / f"down-{scheme}"
    place.curl("-o", str(out), f"{scheme}://www.{ZONE}/big.bin")
    assert file_hash(out) == big[1]
    out.unlink()


@pytest.mark.parametrize("url", [f"http://up.{ZONE}:{OWN_HTTP}/", f"https://up.{ZONE}:{OWN_HTTPS}/"])
@pytest.mark.parametrize("how", [[], ["-H", "Transfer-Encoding: chunked"],
                                 ["-H", "Expect: 100-continue"]], ids=["length", "chunked", "expect"])
def test_curl_uploads_64_mib(place, big, url, how):
    assert place.curl("-T", str(big[0]), *how, url).stdout == big[1]


def test_curl_is_asked_to_go_on(place):
    """The origin's 100 reaches the client, which else would wait a minute."""
    small = place.home / "small"
    small.write_bytes(b"x" * 5000)
    done = place.curl("-v", "-T", str(small), "-H", "Expect: 100-continue", "--expect100-timeout",
                      "60", "-w", "\n%{time_total}", f"http://up.{ZONE}:{OWN_HTTP}/")
    digest, _, seconds = done.stdout.partition("\n")
    assert digest == hashlib.sha256(b"x" * 5000).hexdigest()
    assert "100 Continue" in done.stderr and float(seconds) < 30


def test_curl_reuses_connections_on_both_sides(place):
    host = f"kept.{ZONE}"
    urls = [f"http://{host}/hello?{i}" for i in range(20)]
    done = place.curl(*[word for url in urls for word in ("-w", "%{num_connects} ", url)])
    assert done.stdout.count("hello") == 20
    assert done.stdout.count("1 ") == 1, f"connections to the proxy: {done.stdout!r}"
    mine = [a for a in place.site.accesses() if a[3] == host]
    assert len(mine) == 20
    assert len({a[0] for a in mine}) <= 2, f"connections to the origin: {sorted({a[0] for a in mine})}"
    assert len(place.opened(host)) == 20  # every request has its record


def test_many_clients_share_kept_connections(place):
    host = f"shared.{ZONE}"
    for _ in range(10):
        assert place.curl(f"http://{host}/hello").stdout == "hello\n"
    mine = [a for a in place.site.accesses() if a[3] == host]
    assert len(mine) == 10
    assert len({a[0] for a in mine}) <= 2, f"connections to the origin: {sorted({a[0] for a in mine})}"


def test_curl_head_range_and_http_1_0(place, big):
    done = place.curl("-I", f"http://www.{ZONE}/big.bin")
    assert f"Content-Length: {BIG}" in done.stdout
    done = place.curl("-r", "1000-1999", "-o", str(place.home / "part"), f"http://www.{ZONE}/big.bin")
    with open(big[0], "rb") as whole:
        whole.seek(1000)
        assert (place.home / "part").read_bytes() == whole.read(1000)
    assert place.curl("-0", f"http://www.{ZONE}/hello").stdout == "hello\n"
    done = place.curl("-o", "/dev/null", "-w", "%{http_code}", "-z", str(big[0]),
                      f"http://www.{ZONE}/big.bin")
    assert done.stdout == "304"


# --- WebSocket over plain HTTP ---

def frame(data):
    mask = os.urandom(4)
    size = bytes([128 | len(data)]) if len(data) < 126 else b"\xfe" + struct.pack("!H", len(data))
    return b"\x82" + size + mask + bytes(b ^ mask[i % 4] for i, b in enumerate(data))


def converse():
    host, key = f"ws.{ZONE}:{OWN_HTTP}".encode(), base64.b64encode(os.urandom(16))
    with wire.Client(PROXY) as client:
        client.send(b"GET http://%s/ws HTTP/1.1\r\nHost: %s\r\nUpgrade: websocket\r\nConnection: "
                    b"Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: %s\r\n\r\n" %
                    (host, host, key))
        response = client.response(5)
        if response is None or response.status != 101:
            return response and response.status, []
        answers = []
        for data in (b"hello", b"x" * 60000, b"\0\r\n\r\nGET / HTTP/1.1\r\n\r\n"):
            client.send(frame(data))
            head = 4 if len(data) > 125 else 2
            client.read_until(lambda b, n=head + len(data): len(b) >= n, 5)
            answers.append(client.buffer[head:head + len(data)] == data)
            client.buffer = client.buffer[head + len(data):]
        client.send(b"\x88\x80\0\0\0\0")
        return (101, answers) if client.wait_end(5) else ("still open", answers)


def test_websocket_over_plain_http(place):
    assert place.stand.on_client(converse) == (101, [True, True, True])


def test_curl_asks_for_websocket(place):
    done = place.curl("-i", "-N", "-m", "3", "-H", "Connection: Upgrade", "-H", "Upgrade: websocket",
                      "-H", "Sec-WebSocket-Version: 13", "-H", "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==",
                      f"http://ws.{ZONE}:{OWN_HTTP}/ws", check=False)
    assert done.stdout.startswith("HTTP/1.1 101"), done.stdout + done.stderr


# --- other programs ---

@pytest.mark.parametrize("library", ["urllib", "requests"])
@pytest.mark.parametrize("scheme", ["http", "https"])
def test_python(place, library, scheme):
    url, host = f"{scheme}://{library}.{ZONE}/hello", f"{library}.{ZONE}"
    code = {"urllib": f"import urllib.request as u\nprint(u.urlopen('{url}').read())",
            "requests": f"import requests\nwith requests.Session() as s:\n"
                        f"    print({{s.get('{url}').content for _ in range(5)}})"}[library]
    done = place.run("/usr/bin/python3", "-c", code, env={
        "http_proxy": PROXY_URL, "https_proxy": PROXY_URL, "SSL_CERT_FILE": str(place.site.ca),
        "REQUESTS_CA_BUNDLE": str(place.site.ca)})
    assert "b'hello\\n'" in done.stdout
    assert place.opened(host)


def test_apt(place, tmp_path):
    package = tmp_path / "hello-sekisho"
    (package / "DEBIAN").mkdir(parents=True)
    package.chmod(0o755)
    control = ("Package: hello-sekisho\nVersion: 1.0\nArchitecture: all\n"
               "Maintainer: lab <lab@site.example.jp>\nDescription: a package of the lab\n")
    (package / "DEBIAN/control").write_text(control, encoding="utf-8")
    repo = place.site.www / "apt"
    repo.mkdir()
    deb = repo / "hello-sekisho_1.0_all.deb"
    netns.run(["dpkg-deb", "--root-owner-group", "--build", str(package), str(deb)])
    (repo / "Packages").write_text(f"{control}Filename: ./{deb.name}\nSize: {deb.stat().st_size}\n"
                                   f"SHA256: {file_hash(deb)}\n", encoding="utf-8")
    for name in ("etc/apt/apt.conf.d", "etc/apt/preferences.d", "etc/apt/trusted.gpg.d", "lists/partial",
                 "cache/archives/partial"):
        (tmp_path / name).mkdir(parents=True)
    (tmp_path / "etc/apt/sources.list").write_text(f"deb [trusted=yes] http://apt.{ZONE}/apt ./\n",
                                                   encoding="utf-8")
    (tmp_path / "status").touch()
    options = ["-o", f"Dir::Etc={tmp_path}/etc/apt", "-o", f"Dir::State::lists={tmp_path}/lists", "-o",
               f"Dir::State::status={tmp_path}/status", "-o", f"Dir::Cache={tmp_path}/cache", "-o",
               f"Acquire::http::Proxy={PROXY_URL}", "-o", "APT::Sandbox::User=root",
               "-o", "Acquire::Retries=0"]
    place.run("apt-get", *options, "update")
    place.run("apt-get", *options, "download", "hello-sekisho", cwd=tmp_path)
    assert file_hash(tmp_path / deb.name) == file_hash(deb)
    assert place.opened(f"apt.{ZONE}")


def test_git_over_https(place, tmp_path):
    env = {"GIT_CONFIG_NOSYSTEM": "1", "GIT_AUTHOR_NAME": "l", "GIT_AUTHOR_EMAIL": "l@example.jp",
           "GIT_COMMITTER_NAME": "l", "GIT_COMMITTER_EMAIL": "l@example.jp"}
    work, bare = tmp_path / "work", place.site.www / "repo.git"
    place.run("git", "init", "-q", "-b", "main", str(work), env=env)
    for i in range(30):
        (work / f"file-{i}").write_bytes(os.urandom(3000))
    place.run("git", "-C", str(work), "add", "-A", env=env)
    place.run("git", "-C", str(work), "commit", "-q", "-m", "first", env=env)
    place.run("git", "clone", "-q", "--bare", str(work), str(bare), env=env)
    place.run("git", "-C", str(bare), "update-server-info", env=env)
    place.run("git", "-c", f"http.proxy={PROXY_URL}", "-c", f"http.sslCAInfo={place.site.ca}", "clone",
              "-q", f"https://git.{ZONE}/repo.git", str(tmp_path / "copy"), env=env)
    for i in range(30):
        assert (tmp_path / f"copy/file-{i}").read_bytes() == (work / f"file-{i}").read_bytes()


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_npm(place, tmp_path, scheme):
    name, registry = f"hello-{scheme}", f"{scheme}://npm.{ZONE}/npm"
    folder = place.site.www / "npm"
    folder.mkdir(exist_ok=True)
    manifest = {"name": name, "version": "1.0.0", "main": "index.js"}
    (tmp_path / "package").mkdir()
    (tmp_path / "package/package.json").write_text(json.dumps(manifest), encoding="utf-8")
    (tmp_path / "package/index.js").write_text("module.exports = 'hello'\n", encoding="utf-8")
    archive = folder / f"{name}-1.0.0.tgz"
    with tarfile.open(archive, "w:gz") as tar:
        tar.add(tmp_path / "package", "package")
    integrity = base64.b64encode(hashlib.sha512(archive.read_bytes()).digest()).decode()
    manifest["dist"] = {"tarball": f"{registry}/{archive.name}", "integrity": f"sha512-{integrity}"}
    (folder / name).write_text(json.dumps({
        "name": name, "dist-tags": {"latest": "1.0.0"}, "versions": {"1.0.0": manifest}}),
        encoding="utf-8")
    project = tmp_path / "project"
    project.mkdir()
    (project / "package.json").write_text('{"name": "p", "version": "1.0.0"}', encoding="utf-8")
    place.run("npm", "install", "--no-audit", "--no-fund", "--no-update-notifier", f"--registry={registry}/",
              f"--proxy={PROXY_URL}", f"--https-proxy={PROXY_URL}", f"--cafile={place.site.ca}",
              "--fetch-retries=0", name, cwd=project)
    assert (project / f"node_modules/{name}/index.js").read_text(encoding="utf-8").startswith("module")


# --- Chromium ---

def page(place, name, scheme):
    """A page of 50 scripts, images and style sheets from ten hosts; its title counts them."""
    folder = place.site.www / name
    folder.mkdir()
    tags = []
    for i in range(50):
        url = f"{scheme}://h{i % 10}.{ZONE}/{name}/{i}"
        if i % 2:
            (folder / f"{i}.js").write_text("count()\n", encoding="utf-8")
            tags.append(f'<script src="{url}.js"></script>')
        else:
            (folder / f"{i}.css").write_text(f".c{i} {{ color: red }}\n", encoding="utf-8")
            tags.append(f'<link rel="stylesheet" href="{url}.css" onload="count()">')
    (folder / "index.html").write_text(textwrap.dedent("""\
        <!DOCTYPE html><html><head><title>0</title><script>
        let n = 0; function count() { n += 1; document.title = String(n) }
        </script></head><body>""") + "\n".join(tags) + "</body></html>\n", encoding="utf-8")
    return f"{scheme}://www.{ZONE}/{name}/index.html"


@pytest.mark.skipif(CHROMIUM is None, reason="chromium is not installed")
@pytest.mark.parametrize("scheme", ["http", "https"])
@pytest.mark.parametrize("how", ["proxy", "pac"])
def test_chromium_loads_a_page_of_50_resources(place, scheme, how):
    name = f"page-{scheme}-{how}"
    url = page(place, name, scheme)
    setting = f"--proxy-server={PROXY_URL}" if how == "proxy" else \
        f"--proxy-pac-url={PROXY_URL}/proxy.pac"
    done = place.run(CHROMIUM, "--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage",
                     "--no-first-run", "--disable-background-networking", "--disable-component-update",
                     # an http:// page stays one: half of what is tested here is plain HTTP
                     "--disable-features=HttpsUpgrades,HttpsFirstBalancedModeAutoEnable",
                     f"--user-data-dir={place.home}/{name}", setting,
                     f"--ignore-certificate-errors-spki-list={place.site.key_hash()}",
                     "--virtual-time-budget=15000", "--dump-dom", url)
    assert "<title>50</title>" in done.stdout, done.stdout[:500] + str(place.arrived(name))
    wanted = {f"/{name}/{i}.{'js' if i % 2 else 'css'}" for i in range(50)}
    assert wait_for(lambda: wanted <= {a[6] for a in place.site.accesses() if a[4] == "200"}, 20)


@pytest.mark.parametrize("path", ["/proxy.pac", "/wpad.dat"])
def test_pac_file(place, path):
    done = place.run("curl", "-sS", "-q", "-i", "--noproxy", "*", f"{PROXY_URL}{path}")
    head, _, body = done.stdout.replace("\r\n", "\n").partition("\n\n")
    assert head.startswith("HTTP/1.1 200") and "application/x-ns-proxy-autoconfig" in head.lower()
    assert "FindProxyForURL" in body and "PROXY " in body and f":{PROXY[1]}" in body
