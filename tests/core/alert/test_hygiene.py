"""What strangers wrote, cleaned: one line of plain words, and no way out of it."""

import re
import unicodedata
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.core.alert.cap import Alert, AlertStatus, Area, Info, MsgType, Scope
from bot.core.alert.hygiene import clean, cleaned


@pytest.mark.parametrize(
    ("dirty", "plain"),
    [
        ("Flood  in\n\tGarissa ", "Flood in Garissa"),
        ("FLOOD <b>now</b> \u202eevil\u202c \nReply 1 to 0700000000 http://bit.ly/x", "FLOOD now evil Reply 1 to 0700000000"),
        ("a&lt;br/&gt;b", "a b"),
        ("&amp;quot;red&amp;quot; &amp;amp; yellow", '"red" & yellow'),
        ("&amp;amp;amp;lt;script&amp;amp;amp;gt;x", "x"),
        ("<<b>b>x", "< b>x"),
        ("wind < 50 km/h, waves > 2 m", "wind < 50 km/h, waves > 2 m"),
        ("<a href='http://evil.example'>here</a>", "here"),
        ("<!-- hidden -->seen", "seen"),
        ("soft\u00adhyphen zero\u200bwidth \ufeffbom \U000e0041tag", "softhyphen zerowidth bom tag"),
        ("line\u2028separator\x85next\x00nul", "line separator next nul"),
        ("می‌خواهم", "می‌خواهم"),  # a joiner that Persian needs
        ("a\u200cb", "ab"),
        ("می\u200c\u200cخواهم", "میخواهم"),
        ("private \ue000 use", "private use"),
        ("Piga simu 112. Nenda juu!", "Piga simu 112. Nenda juu!"),
        ("", ""),
    ],
)
def test_clean(dirty: str, plain: str) -> None:
    assert clean(dirty) == plain


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("See https://evil.example/a?b=c#d.", "See ."),
        ("(www.evil.example)", "()"),
        ("go to bit.ly/x now", "go to now"),
        ("go to WWW.EVIL.EXAMPLE now", "go to now"),
        ("evil.com, now", ", now"),
        ("call tel:+254700000001 now", "call now"),
        ("javascript:alert(1)", ")"),
        ("intent://x#y", ""),
        ("mail desk@met.example.org", "mail desk@met.example.org"),
        ("Move up.Now", "Move up.Now"),
        ("at 12.30 or 6.5/10", "at 12.30 or 6.5/10"),
        ("https://met.go.ke/flood?x=1", "https://met.go.ke/flood?x=1"),
        ("met.go.ke, now", "met.go.ke, now"),
        ("www.met.go.ke/flood.", "www.met.go.ke/flood."),
        ("https://alerts.met.go.ke:8443/x", "https://alerts.met.go.ke:8443/x"),
        ("https://notmet.go.ke/x", ""),
        ("https://met.go.ke.evil.com/x", ""),
        ("https://met.go.ke@evil.com/x", ""),
        ("https://evil.com\\@met.go.ke/x", ""),
        ("https://evil.com/met.go.ke", ""),
        ("ftp://met.go.ke/x", ""),
    ],
)
def test_links_stay_only_on_the_authoritys_own_domain(text: str, plain: str) -> None:
    assert clean(text, domains=["met.go.ke"]) == plain


@pytest.mark.parametrize("domains", [[], [""]])
def test_without_a_domain_no_link_stays(domains: list[str]) -> None:
    assert clean("see https://met.go.ke/x now", domains=domains) == "see now"


@settings(max_examples=50, deadline=None)
@given(st.text(max_size=80) | st.text("<>&;abrt/ltgmp#x1\n\u202e\u200d.:ht", max_size=80))
def test_whatever_comes_it_is_one_plain_line_and_stays_so(text: str) -> None:
    plain = clean(text)
    assert "\n" not in plain
    assert re.search(r"<[a-zA-Z/!?][^<>]*>", plain) is None
    assert all(unicodedata.category(char) not in {"Cc", "Co", "Cs", "Zl", "Zp"} for char in plain)
    assert all(unicodedata.category(char) != "Cf" or char in "\u200c\u200d" for char in plain)
    assert clean(plain) == plain


def test_a_whole_alert() -> None:
    dirty = "a<br>b http://x.example/"
    info = Info(
        event=dirty,
        headline=dirty,
        description=dirty,
        instruction=dirty,
        sender_name=dirty,
        contact=dirty,
        web="https://met.go.ke/a",
        parameters=(("p", dirty),),
        areas=(Area(dirty, geocodes=(("c", dirty),)),),
    )
    alert = Alert(
        identifier="<i>",
        sender="s",
        sent=0.0,
        status=AlertStatus.ACTUAL,
        msg_type=MsgType.ALERT,
        scope=Scope.PUBLIC,
        source=dirty,
        note=dirty,
        infos=(info,),
    )
    plain = cleaned(alert, domains=["met.go.ke"])
    [one] = plain.infos
    texts = [plain.source, plain.note, one.event, one.headline, one.description, one.instruction, one.sender_name, one.contact]
    assert {*texts, one.areas[0].desc} == {"a b"}
    assert one.web == "https://met.go.ke/a"
    assert (plain.identifier, one.parameters, one.areas[0].geocodes) == ("<i>", info.parameters, info.areas[0].geocodes)
    assert cleaned(replace(alert, infos=(replace(info, web="https://evil.example"),))).infos[0].web == ""
