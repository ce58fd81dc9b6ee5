"""Which final replies a client that resumes still gets."""

from __future__ import annotations

import pytest

from myoshu.protocol.messages import Error, Ok
from myoshu.server import kept_replies
from myoshu.server.kept_replies import KeptReplies


def test_the_last_replies_are_kept_and_of_others_it_is_said_what_became_of_them(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(kept_replies, "MOST", 2)
    replies = KeptReplies()
    for number in (1, 2, 3):
        replies.keep(number, Ok(id=number))
    assert replies.find(3) == Ok(id=3)
    assert replies.find(2) == Ok(id=2)
    oldest = replies.find(1)
    assert isinstance(oldest, Error)
    assert (oldest.id, oldest.code) == (1, "lost")
    replies.forget(2)
    again = replies.find(2)
    assert isinstance(again, Error)
    assert again.code == "lost"
    replies.clear()
    assert isinstance(replies.find(3), Error)
