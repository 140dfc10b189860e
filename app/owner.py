"""Whose runs are whose: every browser gets an unguessable token in a cookie, and that is its student.

There are no accounts. The server hands the token out with the first page that a browser fetches; scripts in
the page can't read it (HttpOnly), other sites can't use it (SameSite=Lax), and it stands in no link.
"""

import re
import secrets
from collections.abc import Awaitable, Callable, MutableMapping
from http.cookies import SimpleCookie
from typing import Any

import streamlit as st
from starlette.middleware import Middleware

COOKIE = "digit_lab_student"
TOKEN_BYTES = 32
TOKEN = re.compile(r"[A-Za-z0-9_-]{43}")  # what 32 bytes become in base 64
COOKIE_SECONDS = 365 * 24 * 3600  # a school year
# What a proxy says of the person behind it: where one of these stands, a local address is the proxy's own.
FORWARDED = ("X-Forwarded-For", "X-Forwarded-Host", "X-Real-Ip", "Forwarded", "Via")

Message = MutableMapping[str, Any]
Send = Callable[[Message], Awaitable[None]]
Receive = Callable[[], Awaitable[Message]]
Application = Callable[[Message, Receive, Send], Awaitable[None]]


class StudentCookie:
    """Hands every browser its token, with the first page that it fetches (ASGI middleware).

    Args:
        app: what answers the request.
    """

    def __init__(self, app: Application) -> None:
        self._app = app

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """Answers a request; the answer to one for a page, from a browser without a token, carries one."""
        if scope["type"] != "http" or scope["method"] != "GET":
            await self._app(scope, receive, send)
            return
        headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
        if "text/html" not in headers.get("accept", "") or _token(headers.get("cookie", "")):
            await self._app(scope, receive, send)
            return
        is_secure = "https" in (scope.get("scheme"), headers.get("x-forwarded-proto"))
        cookie = _set_cookie(secrets.token_urlsafe(TOKEN_BYTES), is_secure)

        async def send_with_cookie(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message.get("headers", ()), (b"set-cookie", cookie.encode("latin-1"))]
            await send(message)

        await self._app(scope, receive, send_with_cookie)


middleware = [Middleware(StudentCookie)]


def student() -> str | None:
    """The token of the student whose page this is.

    Returns:
        The token; "", as of the command line, for the person at this machine whose browser sends none; None
        for another whose browser sends none: nobody knows whose runs would be theirs.
    """
    token = st.context.cookies.get(COOKIE, "")
    if TOKEN.fullmatch(token):
        return token
    return "" if is_at_this_machine() else None


def is_at_this_machine() -> bool:
    """Whether the person sits at the machine that the server runs on: all of its runs are theirs."""
    return st.context.ip_address is None and not any(name in st.context.headers for name in FORWARDED)


def _token(cookies: str) -> str | None:
    """The token among a request's cookies; None if there is none, or none that this server has made."""
    for part in cookies.split(";"):
        name, _, value = part.strip().partition("=")
        if name == COOKIE and TOKEN.fullmatch(value):
            return value
    return None


def _set_cookie(token: str, is_secure: bool) -> str:
    cookie: SimpleCookie = SimpleCookie()
    cookie[COOKIE] = token
    morsel = cookie[COOKIE]
    morsel["path"], morsel["max-age"], morsel["samesite"] = "/", str(COOKIE_SECONDS), "Lax"
    morsel["httponly"] = True
    morsel["secure"] = is_secure
    return morsel.OutputString()
