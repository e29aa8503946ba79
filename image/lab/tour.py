# SPDX-License-Identifier: GPL-3.0-or-later
"""The tour: what the gateway promises, tried with real clients, step by step."""
import datetime
import json
import os
import threading
import time

from . import probes
from . import sites as site
from . import supervisor
from . import topology as topo
from .lab import DAEMONS, LATE, LabError, proxy_url, wait_for

# A connection begun in the moment when gated was dead is recorded when it ends.
FLOW = ("flow-open", "flow-close")
PARTS = ("control", "start", "core", "contractor", "office", "rogue", "sensor", "kill",
         "expiry", "kill-proxy", "records", "status")
PERMIT_SECONDS = 30
RECORDS_WAIT = 20
NO_GATE_AFTER = 4.0  # without gated the kernel closes for new connections within 3 s


def speaks_japanese():
    return (os.environ.get("LC_ALL") or os.environ.get("LANG") or "").startswith("ja")


class Tour:
    def __init__(self, lab, only=None, out=print):
        self.lab = lab
        self.only = only
        self.out = out
        self.ja = speaks_japanese()
        self.passed, self.failed, self.failures = 0, 0, []
        self.wanted = []  # (what, fields of a record) to be found at the end
        self.download = None
        self.arrived_before = 0

    def run(self):
        """Returns the number of failed steps."""
        for part in PARTS:
            if self.only is not None and part not in self.only:
                continue
            try:
                getattr(self, "part_" + part.replace("-", "_"))()
            except (LabError, OSError, RuntimeError, ValueError, KeyError) as error:
                self.check(False, f"{part}: 途中で終わりました", f"{part} ended early",
                           f"{type(error).__name__}: {error}")
        if self.download:
            self.download.stop()
        return self.failed

    # --- saying and checking ---

    def title(self, ja, en):
        self.out(f"\n== {ja if self.ja else en}")

    def check(self, good, ja, en, detail=""):
        mark = "ok" if good else "NG"
        self.out(f"  {mark}  {ja if self.ja else en}" + (f"  [{detail}]" if detail else ""))
        if good:
            self.passed += 1
        else:
            self.failed += 1
            self.failures.append(f"{en} [{detail}]")
        return good

    def want(self, what, **fields):
        self.wanted.append((what, fields))

    def closed(self, attempts, ja, en, recorded=True):
        """None of the attempts may get an answer; each must be on record."""
        reached = probes.run_all(self.lab, attempts)
        tried = ", ".join(dict.fromkeys(str(p) for p in attempts))
        got = "届いてしまった: " if self.ja else "got through: "
        none = "どれも届かない: " if self.ja else "none got through: "
        detail = got + ", ".join(str(p) for p in reached) if reached else none + tried
        if recorded:
            for p in attempts:
                self.want(f"{p.machine} {p} {p.address}", **p.record())
        return self.check(not reached, ja, en, detail)

    def fetch(self, machine, url, version, status, ja, en, *more, **want):
        """Through the proxy; status is what must come."""
        got, code, body = self.lab.curl(machine, url, *more, proxy=proxy_url(version))
        good = got == status and (code == 0 or status != 200)
        if status == 200:
            good = good and body.startswith("hello from")
        if want:
            src = topo.ADDRESS[machine][0 if version == 4 else 1]
            self.want(f"{machine} {url}", src=src, **want)
        return self.check(good, ja, en, f"HTTP {got}" if got else f"curl {code}")

    # --- parts ---

    def part_control(self):
        self.title("はじめに: 関所がまだ無いとき、道は通じている",
                   "First: without the gateway's daemons the paths are open")
        self.lab.net.forward(True)
        for machine in (topo.CORE, topo.OFFICE, topo.CONTRACTOR, topo.ROGUE):
            for version in (4, 6):
                attempts = probes.to_internet(machine, version)
                reached = []
                for _ in range(5):  # a second is short for a machine that is busy
                    reached += probes.run_all(self.lab, [p for p in attempts if p not in reached])
                self.check(len(reached) == len(attempts),
                           f"{machine} → internet (IPv{version}) が通じる",
                           f"{machine} → internet (IPv{version}) works",
                           ", ".join(str(p) for p in reached))
        self.lab.net.forward(False)

    def part_start(self):
        self.title("関所を始める", "The gateway starts")
        self.lab.start_daemons()
        self.lab.provision()
        status, _, _ = self.lab.curl_host(f"https://127.0.0.1:{self.lab.port}/api/session")
        self.check(status == 401, "管理画面が答え、名乗らない者には見せない",
                   "the management UI answers, and shows nothing to strangers", f"HTTP {status}")
        status, _, body = self.lab.curl_host(f"https://127.0.0.1:{self.lab.port}/")
        self.check(status == 200 and "<html" in body, "画面の入口がある",
                   "the UI's first page is there", f"HTTP {status}")
        for login, _, password in self.lab.accounts:
            status, _, _ = self.lab.curl_host(
                f"https://127.0.0.1:{self.lab.port}/api/session", "-H",
                "Content-Type: application/json", "-d",
                json.dumps({"login": login, "password": password}))
            self.check(status == 200, f"{login} は作られた合言葉で管理画面に入れる",
                       f"{login} signs in with the password made for it", f"HTTP {status}")
        self.check(True, "五つの役が動いている", "five daemons run", ", ".join(
            f"{n} {s['pid']}" for n, s in self.lab.state().items() if n in DAEMONS))
        self.arrived_before = len(self.lab.sites.arrivals())

    def part_core(self):
        self.title("個人情報のネットワーク", "The personal-information LAN")
        for version in (4, 6):
            address = topo.ADDRESS[topo.CLAIMS][0 if version == 4 else 1]
            shown = address if version == 4 else f"[{address}]"
            status, code, _ = self.lab.curl(
                topo.CORE, f"https://{site.CLAIMS_NAME}/",
                "--resolve", f"{site.CLAIMS_NAME}:443:{shown}")
            self.check(status == 200, f"core-pc → claims の HTTPS (IPv{version}) は通る",
                       f"core-pc → claims by HTTPS (IPv{version}) passes",
                       f"HTTP {status}, curl {code}")
            self.want("core-pc https claims", kind="flow-open", dst=address, dst_port=443,
                      src=topo.ADDRESS[topo.CORE][0 if version == 4 else 1])
            self.check(self.lab.ping(topo.CORE, address, LATE),
                       f"core-pc → claims の ping (IPv{version}) は通る",
                       f"core-pc → claims by ping (IPv{version}) passes")
            inside = topo.ADDRESS[topo.OFFICE][0 if version == 4 else 1]
            self.closed([probes.Probe(topo.CORE, "tcp", address, 80),
                         probes.Probe(topo.CORE, "tcp", address, 22)],
                        f"core-pc → claims の他のポート (IPv{version}) は通らない",
                        f"core-pc → other ports of claims (IPv{version}) are closed")
            self.closed([probes.Probe(topo.CORE, "tcp", inside, 445),
                         probes.Probe(topo.CORE, "ping", inside)],
                        f"core-pc → 事務のネットワーク (IPv{version}) は通らない",
                        f"core-pc → the office LAN (IPv{version}) is closed")
            self.closed([probes.Probe(topo.CLAIMS, "tcp",
                                      probes.own_address(topo.CORE, address), 80)],
                        f"claims → core-pc (IPv{version}) は通らない",
                        f"claims → core-pc (IPv{version}) is closed")
            self.closed(probes.to_internet(topo.CORE, version),
                        f"core-pc → internet (IPv{version}) は何を使っても通らない",
                        f"core-pc → internet (IPv{version}) by any protocol is closed")
        self.closed([probes.Probe(topo.CORE, "tcp", a, topo.PROXY_PORT)
                     for a in (topo.PROXY4, "10.10.0.1", topo.PROXY6, "fd10::1")],
                    "core-pc はプロキシにも届かない", "core-pc does not reach the proxy either")

    def part_contractor(self):
        self.title("委託業者の PC: 30秒の許可", "A contractor's PC: a permit for 30 seconds")
        here = topo.CONTRACTOR
        self._as_if_plugged_in(here)
        self._gets_nothing(here, "許可の前", "before approval")
        self.lab.cli("device", "approve", topo.MAC[here], "--kind", "contractor", "--owner",
                     "保守業者 / vendor", "--reason", "保守作業 / maintenance", "--for",
                     f"{PERMIT_SECONDS}s", "--dest", site.VENDOR, "--interface", "office0")
        until = self._permit_end(here)
        left = until - time.time()
        self.check(PERMIT_SECONDS - 3 - LATE < left <= PERMIT_SECONDS + 1, "30秒の許可を出した",
                   "approved for 30 seconds with one destination", f"{left:.1f} s")
        for version in (4, 6):
            self.fetch(here, f"https://{site.VENDOR}/", version, 200,
                       f"contractor-pc → 許可された行き先 (IPv{version}) は通る",
                       f"contractor-pc → its destination (IPv{version}) passes",
                       kind="proxy-open", host=site.VENDOR)
            self.fetch(here, f"https://{site.ALLOWED}/", version, 403,
                       f"contractor-pc → 許可一覧の他の行き先 (IPv{version}) は通らない",
                       f"contractor-pc → another allowlisted site (IPv{version}) is refused",
                       kind="proxy-deny", host=site.ALLOWED)
        self.closed(probes.to_internet(here, 4) + probes.to_internet(here, 6),
                    "contractor-pc → internet へ直接は通らない",
                    "contractor-pc → internet past the proxy is closed")
        self.download = Download(self.lab, here, until)
        self.check(bool(wait_for(lambda: self.download.size() > 0, 20)),
                   "大きなファイルの取得を始めた", "a slow download has begun")

    def part_office(self):
        self.title("事務の PC", "The office PC")
        here = topo.OFFICE
        for version in (4, 6):
            v = f"IPv{version}"
            for name, rule in ((site.ALLOWED, site.ALLOWED), (site.WWW, site.WWW),
                               (f"v{version}.cdn.example.jp", site.WILDCARD)):
                for scheme in ("http", "https"):
                    self.fetch(here, f"{scheme}://{name}/", version, 200,
                               f"office-pc → {scheme}://{name}/ ({v}, 規則 {rule}) は通る",
                               f"office-pc → {scheme}://{name}/ ({v}, entry {rule}) passes",
                               kind="proxy-open", host=name)
            for scheme in ("http", "https"):
                self.fetch(here, f"{scheme}://{site.BLOCKED}/", version, 403,
                           f"office-pc → {scheme}://{site.BLOCKED}/ ({v}) は断られる",
                           f"office-pc → {scheme}://{site.BLOCKED}/ ({v}) is refused",
                           kind="proxy-deny", host=site.BLOCKED)
            self._private_name(version)
            for host in (topo.WAN4 + "11", topo.ADDRESS[topo.CORE][0],
                         f"[{topo.ADDRESS[topo.CORE][1]}]"):
                for scheme in ("http", "https"):
                    self.fetch(here, f"{scheme}://{host}/", version, 403,
                               f"office-pc → {scheme}://{host}/ ({v}, 番地を直に) は断られる",
                               f"office-pc → {scheme}://{host}/ ({v}, a bare address) is refused",
                               kind="proxy-deny", host=host.strip("[]"))
            self._openssl(version)
            self.closed(probes.to_internet(here, version),
                        f"office-pc → internet へ直接 ({v}) は通らない",
                        f"office-pc → internet past the proxy ({v}) is closed")
            self.closed([probes.Probe(here, "tcp", probes.own_address(m, "." if version == 4
                                                                      else ":"), port)
                         for m, port in ((topo.CORE, 80), (topo.CLAIMS, 443))],
                        f"office-pc → core-pc, claims ({v}) は通らない",
                        f"office-pc → core-pc, claims ({v}) are closed")

    def _private_name(self, version):
        before = len(self.lab.sites.access_log(topo.CORE))
        for scheme in ("http", "https"):
            self.fetch(topo.OFFICE, f"{scheme}://{site.PRIVATE}/", version, 403,
                       f"office-pc → {scheme}://{site.PRIVATE}/ (内部を指す名前) は断られる",
                       f"office-pc → {scheme}://{site.PRIVATE}/ (a name that leads inwards) "
                       "is refused", kind="proxy-deny", host=site.PRIVATE,
                       reason_name="address")
        self.check(len(self.lab.sites.access_log(topo.CORE)) == before,
                   "core-pc の Web サーバーには何も届いていない",
                   "nothing reached the web server on core-pc")

    def _openssl(self, version):
        proxy = topo.PROXY4 if version == 4 else f"[{topo.PROXY6}]"
        done = self.lab.on(topo.OFFICE, "openssl", "s_client", "-proxy",
                           f"{proxy}:{topo.PROXY_PORT}", "-connect", f"{site.WWW}:443",
                           "-servername", site.WWW, "-CAfile", str(self.lab.sites.ca),
                           "-verify_return_error", text_in="Q\n")
        self.check("Verify return code: 0 (ok)" in done.stdout,
                   f"openssl s_client がプロキシ越しに (IPv{version}) サイト自身の証明書を見る",
                   f"openssl s_client through the proxy (IPv{version}) sees the site's own "
                   "certificate")

    def part_rogue(self):
        self.title("持ち込まれた PC", "The rogue PC on the same segment")
        here = topo.ROGUE
        self._as_if_plugged_in(here)
        self._gets_nothing(here, "許可なし", "without a permit")
        stolen = topo.ADDRESS[topo.OFFICE]
        self.lab.on(here, "ip", "addr", "add", f"{stolen[0]}/24", "dev", "eth0")
        self.lab.on(here, "ip", "addr", "add", f"{stolen[1]}/64", "dev", "eth0", "nodad")
        try:
            self.closed([probes.Probe(here, "tcp", a, topo.PROXY_PORT, stolen[":" in a])
                         for a in (topo.PROXY4, topo.PROXY6)] +
                        probes.to_internet(here, 4, stolen[0]) +
                        probes.to_internet(here, 6, stolen[1]),
                        "office-pc の IP アドレスを名乗っても何も通らない",
                        "nothing passes under office-pc's IP addresses either")
        finally:
            self.lab.on(here, "ip", "addr", "del", f"{stolen[0]}/24", "dev", "eth0")
            self.lab.on(here, "ip", "addr", "del", f"{stolen[1]}/64", "dev", "eth0")
            self.lab.on(topo.GW, "ip", "neigh", "flush", "dev", "office0")

    def _as_if_plugged_in(self, here):
        """What it learned before the gateway began would keep it from asking, and so from being
        seen. IPv4 only: over IPv6 a stranger's question is refused, and what it then never sends
        could not be found in the records."""
        self.lab.on(here, "ip", "-4", "neigh", "flush", "all")

    def _gets_nothing(self, here, ja, en):
        self.closed([probes.Probe(here, "tcp", a, topo.PROXY_PORT)
                     for a in (topo.PROXY4, topo.PROXY6)] +
                    [probes.Probe(here, "ping", a) for a in (topo.PROXY4, topo.PROXY6)],
                    f"{here} ({ja}) → プロキシと関所は答えない",
                    f"{here} ({en}) → proxy and gateway do not answer")
        self.closed(probes.to_internet(here, 4) + probes.to_internet(here, 6) +
                    [probes.Probe(here, "tcp", a, 443) for a in topo.ADDRESS[topo.CLAIMS]] +
                    [probes.Probe(here, "tcp", a, 80) for a in topo.ADDRESS[topo.CORE]],
                    f"{here} ({ja}) → internet, claims, core-pc は通らない",
                    f"{here} ({en}) → internet, claims, core-pc are closed")

    def part_sensor(self):
        self.title("知らない機器", "Unknown devices")
        for machine in (topo.ROGUE, topo.CONTRACTOR):
            self.want(f"{machine} seen", kind="device-seen", mac=topo.MAC[machine])

        def state():
            return self._device(topo.ROGUE).get("state")

        found = wait_for(lambda: state() == "seen", 10, 0.2)
        self.check(bool(found), "rogue-pc が「知らない機器」として一覧にある",
                   "rogue-pc is listed as an unknown device", state() or "-")
        seen = wait_for(lambda: self._device(topo.CONTRACTOR).get("first_seen"), 10, 0.2)
        self.check(bool(seen), "contractor-pc は見られていた", "contractor-pc was seen",
                   seen or "-")

    def part_kill(self):
        self.title("どれか一つが死んでも", "When any one of them dies")
        hammers = [(m, probes.Hammer(self.lab, m)) for m in (topo.CORE, topo.ROGUE)]
        clients = Clients(self.lab)
        clients.start()
        try:
            for name in ("recordd", "sensord", "mgmtd", "gated"):
                self._kill_one(name)
            clients.stop()
            self._closes_without_gated()
        finally:
            clients.stop()
        self._after_hammers(hammers, clients)

    def part_kill_proxy(self):
        hammers = [(m, probes.Hammer(self.lab, m)) for m in (topo.CORE, topo.ROGUE)]
        clients = Clients(self.lab)
        clients.start()
        try:
            self._kill_one("proxyd")
        finally:
            clients.stop()
        self._after_hammers(hammers, clients)

    def _kill_one(self, name):
        before = self.lab.state()[name]["pid"]
        began = time.monotonic()
        self.lab.kill(name)
        try:
            self.lab.wait_ready(name, seconds=15)
            after = self.lab.state()[name]["pid"]
        except LabError:
            after = 0
        took = time.monotonic() - began
        self.check(after not in (0, before), f"kill -9 {name}: 自分で戻ってくる",
                   f"kill -9 {name}: it comes back", f"pid {before} → {after}, {took:.1f} s")
        ok = wait_for(lambda: self.lab.curl(topo.OFFICE, f"https://{site.ALLOWED}/",
                                            proxy=proxy_url())[0] == 200, 20)
        self.check(bool(ok), f"{name} のあと: office-pc は仕事を続けられる",
                   f"after {name}: office-pc goes on working")
        claims = f"https://{site.CLAIMS_NAME}/"
        ok = wait_for(lambda: self.lab.curl(topo.CORE, claims, "--resolve",
                                            f"{site.CLAIMS_NAME}:443:10.20.0.10")[0] == 200, 20)
        self.check(bool(ok), f"{name} のあと: core-pc → claims は通る",
                   f"after {name}: core-pc → claims passes")

    def _closes_without_gated(self):
        self.lab.kill("gated", hold=True)
        try:
            time.sleep(NO_GATE_AFTER)  # the kernel's own timeout is what is tested here
            self.check(not self.lab.tcp(topo.CORE, topo.ADDRESS[topo.CLAIMS][0], 443),
                       "gated が死んだままなら、記録できない新しい通信は通らない",
                       "while gated stays dead, new connections do not pass unrecorded")
        finally:
            self.lab.release("gated")
        self.check(bool(wait_for(lambda: self.lab.tcp(
            topo.CORE, topo.ADDRESS[topo.CLAIMS][0], 443), 20)),
            "gated が戻れば通る", "with gated back they pass")

    def _after_hammers(self, hammers, clients):
        for machine, hammer in hammers:
            sent, got = hammer.stop()
            self.check(sent > 0 and got == 0,
                       f"その間ずっと {machine} は試し続け、一度も通らなかった",
                       f"all the while {machine} kept trying and never got through",
                       f"{sent} tried, {got} through")
        self._nothing_leaked()
        self.check(len(clients.hosts) > 0 and len(clients.ports) > 0,
                   "その間も通信は答えを得た", "meanwhile clients got answers",
                   f"{len(clients.hosts)} proxy, {len(clients.ports)} claims")
        for host in clients.hosts:
            self.want(f"answered {host}", kind="proxy-open", host=host)
        for port in clients.ports:
            self.want(f"answered claims from port {port}", kind=FLOW, src_port=port,
                      dst=topo.ADDRESS[topo.CLAIMS][0])

    def _nothing_leaked(self):
        """Not even one way: what the internet's own machines saw since the gateway began."""
        leaked = self.lab.sites.arrivals()[self.arrived_before:]
        self.check(not leaked, "internet には直接の通信が一つも届いていない",
                   "nothing arrived on the internet past the proxy", "; ".join(leaked[:3]))

    def part_expiry(self):
        self.title("30秒が過ぎる", "The 30 seconds are over")
        download = self.download
        if download is None:
            raise LabError("the contractor's download did not begin")
        size, late, status = download.finish()
        self.check(size > 0 and -LATE - 1 < late <= LATE,
                   "取得は途中で切れた", "the download was cut in the middle",
                   f"{size} of {64 << 20} bytes; last byte {late:+.2f} s from the end"
                   f"; curl {status}")
        self.check(status != 0, "curl は失敗として終わった", "curl ended with an error",
                   f"exit {status}")
        time.sleep(max(0.0, download.until + LATE - time.time()))
        self._gets_nothing(topo.CONTRACTOR, "時間切れ", "expired")

    def part_records(self):
        self.title("すべて記録にある", "All of it is on record")
        missing = []
        kinds = []
        for _, want in self.wanted:
            kind = want["kind"]
            kinds += [k for k in (kind if isinstance(kind, tuple) else (kind,)) if k not in kinds]
        self.lab.on(topo.GW, "conntrack", "-F")  # ends what is over but not yet forgotten

        def complete():
            rows = [normal(r) for kind in kinds for r in self.lab.records("--kind", kind)]
            missing[:] = [(what, w) for what, w in self.wanted
                          if not any(probes.matches(r, w) for r in rows)]
            return not missing

        wait_for(complete, RECORDS_WAIT, 1.0)
        groups = {}
        for what, want in self.wanted:
            kind = want["kind"]
            groups.setdefault("/".join(kind) if isinstance(kind, tuple) else kind,
                              []).append((what, want))
        for kind, members in groups.items():
            lost = [what for what, want in members if (what, want) in missing]
            self.check(not lost, f"{kind}: {len(members)} 件の試みがすべて記録にある",
                       f"{kind}: all {len(members)} attempts are on record",
                       f"missing {len(lost)}: {'; '.join(lost[:6])}" if lost else "")
        found = self.lab.records("--host", site.BLOCKED)
        self.check(bool(found) and all(r.get("host") == site.BLOCKED for r in found),
                   "行き先で検索できる", "search by host", f"{len(found)}")
        found = self.lab.records("--mac", topo.MAC[topo.ROGUE])
        self.check(bool(found), "機器で検索できる", "search by device", f"{len(found)}")
        done = self.lab.cli("record", "verify", check=False)
        self.check(done.returncode == 0, "記録の鎖は切れていない", "the records' chain is whole",
                   (done.stdout + done.stderr).strip()[:120])

    def part_status(self):
        self._nothing_leaked()
        done = self.lab.cli("status", check=False)
        self.check(done.returncode == 0, "sekisho status: すべて良い",
                   "sekisho status: all is well",
                   "" if done.returncode == 0 else (done.stdout + done.stderr).strip()[:400])
        state = supervisor.ask(self.lab.dir, "state")
        alive = [n for n in DAEMONS if state[n]["pid"]]
        self.check(len(alive) == len(DAEMONS), "五つの役が動いている", "five daemons run",
                   ", ".join(alive))

    # --- helpers ---

    def _device(self, machine):
        answer = json.loads(self.lab.cli("--json", "device", "list").stdout)
        devices = answer["devices"] if isinstance(answer, dict) else answer
        return next((d for d in devices if d["mac"] == topo.MAC[machine]), {})

    def _permit_end(self, machine):
        text = self._device(machine)["permit"]["until"]
        return datetime.datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp()


class Download(threading.Thread):
    """A slow download, watched from outside: when did the last byte come?

    Without -N curl would write the last of its buffer when it gives up, seconds after it came.
    """

    def __init__(self, lab, machine, until):
        super().__init__(daemon=True)
        self.file = lab.dir / "download.bin"
        self.file.unlink(missing_ok=True)
        self.until, self.last, self.seen = until, 0.0, 0
        self.process = lab.start_on(
            machine, "curl", "-sN", "--cacert", str(lab.sites.ca), "-x", proxy_url(), "-m", "90",
            "--speed-limit", "1", "--speed-time", "5", "-o", str(self.file),
            f"https://{site.VENDOR}/{site.BIG_FILE}")
        self.start()

    def size(self):
        try:
            return self.file.stat().st_size
        except OSError:
            return 0

    def run(self):
        while self.process.poll() is None:
            size = self.size()
            if size != self.seen:
                self.seen, self.last = size, time.time()
            time.sleep(0.02)

    def finish(self):
        """Wait for its end; returns (bytes, seconds of the last byte after the end, exit)."""
        self.join(max(0.0, self.until - time.time()) + LATE + 9)
        running = self.process.poll() is None
        self.stop()
        return self.seen, self.last - self.until, 0 if running else self.process.returncode

    def stop(self):
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()


class Clients(threading.Thread):
    """Work that goes on while daemons die; keeps what was answered."""

    def __init__(self, lab):
        super().__init__(daemon=True)
        self.lab, self.ending = lab, threading.Event()
        self.hosts, self.ports = [], []

    def run(self):
        n = 0
        while not self.ending.is_set():
            n += 1
            host, port = f"k{time.time_ns()}.cdn.example.jp", 20000 + time.time_ns() // 1000 % 30000
            if self.lab.curl(topo.OFFICE, f"http://{host}/", proxy=proxy_url(),
                             seconds=2)[0] == 200:
                self.hosts.append(host)
            if self.lab.curl(topo.CORE, f"https://{site.CLAIMS_NAME}/", "--resolve",
                             f"{site.CLAIMS_NAME}:443:10.20.0.10", "--local-port", str(port),
                             seconds=2)[0] == 200:
                self.ports.append(port)
            self.ending.wait(0.1)

    def stop(self):
        # a daemon may be back before the first of them was asked again
        wait_for(lambda: self.hosts and self.ports, 20)
        self.ending.set()
        self.join(20)


def normal(record):
    """A record as the tour compares it."""
    names = {"tcp": 6, "udp": 17, "icmp": 1, "icmpv6": 58}
    if record.get("proto") in names:
        record["proto"] = names[record["proto"]]
    return record
