"""Every browser gets an unguessable token of its own, once, in a cookie that scripts can't read."""

import asyncio
import re
from types import SimpleNamespace

import pytest
import streamlit as st

from app import owner
from app.owner import COOKIE, StudentCookie

BROWSER = {"accept": "text/html,application/xhtml+xml,*/*;q=0.8"}


def cookies_set(headers, method="GET", kind="http", scheme="http"):
    """The cookies that the answer to a request sets."""
    scope = {
        "type": kind,
        "method": method,
        "scheme": scheme,
        "headers": [(name.encode(), value.encode()) for name, value in headers.items()],
    }
    sent = []

    async def answer(scope, receive, send):
        await send({"type": "http.response.start", "status": 200, "headers": [(b"x-own", b"kept")]})
        await send({"type": "http.response.body", "body": b"page"})

    async def send(message):
        sent.append(message)

    asyncio.run(StudentCookie(answer)(scope, None, send))
    assert sent[1]["body"] == b"page"
    assert sent[0]["headers"][0] == (b"x-own", b"kept")
    return [value.decode() for name, value in sent[0]["headers"][1:] if name == b"set-cookie"]


def test_a_browsers_first_page_brings_a_token():
    (cookie,) = cookies_set(BROWSER)
    token, *attributes = cookie.split("; ")
    assert re.fullmatch(rf"{COOKIE}=[A-Za-z0-9_-]{{43}}", token)  # 256 bits
    assert set(attributes) >= {"HttpOnly", "SameSite=Lax", "Path=/"}
    assert "Secure" not in attributes


def test_no_two_browsers_get_the_same():
    assert len({cookies_set(BROWSER)[0] for _ in range(100)}) == 100


@pytest.mark.parametrize("secure", [{"scheme": "https"}, {"headers": {"x-forwarded-proto": "https"}}])
def test_over_a_secure_connection_it_stays_on_one(secure):
    (cookie,) = cookies_set({**BROWSER, **secure.pop("headers", {})}, **secure)
    assert "Secure" in cookie.split("; ")


def test_a_token_is_kept_and_a_made_up_one_is_replaced():
    (cookie,) = cookies_set(BROWSER)
    assert cookies_set({**BROWSER, "cookie": f"a=b; {cookie.split(';')[0]}"}) == []
    for made_up in ("", "1", "x" * 44, "../" + "x" * 40):
        assert len(cookies_set({**BROWSER, "cookie": f"{COOKIE}={made_up}"})) == 1


def test_only_pages_bring_one():
    assert cookies_set({"accept": "image/png"}) == []
    assert cookies_set(BROWSER, method="POST") == []
    assert cookies_set({}) == []


@pytest.fixture
def visit(monkeypatch):
    """A visit as the script of a page sees it."""

    def come(cookies=None, headers=None, address=None):
        context = SimpleNamespace(cookies=cookies or {}, headers=headers or {}, ip_address=address)
        monkeypatch.setattr(st, "context", context)

    return come


def test_the_student_is_the_token(visit):
    visit({COOKIE: "t" * 43}, address="192.0.2.7")
    assert owner.student() == "t" * 43
    assert not owner.is_at_this_machine()


def test_from_elsewhere_nobody_is_known_without_a_token(visit):
    visit(address="192.0.2.7")
    assert owner.student() is None
    visit({COOKIE: "short"}, address="192.0.2.7")
    assert owner.student() is None


def test_the_person_at_this_machine_needs_none(visit):
    visit()
    assert owner.is_at_this_machine()
    assert owner.student() == ""


@pytest.mark.parametrize("name", owner.FORWARDED)
def test_who_comes_through_a_proxy_is_not_at_this_machine(visit, name):
    visit(headers={name: "192.0.2.7"})
    assert not owner.is_at_this_machine()
    assert owner.student() is None
