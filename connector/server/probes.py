"""What orchestrators and monitoring ask: does the process live, does it do its work, and the numbers."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from fastapi import APIRouter
from fastapi.responses import JSONResponse, Response
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4

from connector.health import Health, Reason
from connector.metrics import Readings
from connector.state.times import stamp


@dataclass(frozen=True, slots=True)
class Probes:
    """What the probes rest on."""

    readings: Readings
    registry: CollectorRegistry


def probe_router(probes: Probes) -> APIRouter:
    """``/healthz``, ``/readyz`` and ``/metrics``."""
    router = APIRouter(tags=["probes"])

    @router.get("/healthz")
    async def lives() -> dict[str, str]:
        """The process lives and answers. Nothing else is asked: a restart would mend nothing else."""
        return {"status": "alive"}

    @router.get("/readyz", responses={503: {"description": "Not ready, with the reasons."}})
    def ready() -> JSONResponse:
        """Whether the connector does its work; why not, and what a person is needed for."""
        health = probes.readings.take().health
        return JSONResponse(_document(health), 200 if health.ready else 503)

    @router.get("/metrics", response_class=Response)
    def metrics() -> Response:
        """All metrics in Prometheus' text format."""
        return Response(generate_latest(probes.registry), media_type=CONTENT_TYPE_PLAIN_0_0_4)

    return router


def _document(health: Health) -> dict[str, Any]:
    return {
        "ready": health.ready,
        "at": stamp(health.at),
        "reasons": _told(health.unready),
        "needs_person": _told(health.needed),
    }


def _told(reasons: Iterable[Reason]) -> list[dict[str, str]]:
    return [
        {"reason": str(one.cause), "connection": one.connection, "text": one.text, "remedy": one.remedy}
        for one in reasons
    ]
