"""Final replies that are kept for a client that resumes."""

from __future__ import annotations

from collections import OrderedDict, deque

from myoshu.protocol.messages import MOST_PENDING, Error, Reply, Result

__all__ = ["KeptReplies"]

MOST = MOST_PENDING
"""As many as a client may call pending. They reach it in the order in which they were sent, so that those that it has
not are the last."""
MOST_BYTES = 1 << 26
"""How large they may be together; of older ones it is only known that they were sent."""


class KeptReplies:
    """The last final replies by request, of which the oldest go where they are too large together."""

    def __init__(self) -> None:
        self._replies: OrderedDict[int, Reply | Error | None] = OrderedDict()
        self._results: deque[Result] = deque()
        self._size = 0

    def keep(self, request: int, reply: Reply | Error) -> None:
        """Take a reply in."""
        self._replies[request] = reply
        if len(self._replies) > MOST:
            self._replies.popitem(last=False)
        if isinstance(reply, Result):
            self._results.append(reply)
            self._size += _size(reply)
        while len(self._results) > MOST or (self._size > MOST_BYTES and len(self._results) > 1):
            oldest = self._results.popleft()
            self._size -= _size(oldest)
            if self._replies.get(oldest.id) is oldest:
                self._replies[oldest.id] = None

    def forget(self, request: int) -> None:
        """The request's number is used for another."""
        self._replies.pop(request, None)

    def find(self, request: int) -> Reply | Error:
        """The reply to a request that is pending for a client that resumes, or an error that says why there is none."""
        if request not in self._replies:
            said = f"request {request}: expected to have arrived, it had not"
            return Error(id=request, code="lost", msg=said)
        said = f"request {request}: expected a reply that is kept; it was answered, and is not to be asked again"
        return self._replies[request] or Error(id=request, code="capacity", msg=said)

    def clear(self) -> None:
        """Keep none."""
        self._replies.clear()
        self._results.clear()
        self._size = 0


def _size(result: Result) -> int:
    """Bytes of the parts that may be large."""
    return len(result.policy.b) + len(result.visits.b)
