"""Documents made to hurt a reader, and a program that reads each in a process of its own within limits: python -m tests.cap.hostile

It prints a line for each: its name, and what came of it."""

import os
import resource
import sys
from collections.abc import Mapping
from pathlib import Path

from bot.cap.read import read_document
from bot.core.alert.fingerprint import fingerprint
from bot.core.alert.gate import judge
from bot.core.alert.hygiene import cleaned
from bot.core.alert.reading import Unreadable
from tests.cap.small import cap, info, with_area

MIB = 1024 * 1024
MOST = 2 * MIB
GROWTH = 100 * MIB  # of the address space
SECONDS = 20  # of the processor: fifty times of what it takes, since a machine under load is slow


def _filled(start: bytes, part: bytes, end: bytes, *, size: int = MOST) -> bytes:
    return start + part * ((size - len(start) - len(end)) // len(part)) + end


def _split(data: bytes, at: bytes) -> tuple[bytes, bytes]:
    start, _, end = data.partition(at)
    return start, end


def documents() -> Mapping[str, bytes]:
    """By what should come of each: "ok" or the reason, and a name."""
    laughs = b"".join(b'<!ENTITY l%d "%s">' % (n, b"&l%d;" % (n - 1) * 10) for n in range(1, 10))
    polygon, ring_end = _split(with_area("<polygon>@@</polygon>"), b"@@")
    headline, head_end = _split(cap(info(headline="@@")), b"@@")
    description, desc_end = _split(cap(info("<description>@@</description>")), b"@@")
    head, tail = _split(cap("@@" + info()), b"@@")
    area, area_end = _split(cap(info(area="@@")), b"@@")
    ref, ref_end = _split(cap("<references>@@</references>" + info()), b"@@")
    return {
        "dtd entity-bomb": b'<!DOCTYPE a [<!ENTITY l0 "ha">' + laughs + b"]><alert>&l9;</alert>",
        "dtd quadratic": b'<!DOCTYPE a [<!ENTITY x "' + b"x" * 100_000 + b'">]><alert>' + b"&x;" * 100_000 + b"</alert>",
        "dtd outside-file": b'<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><alert><identifier>&x;</identifier></alert>',
        "dtd parameter-entity": b'<!DOCTYPE a [<!ENTITY % x SYSTEM "http://127.0.0.1:9/x.dtd"> %x;]><alert/>',
        "too_deep nesting": b"<a>" * 50_000,
        "too_deep closed-nesting": b"<a>" * 19_000 + b"</a>" * 19_000,
        "too_many elements": _filled(head, b"<b/>", tail, size=600_000),
        "too_many elements-to-the-limit": _filled(head, b"<b/>", tail),
        "too_many attributes": b"<alert " + b" ".join(b'a%d=""' % n for n in range(150_000)) + b"/>",
        "too_many long-namespace": b'<a:alert xmlns:a="' + b"u" * MIB + b'">' + b"<a:b/>" * 49_000 + b"</a:alert>",
        "too_large too-large": b"<alert>" + b" " * MOST + b"</alert>",
        "not_xml unclosed-text": _filled(head, b"x", b""),
        "not_xml one-long-tag": _filled(b"<alert ", b"a", b""),
        "ok elements-below-the-limit": head + b"<b/>" * 19_900 + tail,
        "ok attributes-below-the-limit": head + b"<b " + b" ".join(b'a%d=""' % n for n in range(49_000)) + b"/>" + tail,
        "ok namespaces": head + b"<b " + b" ".join(b'xmlns:a%d="u%d"' % (n, n) for n in range(49_000)) + b"/>" + tail,
        "too_many infos": _filled(head, b"<info/>", tail, size=340_000),
        "too_many alerts-and-elements": b"<a>" + b"<alert><identifier/></alert>" * 20_000 + b"</a>",
        "too_many_alerts alerts": b"<a>" + b"<alert><identifier/></alert>" * 9_000 + b"</a>",
        "ok infos-to-the-limit": head + b"<info><area/><area/></info>" * 99 + tail,
        "too_many areas": _filled(area, b"<area/>", area_end, size=340_000),
        "ok areas-to-the-limit": area + b"<area/>" * 5_000 + area_end,
        "ok polygon-of-half-a-million": _filled(polygon, b"1,1 ", ring_end),
        "ok polygon-of-integers": _filled(polygon, b"1 ", ring_end),
        "ok polygon-of-commas": _filled(polygon, b",", ring_end),
        "ok polygon-of-digits": _filled(polygon, b"1", ring_end),
        "ok polygon-of-parentheses": _filled(polygon, b"1 1)", ring_end),
        "ok polygon-of-real-size": _filled(polygon, b"-12.3456,-123.4567 ", ring_end, size=MOST - 100),
        "ok headline-of-tags": _filled(headline, b"&lt;a", head_end),
        "ok headline-of-escapes": _filled(headline, b"&amp;amp;", head_end),
        "ok headline-one-word": _filled(headline, b"t", head_end),
        "ok headline-of-dots": _filled(headline, b"a.", head_end),
        "ok headline-of-schemes": _filled(headline, b"ab:", head_end),
        "ok headline-of-letters-and-joiners": _filled(headline, "ب\u200d".encode(), head_end),
        "ok headline-of-joiners": _filled(headline, "\u200d".encode(), head_end),
        "ok description-of-tests": _filled(description, b"this is a ", desc_end),
        "ok references-of-commas": _filled(ref, b",", ref_end),
        "ok references-of-words": _filled(ref, b"a ", ref_end),
        "ok references-of-references": _filled(ref, b"a,b,2026-01-01T00:00:00Z ", ref_end),
        "ok newlines": _filled(headline, b"\n", head_end),
        "ok character-references": _filled(headline, b"&#10;", head_end),
    }


def read_within_limits(data: bytes) -> str:
    """What comes of reading and judging one document."""
    used = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_AS, (used + GROWTH, used + GROWTH))
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
    try:
        document = read_document(data)
    except Unreadable as error:
        return error.why.value
    for read in document.reads:
        judge(read.alert)
        fingerprint(read.alert)
        cleaned(read.alert)
    return "ok" if document.reads else next(iter(document.unreadable.values())).value


def main() -> None:
    for name, data in documents().items():
        sys.stdout.flush()
        pid = os.fork()
        if pid == 0:
            code = 1
            try:
                sys.stdout.write(f"{name} -> {read_within_limits(data)}\n")
                sys.stdout.flush()
                code = 0
            finally:
                os._exit(code)
        _, status = os.waitpid(pid, 0)
        if status:
            sys.stdout.write(f"{name} -> died: {status}\n")


if __name__ == "__main__":
    main()
