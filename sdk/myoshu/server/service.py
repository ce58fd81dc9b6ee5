"""The agent's side of one connection: requests in, replies out. It knows no sockets, and outlives its connection."""

from __future__ import annotations

import dataclasses
import logging
import math
from collections.abc import Callable
from functools import partial
from time import perf_counter
from typing import Any

from myoshu.errors import MyoshuError
from myoshu.protocol.messages import (
    ActBatch,
    Acts,
    Cancel,
    Check,
    Close,
    Error,
    Examples,
    Level,
    Observe,
    Ok,
    Open,
    Opened,
    Ping,
    Ponder,
    Pong,
    Positions,
    Reply,
    Request,
    Swap,
    Think,
    Times,
)
from myoshu.runtime.decision import Decision
from myoshu.runtime.limit import Limit
from myoshu.server.answers import error_of, info_of, result_of
from myoshu.server.arguments import Refusal, finite, legal_actions, masks
from myoshu.server.batch import Batch
from myoshu.server.examples import checked, positions_of
from myoshu.server.job import Job, Priority
from myoshu.server.kept_replies import KeptReplies
from myoshu.server.pool import SharedTrees
from myoshu.server.seat import Seat
from myoshu.server.shared import Shared
from myoshu.server.turn import SECONDS

__all__ = ["AgentService"]

log = logging.getLogger("myoshu.server")

EVERY = 0.1
"""Seconds between two infos where the client does not say."""
RETRY = 0.25
"""Seconds after which a client that was refused may try again."""


@dataclasses.dataclass(slots=True)
class _Session:
    seat: Seat
    model: str
    level: float | None
    elo: float | None = None
    job: tuple[int, Job] | None = None


class AgentService:
    """Answers one client's requests.

    Args:
        shared: what all connections share.
        send: takes replies; may be replaced by :meth:`attach`.
        resumable: whether the client may come back for replies that it has missed: they are kept for a while.
    """

    def __init__(self, shared: Shared, send: Callable[[Reply | Error], None], *, resumable: bool = True) -> None:
        self._shared = shared
        self._resumable = resumable
        self._send: Callable[[Reply | Error], None] | None = send
        self._sessions: dict[int, _Session] = {}
        self._number = 0
        self._thinking: dict[int, list[Job]] = {}
        self._batches: dict[int, Batch] = {}
        self._replies = KeptReplies()

    def handle(self, request: Request) -> None:
        """Answer a request now or, if it is to be thought about, in time."""
        self._shared.metrics.requests[str(request.__struct_config__.tag)] += 1
        self._replies.forget(request.id)
        try:
            HANDLERS[type(request)](self, request)
        except Exception as error:  # noqa: BLE001 -- whatever it is, the request is answered
            self._reply(self._refused(request, error))

    def detach(self) -> None:
        """The connection is lost: replies are kept, and what is thought about rests, since nobody may come for it."""
        self._send = None
        self._shared.scheduler.rest(self)

    def attach(self, send: Callable[[Reply | Error], None], pending: tuple[int, ...]) -> None:
        """Go on over another connection, with final replies for the requests that have none."""
        self._send = send
        for request in pending:
            if request not in self._thinking:
                send(self._replies.find(request))
        self._shared.scheduler.go_on(self)
        self._shared.wake()

    def end(self) -> None:
        """Answer what is pending, and give everything back."""
        for batch in list(self._batches.values()):
            if self._send is None:
                self._abandon(batch)
            else:
                self._prepare(batch, whole=True)
        self._shared.scheduler.stop([job for jobs in self._thinking.values() for job in jobs])
        self._shared.metrics.open_sessions -= len(self._sessions)
        for session in self._sessions.values():
            session.seat.session.release()
        self._sessions.clear()
        self._replies.clear()

    def _refused(self, request: Request, error: Exception) -> Error:
        """What a request is told of an error."""
        if isinstance(error, Refusal):
            return error.reply(request.id)
        if isinstance(error, MyoshuError):
            return error_of(request, error)
        log.error(
            "a request failed", exc_info=error, extra={"event": "fault", "request": type(request).__name__}
        )  # fmt: skip
        return Error(id=request.id, code="internal", msg=f"{type(request).__name__.lower()}: failed; see log")

    def _ping(self, request: Ping) -> None:
        self._reply(Pong(id=request.id))

    def _open(self, request: Open) -> None:
        settings, metrics = self._shared.settings, self._shared.metrics
        while metrics.open_sessions >= settings.total_sessions and self._shared.make_room():
            pass
        if len(self._sessions) >= settings.sessions or metrics.open_sessions >= settings.total_sessions:
            limit = min(settings.sessions, settings.total_sessions)
            raise Refusal("busy", "open", f"at most {limit} sessions", "one more", RETRY)
        name = self._named("open", request.model, request.hash)
        options = dict(request.options or {})
        keep_tree = options.pop("keep_tree", True)
        temperature = options.pop("temperature", None)
        if not isinstance(keep_tree, bool):
            raise Refusal("invalid", "open.options.keep_tree", "a boolean", repr(keep_tree))
        if options:
            raise Refusal("invalid", "open.options", "keep_tree or temperature", repr(next(iter(options)))[:64])
        session = self._shared.models[name].new_session(
            seed=request.seed,
            level=request.level,
            elo=request.elo,
            temperature=temperature,
            keep_tree=keep_tree,
            max_simulations=settings.timed_simulations,
            trees=SharedTrees(self._shared.pools, self._shared.models[name]),
        )
        number, self._number = self._number, self._number + 1
        self._sessions[number] = _Session(Seat(session), name, request.level, request.elo)
        metrics.open_sessions += 1
        spec_hash = self._shared.models[name].manifest.spec_hash
        simulations = session.limit.simulations or 1
        self._reply(Opened(id=request.id, session=number, model=name, hash=spec_hash, simulations=simulations))

    def _think(self, request: Think) -> None:
        priority = Priority.NORMAL if request.priority is None else Priority(request.priority)
        limit = None
        if request.time is not None or request.simulations is not None:
            limit = Limit(time=request.time, simulations=request.simulations)
        self._search(request, "think", limit, priority)

    def _ponder(self, request: Ponder) -> None:
        limit = None
        if request.simulations is not None:
            limit = Limit(time=request.time, simulations=request.simulations)
        self._search(request, "ponder", limit, Priority.PONDER)

    def _search(self, request: Think | Ponder, kind: str, limit: Limit | None, priority: Priority) -> None:
        arrived = perf_counter()
        session = self._idle(request.session, kind)
        seat = session.seat
        self._admit(1)
        capped = limit is not None and limit.simulations is None
        if limit is None and priority is Priority.PONDER:  # as long as memory allows
            limit, capped = Limit(time=request.time, simulations=seat.session.max_simulations), True
        elif limit is None:
            limit = seat.session.limit
        else:
            self._check_simulations(kind, limit)
        observation = finite(f"{kind}.obs", request.obs, seat.session.agent.model.observation)
        legal = legal_actions(f"{kind}.legal", request.legal, seat.session.agent.model.actions)
        moves = self._moves(seat, kind, request.moves or ())
        pondering = isinstance(request, Ponder)
        deliberation = seat.deliberate(moves, observation, legal, limit, request.to_play, pondering=pondering)
        number, model = request.id, session.model
        streamed = request.stream is not None

        def on_info(decision: Decision, elapsed: float) -> None:
            if self._send is not None:
                self._send(info_of(number, decision, elapsed, request.stream or ()))

        def on_done(answer: Decision | MyoshuError, times: Times) -> None:
            session.job = None
            self._thinking.pop(number, None)
            self._shared.metrics.note_search(times.total)
            if isinstance(answer, MyoshuError):
                seat.unhear()
                self._reply(error_of(request, answer))
            else:
                self._reply(result_of(number, answer, times, model))
            if not seat.session.keep_tree:
                seat.session.release()

        job = Job(
            seat,
            deliberation,
            arrived=arrived,
            time=limit.time,
            priority=priority,
            capped=capped or deliberation.capped,
            every=(request.every or EVERY) if streamed else None,
            on_info=on_info,
            on_done=on_done,
        )
        session.job = (number, job)
        self._thinking[number] = [job]
        self._shared.scheduler.submit(self, job)
        self._shared.wake()

    def _observe(self, request: Observe) -> None:
        seat = self._idle(request.session, "observe").seat
        for move in self._moves(seat, "observe", request.moves):
            seat.session.observe(move)
        self._reply(Ok(id=request.id))

    def _cancel(self, request: Cancel) -> None:
        found = request.request in self._thinking
        if batch := self._batches.get(request.request):
            self._prepare(batch, whole=True)
        self._shared.scheduler.stop([*self._thinking.get(request.request, ())])
        self._reply(Ok(id=request.id, found=found))

    def _act_batch(self, request: ActBatch) -> None:
        arrived = perf_counter()
        name = self._named("act_batch", request.model, None)
        agent = self._shared.models[name]
        model = agent.model
        rows = request.obs.sh[0] if request.obs.sh else 0
        most = self._shared.settings.batch
        if not 1 <= rows <= most:
            raise Refusal("invalid", "act_batch.obs.sh", f"from 1 to {most} rows", f"{list(request.obs.sh)}")
        self._admit(rows)
        observations = finite("act_batch.obs", request.obs, (rows, *model.observation))
        legal = None if request.legal is None else masks("act_batch.legal", request.legal, rows, model.actions)
        to_play = request.to_play
        if to_play is not None and len(to_play) != rows:
            raise Refusal("invalid", "act_batch.to_play", f"{rows} players", f"{len(to_play)}")
        limit = Limit(
            time=request.time,
            simulations=request.simulations or (None if request.time else agent.manifest.search.simulations),
        )
        self._check_simulations("act_batch", limit)

        def on_done(reply: Acts | Error, times: Times) -> None:
            self._thinking.pop(request.id, None)
            self._shared.metrics.note_search(times.total)
            self._reply(reply)

        batch = Batch(
            self._shared,
            request,
            arrived=arrived,
            model=name,
            limit=limit,
            observations=observations,
            legal=legal,
            submit=partial(self._shared.scheduler.submit, self),
            on_done=on_done,
        )
        self._batches[request.id] = batch
        self._thinking[request.id] = batch.jobs
        self._prepare(batch)

    def _prepare(self, batch: Batch, *, whole: bool = False) -> None:
        """Begin the searches of the next rows, as many as one turn has time for, or of all."""
        if self._batches.get(batch.request.id) is not batch:
            return
        try:
            batch.prepare(math.inf if whole else perf_counter() + SECONDS)
        except Exception as error:  # noqa: BLE001 -- whatever it is, the request is answered
            self._abandon(batch)
            self._reply(self._refused(batch.request, error))
            return
        self._shared.wake()
        if batch.left:
            self._shared.soon(partial(self._prepare, batch))
        else:
            del self._batches[batch.request.id]

    def _abandon(self, batch: Batch) -> None:
        """Give all rows back, without an answer."""
        del self._batches[batch.request.id], self._thinking[batch.request.id]
        batch.abandon()

    def _level(self, request: Level) -> None:
        session = self._idle(request.session, "level")
        self._change(session, session.model, request.level, None, None)
        self._reply(Ok(id=request.id))

    def _swap(self, request: Swap) -> None:
        session = self._idle(request.session, "swap")
        name = self._named("swap", request.model, request.hash)
        for field in ("players", "actions", "observation"):
            held = getattr(session.seat.session.agent.game, field)
            wanted = getattr(self._shared.models[name].game, field)
            if held != wanted:
                raise Refusal("mismatch", f"swap.model.game.{field}", str(held), str(wanted))
        levels = [strength.level for strength in self._shared.models[name].manifest.strength]
        if session.level is not None and session.level not in levels:
            there = ", ".join(f"{level:g}" for level in levels) or "none"
            raise Refusal("mismatch", "swap.model.levels", f"the session's level {session.level:g} among them", there)
        self._change(session, name, session.level, session.elo, session.seat.session.temperature)
        self._reply(Ok(id=request.id))

    def _close(self, request: Close) -> None:
        session = self._sessions.get(request.session)
        if session is None:
            raise self._unknown("close", request.session)
        if session.job is not None:
            self._shared.scheduler.stop([session.job[1]])
        del self._sessions[request.session]
        session.seat.session.release()
        self._shared.metrics.open_sessions -= 1
        self._reply(Ok(id=request.id))

    def _examples(self, request: Examples) -> None:
        name = self._named("examples", request.model, None)
        self._reply(positions_of(request.id, name, self._shared.models[name]))

    def _check(self, request: Check) -> None:
        name = self._named("check", request.model, None)
        self._reply(checked(request, self._shared.models[name]))

    def _change(
        self, session: _Session, name: str, level: float | None, elo: float | None, temperature: float | None
    ) -> None:
        """Another model or level; what is not said stays. The level's temperature if none is given."""
        seat = session.seat
        fresh = self._shared.models[name].new_session(
            level=level,
            elo=elo,
            temperature=temperature,
            keep_tree=seat.session.keep_tree,
            max_simulations=self._shared.settings.timed_simulations,
            trees=SharedTrees(self._shared.pools, self._shared.models[name]),
        )
        seat.session.adopt(fresh)
        session.model, session.level, session.elo = name, level, elo

    def _admit(self, searches: int) -> None:
        settings = self._shared.settings
        under_way = sum(map(len, self._thinking.values())) + sum(batch.left for batch in self._batches.values())
        if under_way + searches > settings.thinking or len(self._shared.scheduler) + searches > settings.total_thinking:
            limit = min(settings.thinking, settings.total_thinking)
            raise Refusal("busy", "thinking", f"at most {limit} searches at once", f"{searches} more", RETRY)

    def _check_simulations(self, kind: str, limit: Limit) -> None:
        most = self._shared.settings.simulations
        if limit.simulations is not None and limit.simulations > most:
            raise Refusal("capacity", f"{kind}.simulations", f"at most {most}", str(limit.simulations))

    def _idle(self, number: int, kind: str) -> _Session:
        """A session that does not think; pondering is ended."""
        session = self._sessions.get(number)
        if session is None:
            raise self._unknown(kind, number)
        if session.job is not None:
            request, job = session.job
            if job.priority is not Priority.PONDER:
                raise Refusal(
                    "thinking", f"{kind}.session", "a session at rest", f"one that thinks (request {request})"
                )
            self._shared.scheduler.stop([job])
        return session

    def _unknown(self, kind: str, number: int) -> Refusal:
        return Refusal("unknown_session", f"{kind}.session", "the number of an open session", str(number))

    def _named(self, kind: str, name: str | None, wanted: str | None) -> str:
        """A model's name, if there is such a model and it has the wanted hash."""
        models = self._shared.models
        name = models.first if name is None else name
        if name not in models:
            raise Refusal("unknown_model", f"{kind}.model", f"one of {', '.join(models.names)}", repr(name))
        held = models[name].manifest.spec_hash
        if wanted is not None and wanted != held:
            raise Refusal("mismatch", f"{kind}.hash", held, wanted)
        return name

    def _moves(self, seat: Seat, kind: str, moves: tuple[int, ...]) -> tuple[int, ...]:
        """Moves that were told, checked."""
        actions, most = seat.session.agent.model.actions, self._shared.settings.moves
        if len(moves) > most:
            raise Refusal("invalid", f"{kind}.moves", f"at most {most}", str(len(moves)))
        if moves and max(moves) >= actions:
            raise Refusal("invalid", f"{kind}.moves", f"actions below {actions}", str(max(moves)))
        return moves

    def _reply(self, reply: Reply | Error) -> None:
        assert reply.id is not None
        if isinstance(reply, Error):
            self._shared.metrics.errors[reply.code] += 1
        if self._resumable and not isinstance(reply, Pong | Positions):  # which are asked for again: they may be large
            self._replies.keep(reply.id, reply)
        if self._send is not None:
            self._send(reply)


HANDLERS: dict[type[Request], Callable[[AgentService, Any], None]] = {
    Ping: AgentService._ping,
    Open: AgentService._open,
    Think: AgentService._think,
    Ponder: AgentService._ponder,
    Observe: AgentService._observe,
    Cancel: AgentService._cancel,
    ActBatch: AgentService._act_batch,
    Level: AgentService._level,
    Swap: AgentService._swap,
    Close: AgentService._close,
    Examples: AgentService._examples,
    Check: AgentService._check,
}
"""Who answers what."""
