"""The receiver's routes, for whatever application serves them: ``app.include_router(router(intake))``."""

from __future__ import annotations

from datetime import UTC, datetime

from fastapi import APIRouter, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import JSONResponse

from connector.events.intake import Answer, Intake


def router(intake: Intake) -> APIRouter:
    """``POST /events/mlflow/REGISTRY`` and ``POST /events/grc/CONNECTION/KIND``."""
    routes = APIRouter(prefix="/events", tags=["events"])

    @routes.post("/mlflow/{registry}", status_code=202)
    async def mlflow(registry: str, request: Request) -> JSONResponse:
        """A webhook of MLflow."""
        body = await _body(request, intake.settings.body_limit)
        headers, now = dict(request.headers), datetime.now(UTC)
        return _said(await run_in_threadpool(intake.mlflow, registry, headers, body, now))

    @routes.post("/grc/{connection}/{kind}", status_code=202)
    async def grc(connection: str, kind: str, request: Request) -> JSONResponse:
        """A webhook of a GRC, about a model, a version or an issue."""
        body = await _body(request, intake.settings.body_limit)
        headers, now = dict(request.headers), datetime.now(UTC)
        return _said(await run_in_threadpool(intake.grc, connection, kind, headers, body, now))

    return routes


async def _body(request: Request, limit: int) -> bytes:
    """The body, or as much more of it than the limit as shows that it is too long."""
    taken = bytearray()
    async for chunk in request.stream():
        taken += chunk
        if len(taken) > limit:
            break
    return bytes(taken[: limit + 1])


def _said(answer: Answer) -> JSONResponse:
    return JSONResponse({"detail": answer.reason, "hints": answer.hints}, status_code=answer.status)
