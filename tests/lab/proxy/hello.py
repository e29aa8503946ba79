# SPDX-License-Identifier: GPL-3.0-or-later
"""ClientHello messages, well-formed and not (RFC 8446 4.1.2, RFC 6066 3, RFC 8701)."""
import hashlib
import ssl
import struct

SNI, ECH, PADDING = 0, 0xfe0d, 21


def u16(data):
    return struct.pack("!H", len(data)) + data


def extension(kind, data):
    return struct.pack("!H", kind) + u16(data)


def server_name(*names, kind=0):
    return extension(SNI, u16(b"".join(bytes([kind]) + u16(n) for n in names)))


def grease(number=0x1a1a):
    return extension(number, b"\0")


COMMON = (extension(43, b"\x04\x03\x04\x03\x03") +  # supported_versions
          extension(10, u16(b"\0\x1d\0\x17")) + extension(13, u16(b"\x04\x03\x08\x04")) +
          extension(51, u16(b"\0\x1d" + u16(b"\x55" * 32))))
ECH_OUTER = extension(ECH, b"\0\0\x01\0\x01\x07" + u16(b"\x66" * 32) + u16(b"\x77" * 144))


def handshake(extensions, ciphers=b"\x13\x01\x13\x02\xc0\x2b", version=0x0303, session=b"\x44" * 32,
              kind=1):
    body = struct.pack("!H", version) + b"\x33" * 32 + bytes([len(session)]) + session + \
        u16(ciphers) + b"\x01\0" + (u16(extensions) if extensions is not None else b"")
    return bytes([kind]) + struct.pack("!I", len(body))[1:] + body


def records(message, size=16384, version=0x0301, kind=22):
    return b"".join(bytes([kind]) + struct.pack("!H", version) + u16(message[i:i + size])
                    for i in range(0, len(message), size))


def hello(*names, more=b"", before=b"", size=16384, **how):
    """One ClientHello with these server names (bytes), in records of that size."""
    names_extension = server_name(*names) if names else b""
    return records(handshake(before + names_extension + COMMON + more, **how), size)


def padded(name, length):
    """A ClientHello whose records are exactly length bytes (one record, if it fits)."""
    bare = len(hello(name, more=extension(PADDING, b"")))
    return hello(name, more=extension(PADDING, b"\0" * (length - bare)))


def server_hello(random):
    """The first message of a server, or with RETRY_RANDOM the one that asks for another hello."""
    body = b"\x03\x03" + random + b"\x20" + b"\x44" * 32 + b"\x13\x01\0" + u16(
        extension(43, b"\x03\x04") + extension(51, b"\0\x17"))
    return records(b"\x02" + struct.pack("!I", len(body))[1:] + body, version=0x0303)


RETRY_RANDOM = hashlib.sha256(b"HelloRetryRequest").digest()
RETRY = server_hello(RETRY_RANDOM)
SERVER_HELLO = server_hello(RETRY_RANDOM[:31] + b"\0")


def openssl(name):
    """What Python's own TLS library says."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    tls = context.wrap_bio(incoming, outgoing, server_hostname=name)
    try:
        tls.do_handshake()
    except ssl.SSLWantReadError:
        pass
    return outgoing.read()
