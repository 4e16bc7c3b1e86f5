"""Where the REST API is: below ``platformapi`` or, on older releases, ``api``, in a virtual directory or in none.

Probed without credentials: a wrong path is answered with a page, a right one with JSON or with 401. What was found is
kept.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from urllib.parse import urlsplit

from adapters.httpclient import HttpClient, Response
from connector.model.errors import MlflowGrcError, Rejected, Retriable, Unreachable

APIS = ("platformapi", "api")
DIRECTORIES = ("RSAArcher", "archer", "")
_PROBE = "core/system/applicationinfo/version"


class Site:
    """The paths of one installation below the connection's url. ``given`` is the prefix that the admin set."""

    def __init__(self, client: HttpClient, given: str | None) -> None:
        self._client, self._given = client, given.strip("/") if given is not None else None
        self._lock = threading.Lock()
        self._found: str | None = None

    def prefix(self) -> str:
        """The path of the REST API. Raises Unreachable where there is none."""
        with self._lock:
            if self._found is None:
                self._found = self._given if self._given is not None else self._probed()
            return self._found

    def root(self) -> str:
        """The path of the installation, below which the web services are."""
        return self.prefix().rpartition("/")[0]

    @property
    def was_probed(self) -> bool:
        """Whether the prefix was found rather than given."""
        return self._given is None and self._found is not None

    @property
    def address(self) -> str:
        """The address of the installation."""
        return f"{self._client.base_url}/{self.root()}".rstrip("/")

    def _probed(self) -> str:
        tried: list[str] = []
        for prefix in self._candidates():
            try:
                response = self._client.request("GET", f"{prefix}/{_PROBE}", expect="any", accept=(400, 401, 403, 404))
            except Unreachable as error:
                if not _is_wrong_path(error):
                    raise
                tried.append(f"{prefix}: a page or a redirect")
                continue
            except (Rejected, Retriable) as error:
                raise _unusable(error) from None
            if _is_api(response):
                return prefix
            tried.append(f"{prefix}: {response.status}, {response.describe_body()}")
        raise Unreachable(
            f"No REST API of Archer was found below {self._client.base_url} ({'; '.join(tried)}).",
            remedy="make url the address of Archer with its virtual directory, such as https://grc.example/RSAArcher, "
            "or give prefix in the mapping's archer section.",
        )

    def _candidates(self) -> Iterator[str]:
        path = urlsplit(self._client.base_url).path.strip("/")
        if path.rpartition("/")[2].lower() in APIS:
            raise Unreachable(
                f"url ends in {path.rpartition('/')[2]}, and SOAP is beside that path, not below it.",
                remedy=f"leave /{path.rpartition('/')[2]} out of url.",
            )
        directories = ("", *DIRECTORIES[:-1]) if path else DIRECTORIES
        for directory in directories:
            for api in APIS:
                yield f"{directory}/{api}".lstrip("/")


def _is_api(response: Response) -> bool:
    if response.status in (401, 403):
        return True
    return response.status != 404 and response.json_or_none() is not None


def _is_wrong_path(error: MlflowGrcError) -> bool:
    """Whether a page or a redirect came, as for a path that is not there, rather than no answer."""
    return "HTML" in error.message or "redirect" in error.message


def _unusable(error: MlflowGrcError) -> Unreachable:
    return Unreachable(f"Archer could not be probed: {error.message}", remedy=error.remedy)
