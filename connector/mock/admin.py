"""What only an administrator may do over HTTP, below ``/admin``: faults, and what the API itself does not offer."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from fastapi import APIRouter, Request
from starlette.responses import JSONResponse, Response

from connector.mock.errors import BadRequest, Forbidden, Invalid
from connector.mock.faults import Faults
from connector.mock.requestlog import RequestLog
from connector.mock.service import Grc
from connector.mock.users import Right, User


@dataclass(frozen=True, slots=True)
class Admin:
    """The handlers below ``/admin``."""

    grc: Grc
    faults: Faults
    log: RequestLog

    async def faults_listed(self, request: Request) -> JSONResponse:
        """The faults that may still fire."""
        self._admin(request)
        items = [asdict(fault) for fault in self.faults.active()]
        return JSONResponse({"items": items, "total": len(items)})

    async def fault_added(self, request: Request) -> JSONResponse:
        """Put a fault in force: ``kind`` and the settings of :class:`connector.mock.faults.Fault`; 201."""
        self._admin(request)
        settings = await _object(request)
        try:
            fault = self.faults.add(settings.pop("kind", ""), **settings)
        except ValueError as error:
            raise Invalid({"fault": str(error)}) from None
        return JSONResponse(asdict(fault), status_code=201)

    async def faults_cleared(self, request: Request) -> Response:
        """End all faults."""
        self._admin(request)
        self.faults.clear()
        return Response(status_code=204)

    async def fault_removed(self, request: Request, fault_id: int) -> Response:
        """End one fault."""
        self._admin(request)
        self.faults.remove(fault_id)
        return Response(status_code=204)

    async def deleted(self, request: Request, record_id: str) -> Response:
        """Delete a record for good."""
        self.grc.delete(record_id, self._admin(request))
        return Response(status_code=204)

    async def reid(self, request: Request, record_id: str) -> JSONResponse:
        """Give a record another id: ``{"id": ...}``, or the next free one."""
        user = self._admin(request)
        body = await _object(request)
        return JSONResponse(self.grc.reid(record_id, user, body.get("id")))

    async def touched(self, request: Request, record_id: str) -> JSONResponse:
        """Bump a record's revision and time stamp, nothing else."""
        return JSONResponse(self.grc.touch(record_id, self._admin(request)))

    async def requests(self, request: Request) -> JSONResponse:
        """How many requests came in, by method and path."""
        self._admin(request)
        counted = sorted(self.log.by_path().items())
        items = [{"method": method, "path": path, "count": count} for (method, path), count in counted]
        return JSONResponse({"items": items, "total": len(items)})

    def _admin(self, request: Request) -> User:
        user = self.grc.directory.bearer(request.headers.get("authorization", ""))
        if not user.may(Right.ADMIN):
            raise Forbidden(f"{user.email} ({user.role}) is no administrator.")
        return user


def admin_router(admin: Admin) -> APIRouter:
    """The routes below ``/admin``."""
    router = APIRouter(prefix="/admin")
    router.get("/faults")(admin.faults_listed)
    router.post("/faults")(admin.fault_added)
    router.delete("/faults")(admin.faults_cleared)
    router.delete("/faults/{fault_id}")(admin.fault_removed)
    router.delete("/records/{record_id}")(admin.deleted)
    router.post("/records/{record_id}/reid")(admin.reid)
    router.post("/records/{record_id}/touch")(admin.touched)
    router.get("/requests")(admin.requests)
    return router


async def _object(request: Request) -> dict[str, Any]:
    try:
        body = await request.json() if await request.body() else {}
    except ValueError:
        raise BadRequest("The body is not JSON.") from None
    if not isinstance(body, dict):
        raise BadRequest("The body must be a JSON object.")
    return body
