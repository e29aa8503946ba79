# SPDX-License-Identifier: GPL-3.0-or-later
"""One hostile exchange with its expected outcome, and how it is played over real sockets.

In bytes, HOST is the case's own name (UPHOST in capitals), ADDR its own address, DENIED a
name that no list has. Every case has a name and an address to itself, so that what the
origin received there can have come from this case only.
"""
import concurrent.futures
import dataclasses
import time

from . import names, netns, origin as origins, stand as stand_module

ZONE = "corpus.example.jp"
END_SECONDS = 4  # within this the proxy has closed what it is to close
GRACE = 0.1  # what comes unasked comes within this


@dataclasses.dataclass
class Recv:
    """Wait for this many final answers before going on."""
    count: int = 1


@dataclasses.dataclass
class Sleep:
    seconds: float


class Shut:
    """No more bytes from the client."""


class Anew:
    """Go on over a new connection."""


@dataclasses.dataclass
class Case:
    id: str
    rfc: str
    send: object  # bytes, or a tuple of bytes and steps
    # what the client gets: a status, a tuple of them (one an answer, in order), a set (any of
    # them; with None in it, also none), or None for no answer at all
    status: object = 200
    reason: object = ""  # X-Sekisho-Reason of the last answer; "" none; None: any
    closed: object = None  # True: the proxy closes; False: the next request is served; None: either
    # what the origin got: None nothing; "any"; or a list of (method, target, body), nothing more
    origin: object = None
    # the last request may have gone into a connection that was ending, and once more over another
    repeats: bool = False
    partial: bool = False  # the beginning of a request may be there, never a whole one more
    never: tuple = ()  # bytes that are not to reach the origin
    unseen: tuple = ()  # bytes that are not to reach the client
    seen: tuple = ()  # bytes that the origin has received
    reply: origins.Reply = dataclasses.field(default_factory=origins.Reply)
    name: object = None  # names.Name, or a function of the case's own address
    forbidden: tuple = ()  # addresses that are not to be dialled
    head: bool = False  # the answers have no body
    whole: object = True  # False: the answer is cut, and the client can see it; None: either
    record: object = ""  # a record about this host has this reason (a set: one of them)
    zone: str = ZONE  # the case's name is below this one
    # after a CONNECT with 200: bytes or a function of the name, or a tuple with steps
    hello: object = None
    opens: bool = False  # these bytes reach the origin; else nothing does and it is closed
    # not opened: what reaches it all the same, or a function of the name; None: anything
    reaches: object = b""
    says: bytes = b""  # what the client sees in the tunnel in front of TUNNEL_OK
    family: str = ""
    wait: float = 15
    twice: bool = True  # False: byte by byte shows nothing more, or would take minutes


@dataclasses.dataclass
class Result:
    responses: list = dataclasses.field(default_factory=list)
    extra: bytes = b""
    end: str = ""
    again: object = None  # status of a further request on the same connection
    tunnel: bytes = b""
    arrivals: list = dataclasses.field(default_factory=list)
    leaked: list = dataclasses.field(default_factory=list)
    host: str = ""
    sent: bytes = b""  # through the tunnel
    error: str = ""
    seconds: float = 0.0


class Player:
    """Plays one case once."""

    def __init__(self, stand, case, number, slow):
        self.stand, self.case, self.slow = stand, case, slow
        self.address = f"45.113.{16 + number // 250}.{1 + number % 250}"
        self.host = f"c{number}.{case.zone}"
        self.result = Result(host=self.host)

    def fill(self, data):
        for word, text in ((b"UPHOST", self.host.upper().encode()), (b"HOST", self.host.encode()),
                           (b"ADDR", self.address.encode()),
                           (b"DENIED", stand_module.DENIED.encode())):
            data = data.replace(word, text)
        return data

    def play(self):
        case, began = self.case, time.monotonic()
        name = case.name
        if callable(name):
            name = name(self.address)
        self.stand.names.names[self.host] = name or names.at(self.address)
        reply = case.reply
        if case.hello is not None:
            reply = dataclasses.replace(reply, raw=True)
        self.stand.origin.scripts[self.address] = dataclasses.replace(
            reply, replies=tuple(self.fill(r) for r in reply.replies))
        if self.slow:
            self.stand.origin.paced.add(self.address)
        try:
            self._talk()
        except (origins.Malformed, OSError) as error:
            self.result.error = f"{type(error).__name__}: {error}"
        self.result.arrivals = self.stand.origin.at(self.address)
        self.result.leaked = [a for o in (self.stand.origin, *self.stand.traps)
                              for a in o.at(*case.forbidden)]
        self.result.seconds = time.monotonic() - began
        return self.result

    def _talk(self):
        case, r = self.case, self.result
        steps = case.send if isinstance(case.send, tuple) else (case.send,)
        client = self.stand.connect(self.slow)
        try:
            for step in steps:
                if isinstance(step, Anew):
                    client.close()
                    client = self.stand.connect(self.slow)
                else:
                    self._step(client, step)
            while len(r.responses) < wanted(case) and self._receive(client):
                pass
            if case.hello is not None and r.responses and r.responses[-1].status == 200:
                self._tunnel(client)
            else:
                self._end(client)
        finally:
            client.close()

    def _step(self, client, step):
        if isinstance(step, bytes):
            client.send(self.fill(step))
        elif isinstance(step, Recv):
            for _ in range(step.count):
                self._receive(client)
        elif isinstance(step, Sleep):
            time.sleep(step.seconds)
        elif isinstance(step, Shut):
            client.shut()

    def _receive(self, client):
        tunnel = self.case.hello is not None and not self.result.responses
        got = client.response(self.case.wait, head_only=self.case.head or tunnel)
        if got is not None and tunnel and got.status != 200:
            client.read_until(lambda b: len(b) >= int(got.value("content-length") or 0), 2)
            client.buffer = b""
        if got is not None:
            self.result.responses.append(got)
        return got is not None

    def _tunnel(self, client):
        hello = self.case.hello(self.host) if callable(self.case.hello) else self.case.hello
        for step in hello if isinstance(hello, tuple) else (hello,):
            if isinstance(step, bytes):
                step = self.fill(step)
                self.result.sent += step
            self._step(client, step)
        if self.case.opens:
            client.read_until(lambda b: b.endswith(origins.TUNNEL_OK), 10)
        else:
            client.wait_end(self.case.wait)
        self.result.tunnel, self.result.end = client.buffer, client.end

    def _end(self, client):
        r, case = self.result, self.case
        if case.closed is True:
            client.wait_end(END_SECONDS)
        elif case.closed is False and not client.end:
            client.send(self.fill(b"GET http://HOST/again HTTP/1.1\r\nHost: HOST\r\n\r\n"))
            got = client.response(5)
            r.again = got.status if got is not None else None
        else:
            client.more(GRACE)
        r.extra, r.end = client.buffer, client.end


def wanted(case):
    """How many answers are expected."""
    if case.status is None:
        return 1  # one that comes all the same is seen
    return len(case.status) if isinstance(case.status, tuple) else 1


def play_all(stand, cases, threads=48):
    """{(id, way): Result}. Ways are "whole" (in one write) and "bytes" (byte by byte)."""
    jobs, results = [], {}
    for case in cases:
        for way in ("whole", "bytes") if case.twice else ("whole",):
            jobs.append((case, way, len(jobs)))
    # what takes long begins first
    jobs.sort(key=lambda j: -j[0].wait)
    with concurrent.futures.ThreadPoolExecutor(
            threads, initializer=netns.enter, initargs=(stand.client,)) as pool:
        futures = {pool.submit(Player(stand, c, n, w == "bytes").play): (c.id, w)
                   for c, w, n in jobs}
        for future in concurrent.futures.as_completed(futures):
            results[futures[future]] = future.result()
    return results


# --- what is wrong with a result ---

def judge(case, result, records):
    """Everything that is not as it should be, in words."""
    if result.error:
        return [result.error]
    wrong = []
    wrong += judge_status(case, result)
    wrong += judge_end(case, result)
    wrong += judge_origin(case, result)
    wrong += judge_records(case, result, records)
    for arrival in result.leaked:
        wrong.append(f"dialled {arrival.address} ({arrival.trap or 'origin'})")
    return wrong and wrong + [f"after {result.seconds:.1f} s"]


def judge_status(case, r):
    got = [x.status for x in r.responses]
    if case.status is None:
        return [f"answered {got}, not at all expected"] if got else []
    want = case.status if isinstance(case.status, tuple) else (case.status,)
    wrong = []
    if not got and want == (case.status,) and isinstance(want[0], set) and None in want[0]:
        return []
    if len(got) != len(want) or any(g not in w if isinstance(w, set) else g != w
                                    for g, w in zip(got, want)):
        return [f"status {got}, expected {want}"]
    reason = r.responses[-1].value("x-sekisho-reason") or ""
    if case.reason is not None and reason != case.reason:
        wrong.append(f"reason {reason!r}, expected {case.reason!r}")
    if case.whole is not None and r.responses[-1].whole != case.whole:
        wrong.append(f"answer whole: {r.responses[-1].whole}, expected {case.whole}")
    everything = b"".join(x.head + x.body for x in r.responses) + r.extra
    wrong += [f"the client saw {word!r}" for word in case.unseen if word in everything]
    return wrong


def judge_end(case, r):
    if case.hello is not None and r.responses and r.responses[-1].status == 200:
        return judge_tunnel(case, r)
    wrong = [f"bytes behind the answer: {r.extra[:80]!r}"] if r.extra else []
    if case.closed is True and not r.end:
        wrong.append("the connection stays open")
    if case.closed is False and r.again != 200:
        wrong.append(f"the next request on this connection got {r.again} ({r.end or 'open'})")
    return wrong


def judge_tunnel(case, r):
    if case.opens:
        return [] if r.tunnel == case.says + origins.TUNNEL_OK else \
            [f"the tunnel said {r.tunnel[:80]!r} ({r.end or 'open'})"]
    wrong = [] if case.says.startswith(r.tunnel) else [f"the tunnel said {r.tunnel[:80]!r}"]
    return wrong + ([] if r.end else ["the tunnel stays open"])


def judge_origin(case, r):
    data = b"".join(bytes(a.data) for a in r.arrivals)
    wrong = [f"the origin received {word!r}" for word in case.never if word in data]
    wrong += [f"the origin did not receive {word!r}" for word in case.seen if word not in data]
    if case.hello is not None:
        want = case.reaches(r.host) if callable(case.reaches) else case.reaches
        want = r.sent if case.opens else want
        return wrong + ([] if want is None or data == want else
                        [f"the origin received {len(data)} bytes {data[:80]!r}"])
    if case.origin == "any":
        return wrong
    if case.origin is None and not case.partial:
        return wrong + ([f"the origin received {data[:200]!r}"] if data else [])
    got = []
    for arrival in r.arrivals:
        try:
            found, rest = origins.requests_in(arrival.data)
        except origins.Malformed as error:
            return wrong + [f"the origin received what is malformed: {error}"]
        got += [(q.method, q.target, q.body) for q in found]
        if rest and not case.partial:
            wrong.append(f"the origin received a part: {rest[:120]!r}")
    got = [g for g in got if g[1] != "/again"]
    want = [(m, t, b) for m, t, b in case.origin or ()]
    if got != want and not (case.repeats and got == want + want[-1:]):
        wrong.append(f"the origin received {str(got)[:300]}, expected {str(want)[:300]}")
    return wrong


def judge_records(case, r, records):
    mine = [x for x in records if x["host"] == r.host]
    wrong = []
    if r.arrivals and not any(x["kind"] == "proxy-open" for x in mine):
        wrong.append("the origin was contacted without a record")
    reasons = {x["reason"] for x in mine if x["kind"] in ("proxy-close", "proxy-deny")}
    expected = case.record if isinstance(case.record, set) else {case.record}
    if case.record and not expected & reasons:
        wrong.append(f"recorded {sorted(reasons)}, expected {case.record!r}")
    return wrong


def bound(family, cases):
    """The cases of one file, with their family."""
    return [dataclasses.replace(c, family=family, id=f"{family}-{c.id}") for c in cases]
