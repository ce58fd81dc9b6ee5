/** A connection to an agent server; made by `connect`. */
export class Client {
    /**
     * @param {string} url for messages
     * @param {() => Promise<Transport>} dial
     * @param {ConnectOptions} options
     */
    constructor(url: string, dial: () => Promise<Transport>, options: ConnectOptions);
    _url: string;
    _dial: () => Promise<Transport>;
    _options: {
        /**
         * what the server requires; the discovery file's if not given
         */
        token?: string | undefined;
        /**
         * seconds that connecting may take; 30 if not given
         */
        timeout: number;
        /**
         * seconds of silence after which each side checks whether the other is there; 0 for
         * never; 10 if not given
         */
        heartbeat: number;
        /**
         * seconds to try to restore a lost connection, with its sessions and requests; 0
         * for never; 30 if not given
         */
        resume: number;
        /**
         * program and version, for the server's log
         */
        name: string;
    };
    _next: number;
    /** @type {Map<number, Waiting>} */
    _waiting: Map<number, Waiting>;
    /** @type {Link | null} */
    _link: Link | null;
    /** @type {Error | null} */
    _failure: Error | null;
    /** Counts the server's memories of this client: sessions of another are gone. */
    era: number;
    /** @type {Message} */
    _welcome: Message;
    /** What the server can play with; the first is the default. @returns {Model[]} */
    get models(): Model[];
    /** What this connection may ask for. @returns {{sessions: number, thinking: number, simulations: number, batch: number} | undefined} */
    get limits(): {
        sessions: number;
        thinking: number;
        simulations: number;
        batch: number;
    } | undefined;
    /** The server's name and version. @returns {string | undefined} */
    get server(): string | undefined;
    /** The handshake. @returns {Promise<this>} */
    open(): Promise<this>;
    /**
     * Take a seat in a game.
     * @param {object} [options]
     * @param {string} [options.model] its name; the first if not given
     * @param {string} [options.hash] what the model's hash must be
     * @param {number | bigint} [options.seed] of the session's random numbers; another each time if not given
     * @param {number} [options.level] how strongly to play, one of the model's levels
     * @param {number} [options.elo] the same in measured points above random play, between those of two levels
     * @param {number} [options.temperature] how freely moves are drawn; 0 plays the best
     * @param {boolean} [options.keepTree] whether searches continue from the kept tree after moves that were reported
     * @returns {Promise<Session>}
     * @throws {RequestError} the server refuses
     */
    newSession({ model, hash, seed, level, elo, temperature, keepTree }?: {
        model?: string | undefined;
        hash?: string | undefined;
        seed?: number | bigint | undefined;
        level?: number | undefined;
        elo?: number | undefined;
        temperature?: number | undefined;
        keepTree?: boolean | undefined;
    }): Promise<Session>;
    /**
     * Moves for a crowd, without sessions.
     * @param {import("./tensor.js").Elements} observations the rows, concatenated
     * @param {object} options
     * @param {number} options.rows how many
     * @param {Uint8Array} [options.legal] masks, each row beginning with a new byte
     * @param {number[]} [options.toPlay]
     * @param {string} [options.model]
     * @param {number} [options.time] seconds
     * @param {number} [options.simulations]
     * @param {number} [options.temperature]
     * @param {number | bigint} [options.seed] row i plays as a new session with seed + i
     * @returns {Promise<Acts>}
     */
    actBatch(observations: import("./tensor.js").Elements, { rows, legal, toPlay, model, time, simulations, temperature, seed }: {
        rows: number;
        legal?: Uint8Array<ArrayBufferLike> | undefined;
        toPlay?: number[] | undefined;
        model?: string | undefined;
        time?: number | undefined;
        simulations?: number | undefined;
        temperature?: number | undefined;
        seed?: number | bigint | undefined;
    }): Promise<Acts>;
    /**
     * A few positions of real games that came with a model: what it saw in them, and its network's outputs.
     * @param {string} [model] its name; the first if not given
     * @returns {Promise<import("./check.js").Examples>}
     * @throws {RequestError} the server is older than this request
     */
    examples(model?: string): Promise<import("./check.js").Examples>;
    /**
     * Check that a model is shown what it learned from: an observation of the right size may still hold other planes, in
     * another order or turned, and then the agent plays badly and nothing else shows it.
     * @param {import("./check.js").Observe} observe
     * @param {string} [model] its name; the first if not given
     * @returns {Promise<import("./check.js").Check>}
     * @throws {RequestError} the server is older than this request
     */
    checkObservations(observe: import("./check.js").Observe, model?: string): Promise<import("./check.js").Check>;
    /**
     * Make any request and wait for its final reply.
     * @param {Message} message without an id
     * @param {(info: Message) => void} [onInfo]
     * @param {AbortSignal} [signal] ends thinking: the reply is then the best so far
     * @param {(reply: Message) => void} [check] throws a `ProtocolError` if the reply does not answer this request
     * @returns {Promise<any>}
     * @throws {RequestError} the server answered with an error
     * @throws {ConnectionLostError} the server is gone
     */
    ask(message: Message, onInfo?: (info: Message) => void, signal?: AbortSignal, check?: (reply: Message) => void): Promise<any>;
    /** Whether the server is there. @returns {Promise<void>} */
    ping(): Promise<void>;
    /** Say goodbye; the server takes all sessions back. Requests under way end with an error. */
    close(): void;
    /** @param {number} id */
    _cancel(id: number): void;
    _takeId(): number;
    /** @param {string} [ticket] of the connection that was lost */
    _greet(ticket?: string): Promise<void>;
    /**
     * Take over a link whose handshake is complete.
     * @param {Link} link
     * @param {number[]} [pending] requests that the server was asked to resume, if a connection had been lost
     */
    _take(link: Link, pending?: number[]): void;
    /** @param {Message} message */
    _meet(message: Message): void;
    /** @param {string} why @param {boolean} broken whether the server broke the protocol, and would again */
    _recover(why: string, broken: boolean): Promise<void>;
    /** @param {Error} error every request under way ends with it */
    _fail(error: Error): void;
}
export type Message = import("./codec.js").Message;
export type Transport = import("./link.js").Transport;
export type ConnectOptions = {
    /**
     * what the server requires; the discovery file's if not given
     */
    token?: string | undefined;
    /**
     * seconds that connecting may take; 30 if not given
     */
    timeout?: number | undefined;
    /**
     * seconds of silence after which each side checks whether the other is there; 0 for
     * never; 10 if not given
     */
    heartbeat?: number | undefined;
    /**
     * seconds to try to restore a lost connection, with its sessions and requests; 0
     * for never; 30 if not given
     */
    resume?: number | undefined;
    /**
     * program and version, for the server's log
     */
    name?: string | undefined;
};
export type GameSpec = {
    name: string;
    players: number;
    actions: number;
    observation: number[];
    returns: [number, number];
    zero_sum?: boolean;
    movers?: "alternate" | "predicted";
    final_rewards_only?: boolean;
    stochastic?: boolean;
    max_length?: number;
    planes?: string[];
    layout?: string;
};
export type Model = {
    name: string;
    hash: string;
    game: GameSpec;
    levels?: number[];
    elo?: number[];
    simulations?: number;
    provider?: string;
};
/**
 * seconds
 */
export type Times = {
    queue: number;
    network: number;
    search: number;
    total: number;
};
export type Acts = {
    actions: number[];
    values: number[];
    simulations: number[];
    stop: string;
    times: Times;
    provider: string;
    model: string;
};
export type Waiting = {
    message: Message;
    resolve: (reply: any) => void;
    reject: (error: Error) => void;
    onInfo?: (info: Message) => void;
    check?: (reply: Message) => void;
};
import { Link } from "./link.js";
import { Session } from "./session.js";
