/** @typedef {import("./client.js").Client} Client */
/** @typedef {import("./client.js").Times} Times */
/**
 * @typedef {object} Info the best so far
 * @property {number} action
 * @property {number} value what the player to move can expect
 * @property {number} simulations made so far
 * @property {number} elapsed seconds since the request arrived
 * @property {Float32Array} [policy] one for each action
 * @property {Int32Array} [visits] one for each action
 * @property {number[]} [pv] the line of play expected
 */
/**
 * @typedef {object} Decision
 * @property {number} action what to play: always a legal action
 * @property {number} value what the player to move can expect, in the game's units
 * @property {number[]} values the same for each player
 * @property {Float32Array} policy one for each action, adding up to 1
 * @property {Int32Array} visits one for each action
 * @property {number[]} pv the line of play expected; beyond the first it is imagined
 * @property {number} simulations made for this request
 * @property {"simulations" | "time" | "capacity" | "only_move" | "stopped"} stop why it ended
 * @property {Times} times seconds
 * @property {string} provider what computed the network
 * @property {string} model
 */
/**
 * @typedef {object} ThinkOptions
 * @property {Iterable<number> | Uint8Array} [legal] the legal actions, or a mask as `packMask` makes; all if not given
 * @property {number} [toPlay] the player to move; else player 0, or whose turn it is after the reported moves
 * @property {number[]} [moves] actions actually made since the last request
 * @property {number} [time] seconds
 * @property {number} [simulations]
 * @property {number} [priority] 0, 1 or 2; 1 if not given (of no effect on pondering)
 * @property {(info: Info) => void} [onInfo] called with the best so far while it thinks
 * @property {("policy" | "visits" | "pv")[]} [stream] what each info has besides action and value
 * @property {number} [every] seconds between two infos; 0.1 if not given
 * @property {AbortSignal} [signal] ends thinking: the decision is then the best so far
 */
/** One seat in one game, on a server; made by `Client.newSession`. */
export class Session {
    /**
     * @param {Client} client
     * @param {{session: number, model: string, hash: string, simulations: number}} opened
     */
    constructor(client: Client, opened: {
        session: number;
        model: string;
        hash: string;
        simulations: number;
    });
    _client: import("./client.js").Client;
    _era: number;
    /** Its number on the server. */
    number: number;
    /** What it plays with. */
    model: string;
    /** Hash of the game's and the network's specification. */
    hash: string;
    /** What a move gets where no limit is given. */
    simulations: number;
    /**
     * Decide on a move.
     * @param {import("./tensor.js").Elements | any[]} observation what the player to move sees, in C order
     * @param {ThinkOptions} [options]
     * @returns {Promise<Decision>}
     * @throws {RequestError} the server answered with an error
     */
    think(observation: import("./tensor.js").Elements | any[], options?: ThinkOptions): Promise<Decision>;
    /**
     * Think while another player decides; the next request for the session ends it.
     * @param {import("./tensor.js").Elements | any[]} observation what the player to move sees
     * @param {ThinkOptions} [options]
     * @returns {Promise<Decision>}
     */
    ponder(observation: import("./tensor.js").Elements | any[], options?: ThinkOptions): Promise<Decision>;
    /**
     * Report moves actually made, by any player.
     * @param {...number} moves
     */
    observe(...moves: number[]): Promise<void>;
    /**
     * Set how strongly to play from now on.
     * @param {number} level one of the model's
     */
    setLevel(level: number): Promise<void>;
    /**
     * Continue with another model of the same game.
     * @param {string} model
     * @param {string} [hash] what its hash must be
     */
    swap(model: string, hash?: string): Promise<void>;
    /** Give the seat back. What it still thinks about is ended first. */
    close(): Promise<void>;
    /**
     * @param {string} t
     * @param {import("./tensor.js").Elements | any[]} observation
     * @param {ThinkOptions} options
     * @returns {Promise<Decision>}
     */
    _search(t: string, observation: import("./tensor.js").Elements | any[], options: ThinkOptions): Promise<Decision>;
    /**
     * @param {import("./codec.js").Message} message
     * @param {(info: any) => void} [onInfo]
     * @param {AbortSignal} [signal]
     * @param {(reply: import("./codec.js").Message) => void} [check]
     */
    _ask(message: import("./codec.js").Message, onInfo?: (info: any) => void, signal?: AbortSignal, check?: (reply: import("./codec.js").Message) => void): Promise<any>;
}
export type Client = import("./client.js").Client;
export type Times = import("./client.js").Times;
/**
 * the best so far
 */
export type Info = {
    action: number;
    /**
     * what the player to move can expect
     */
    value: number;
    /**
     * made so far
     */
    simulations: number;
    /**
     * seconds since the request arrived
     */
    elapsed: number;
    /**
     * one for each action
     */
    policy?: Float32Array<ArrayBufferLike> | undefined;
    /**
     * one for each action
     */
    visits?: Int32Array<ArrayBufferLike> | undefined;
    /**
     * the line of play expected
     */
    pv?: number[] | undefined;
};
export type Decision = {
    /**
     * what to play: always a legal action
     */
    action: number;
    /**
     * what the player to move can expect, in the game's units
     */
    value: number;
    /**
     * the same for each player
     */
    values: number[];
    /**
     * one for each action, adding up to 1
     */
    policy: Float32Array;
    /**
     * one for each action
     */
    visits: Int32Array;
    /**
     * the line of play expected; beyond the first it is imagined
     */
    pv: number[];
    /**
     * made for this request
     */
    simulations: number;
    /**
     * why it ended
     */
    stop: "simulations" | "time" | "capacity" | "only_move" | "stopped";
    /**
     * seconds
     */
    times: Times;
    /**
     * what computed the network
     */
    provider: string;
    model: string;
};
export type ThinkOptions = {
    /**
     * the legal actions, or a mask as `packMask` makes; all if not given
     */
    legal?: Iterable<number> | Uint8Array<ArrayBufferLike> | undefined;
    /**
     * the player to move; else player 0, or whose turn it is after the reported moves
     */
    toPlay?: number | undefined;
    /**
     * actions actually made since the last request
     */
    moves?: number[] | undefined;
    /**
     * seconds
     */
    time?: number | undefined;
    simulations?: number | undefined;
    /**
     * 0, 1 or 2; 1 if not given (of no effect on pondering)
     */
    priority?: number | undefined;
    /**
     * called with the best so far while it thinks
     */
    onInfo?: ((info: Info) => void) | undefined;
    /**
     * what each info has besides action and value
     */
    stream?: ("policy" | "visits" | "pv")[] | undefined;
    /**
     * seconds between two infos; 0.1 if not given
     */
    every?: number | undefined;
    /**
     * ends thinking: the decision is then the best so far
     */
    signal?: AbortSignal | undefined;
};
