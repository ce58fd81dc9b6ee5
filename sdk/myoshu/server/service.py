"""The agent's side of one connection: requests in, replies out. It knows no sockets, and outlives its connection."""

from __future__ import annotations

import dataclasses
import logging
from collections import OrderedDict
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
from myoshu.server.answers import error_of, info_of, result_of, stop_of
from myoshu.server.arguments import Refusal, finite, legal_actions, masks
from myoshu.server.examples import checked, positions_of
from myoshu.server.job import Job, Priority
from myoshu.server.metrics import Metrics
from myoshu.server.models import Models
from myoshu.server.pool import Pools
from myoshu.server.scheduler import Scheduler
from myoshu.server.seat import Seat
from myoshu.server.settings import Settings

__all__ = ["AgentService", "Shared"]

log = logging.getLogger("myoshu.server")

KEPT_REPLIES = 1024
"""Final replies that are kept for a client that resumes."""
EVERY = 0.1
"""Seconds between two infos where the client does not say."""
RETRY = 0.25
"""Seconds after which a client that was refused may try again."""


@dataclasses.dataclass(slots=True)
class Shared:
    """What all connections of a server share."""

    models: Models
    """What it plays with."""
    settings: Settings
    """Its bounds."""
    pools: Pools
    """Where trees are."""
    scheduler: Scheduler
    """What is searched next."""
    metrics: Metrics
    """What is counted."""
    wake: Callable[[], None] = lambda: None
    """Called when there is something to search."""


@dataclasses.dataclass(slots=True)
class _Session:
    seat: Seat
    model: str
    job: tuple[int, Job] | None = None


@dataclasses.dataclass(slots=True)
class _Batch:
    rows: list[Decision | MyoshuError | None]
    seats: list[Seat]
    jobs: list[Job]
    times: list[Times]


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
        self._replies: OrderedDict[int, Reply | Error] = OrderedDict()
        self._handlers: dict[type[Request], Callable[[Any], None]] = {
            Ping: self._ping,
            Open: self._open,
            Think: self._think,
            Ponder: self._ponder,
            Observe: self._observe,
            Cancel: self._cancel,
            ActBatch: self._act_batch,
            Level: self._level,
            Swap: self._swap,
            Close: self._close,
            Examples: self._examples,
            Check: self._check,
        }

    def handle(self, request: Request) -> None:
        """Answer a request now or, if it is to be thought about, in time."""
        self._shared.metrics.requests[str(request.__struct_config__.tag)] += 1
        self._replies.pop(request.id, None)
        try:
            self._handlers[type(request)](request)
        except Refusal as refusal:
            self._reply(refusal.reply(request.id))
        except MyoshuError as error:
            self._reply(error_of(request, error))
        except Exception:
            log.exception("a request failed", extra={"event": "fault", "request": type(request).__name__})
            self._reply(Error(id=request.id, code="internal", msg=f"{type(request).__name__.lower()}: failed; see log"))

    def detach(self) -> None:
        """The connection is lost: replies are kept."""
        self._send = None

    def attach(self, send: Callable[[Reply | Error], None], pending: tuple[int, ...]) -> None:
        """Go on over another connection, with final replies for the requests that have none."""
        self._send = send
        for request in pending:
            if request in self._thinking:
                continue
            reply = self._replies.get(request)
            if reply is None:
                reply = Error(id=request, code="lost", msg=f"request {request}: expected to have arrived, it had not")
            send(reply)

    def end(self) -> None:
        """Answer what is pending, and give everything back."""
        for jobs in list(self._thinking.values()):
            for job in jobs:
                self._shared.scheduler.stop(job)
        self._shared.metrics.open_sessions -= len(self._sessions)
        for session in self._sessions.values():
            session.seat.release()
        self._sessions.clear()

    def _ping(self, request: Ping) -> None:
        self._reply(Pong(id=request.id))

    def _open(self, request: Open) -> None:
        settings, metrics = self._shared.settings, self._shared.metrics
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
            temperature=temperature,
            keep_tree=keep_tree,
            max_simulations=settings.timed_simulations,
        )
        number, self._number = self._number, self._number + 1
        self._sessions[number] = _Session(Seat(session, self._shared.pools), name)
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
        most = self._shared.settings.timed_simulations
        limit = Limit(time=request.time, simulations=request.simulations or most)
        self._search(request, "ponder", limit, Priority.PONDER)

    def _search(self, request: Think | Ponder, kind: str, limit: Limit | None, priority: Priority) -> None:
        arrived = perf_counter()
        session = self._idle(request.session, kind)
        seat = session.seat
        self._admit(1)
        limit = seat.limit if limit is None else limit
        self._check_simulations(kind, limit)
        observation = finite(f"{kind}.obs", request.obs, seat.agent.model.observation)
        legal = legal_actions(f"{kind}.legal", request.legal, seat.agent.model.actions)
        self._hear(seat, kind, request.moves or ())
        deliberation = seat.deliberate(observation, legal, limit, request.to_play)
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
                self._reply(error_of(request, answer))
            else:
                self._reply(result_of(number, answer, times, model))
            if not seat.keep_tree:
                seat.release()

        job = Job(
            seat,
            deliberation,
            arrived=arrived,
            time=limit.time,
            priority=priority,
            capped=limit.simulations is None,
            every=(request.every or EVERY) if streamed else None,
            on_info=on_info,
            on_done=on_done,
        )
        session.job = (number, job)
        self._start(number, [job])

    def _observe(self, request: Observe) -> None:
        seat = self._idle(request.session, "observe").seat
        self._hear(seat, "observe", request.moves)
        self._reply(Ok(id=request.id))

    def _cancel(self, request: Cancel) -> None:
        jobs = self._thinking.get(request.request, [])
        for job in list(jobs):
            self._shared.scheduler.stop(job)
        self._reply(Ok(id=request.id, found=bool(jobs)))

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
        batch = _Batch([None] * rows, [], [], [])
        try:
            for row in range(rows):
                session = agent.new_session(
                    seed=None if request.seed is None else request.seed + row,
                    temperature=request.temperature,
                    keep_tree=False,
                    max_simulations=self._shared.settings.timed_simulations,
                )
                seat = Seat(session, self._shared.pools)
                batch.seats.append(seat)
                deliberation = seat.deliberate(
                    observations[row],
                    None if legal is None else legal[row],
                    limit,
                    None if to_play is None else to_play[row],
                )
                batch.jobs.append(
                    Job(
                        seat,
                        deliberation,
                        arrived=arrived,
                        time=limit.time,
                        priority=Priority.NORMAL if request.priority is None else Priority(request.priority),
                        capped=limit.simulations is None,
                        every=None,
                        on_info=lambda decision, elapsed: None,
                        on_done=partial(self._row_done, request, name, batch, row),
                    )
                )
        except BaseException:
            for seat in batch.seats:
                seat.release()
            raise
        self._start(request.id, batch.jobs)

    def _row_done(
        self, request: ActBatch, name: str, batch: _Batch, row: int, answer: Decision | MyoshuError, times: Times
    ) -> None:
        batch.rows[row] = answer
        batch.times.append(times)
        batch.seats[row].release()
        if len(batch.times) < len(batch.rows):
            return
        self._thinking.pop(request.id, None)
        self._shared.metrics.note_search(times.total)
        decisions = [decision for decision in batch.rows if isinstance(decision, Decision)]
        for failure in batch.rows:
            if isinstance(failure, MyoshuError):
                self._reply(error_of(request, failure))
                return
        self._reply(
            Acts(
                id=request.id,
                actions=tuple(decision.action for decision in decisions),
                values=tuple(decision.value for decision in decisions),
                simulations=tuple(decision.simulations for decision in decisions),
                stop=stop_of(decisions[-1]),
                times=times,
                provider=decisions[-1].provider,
                model=name,
            )
        )

    def _level(self, request: Level) -> None:
        session = self._idle(request.session, "level")
        self._change(session, session.model, request.level)
        self._reply(Ok(id=request.id))

    def _swap(self, request: Swap) -> None:
        session = self._idle(request.session, "swap")
        name = self._named("swap", request.model, request.hash)
        for field in ("players", "actions", "observation"):
            held = getattr(session.seat.agent.game, field)
            wanted = getattr(self._shared.models[name].game, field)
            if held != wanted:
                raise Refusal("mismatch", f"swap.model.game.{field}", str(held), str(wanted))
        self._change(session, name, None)
        session.model = name
        self._reply(Ok(id=request.id))

    def _close(self, request: Close) -> None:
        session = self._sessions.get(request.session)
        if session is None:
            raise self._unknown("close", request.session)
        if session.job is not None:
            self._shared.scheduler.stop(session.job[1])
        del self._sessions[request.session]
        session.seat.release()
        self._shared.metrics.open_sessions -= 1
        self._reply(Ok(id=request.id))

    def _examples(self, request: Examples) -> None:
        name = self._named("examples", request.model, None)
        self._reply(positions_of(request.id, name, self._shared.models[name]))

    def _check(self, request: Check) -> None:
        name = self._named("check", request.model, None)
        self._reply(checked(request, self._shared.models[name]))

    def _change(self, session: _Session, name: str, level: float | None) -> None:
        """Another model or strength; what is not said stays."""
        seat = session.seat
        fresh = self._shared.models[name].new_session(
            level=level,
            temperature=seat.temperature if level is None else None,
            keep_tree=seat.keep_tree,
            max_simulations=self._shared.settings.timed_simulations,
        )
        seat.adopt(fresh)

    def _start(self, request: int, jobs: list[Job]) -> None:
        self._thinking[request] = jobs
        for job in jobs:
            self._shared.scheduler.submit(self, job)
        self._shared.wake()

    def _admit(self, searches: int) -> None:
        settings = self._shared.settings
        under_way = sum(map(len, self._thinking.values()))
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
            self._shared.scheduler.stop(job)
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

    @staticmethod
    def _hear(seat: Seat, kind: str, moves: tuple[int, ...]) -> None:
        actions = seat.agent.model.actions
        for move in moves:
            if move >= actions:
                raise Refusal("invalid", f"{kind}.moves", f"actions below {actions}", str(move))
        for move in moves:
            seat.observe(move)

    def _reply(self, reply: Reply | Error) -> None:
        assert reply.id is not None
        if isinstance(reply, Error):
            self._shared.metrics.errors[reply.code] += 1
        if self._resumable and not isinstance(reply, Pong | Positions):  # those are asked for anew: they may be large
            self._replies[reply.id] = reply
            if len(self._replies) > KEPT_REPLIES:
                self._replies.popitem(last=False)
        if self._send is not None:
            self._send(reply)
