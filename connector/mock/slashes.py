"""Redirects a path of the API without a slash at its end to the one with it, as some web frameworks do."""

from __future__ import annotations

from starlette.responses import RedirectResponse
from starlette.types import ASGIApp, Receive, Scope, Send

API = "/api/"


class Slashes:
    """An ASGI application around one that knows no slashes at the end."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Redirect, or pass the request on without its slash."""
        path = scope.get("path", "")
        if scope["type"] != "http" or not path.startswith(API):
            await self.app(scope, receive, send)
        elif path.endswith("/"):
            await self.app({**scope, "path": path.rstrip("/"), "raw_path": path.rstrip("/").encode()}, receive, send)
        else:
            query = scope.get("query_string", b"").decode()
            await RedirectResponse(f"{path}/{'?' + query if query else ''}", 301)(scope, receive, send)
