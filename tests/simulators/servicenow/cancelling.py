"""What is left of an answer that the instance cancelled after 60 seconds, in each of its three shapes."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from tests.simulators.servicenow.answer import Answer, told
from tests.simulators.servicenow.errors import failure
from tests.simulators.servicenow.manners import Cancelled, Quota

MESSAGE = "Transaction cancelled: maximum execution time exceeded"
_DETAIL = "maximum execution time exceeded Check logs for error trace or enable glide.rest.debug property"


def cancelled(quota: Quota, result: Sequence[dict[str, Any]], headers: Sequence[tuple[str, str]]) -> Answer:
    """The answer to a read of more rows than the quota allows."""
    begun = list(result[: quota.rows])
    if quota.shape is Cancelled.ROWS_THEN_ERROR:
        return told(200, {"result": begun, **failure(MESSAGE, _DETAIL)}, headers)
    if quota.shape is Cancelled.CUT:
        whole = json.dumps({"result": begun or [{"sys_id": ""}]}, ensure_ascii=False)
        answer = told(200, None, headers)
        answer.body = whole[: -len("}]}") - 1].encode()
        return answer
    return told(quota.status, failure(MESSAGE, _DETAIL), headers)
