/** @typedef {import("./codec.js").Message} Message */
/**
 * A game in progress.
 * @typedef {object} State
 * @property {() => number} toPlay the player to move
 * @property {() => number[]} legalActions ascending; at least one until the end
 * @property {(action: number) => ArrayLike<number> | void} apply play it; returns the rewards, or nothing for 0
 * @property {() => boolean} isTerminal
 * @property {() => ArrayLike<number>} observation what the player to move sees, in C order
 * @property {boolean} [truncated] whether the end came from outside, not from the rules
 */
/**
 * The rules of a game.
 * @typedef {object} Game
 * @property {import("./client.js").GameSpec} spec
 * @property {(seed: number | bigint) => State} newState a game at its beginning; the seed decides all chance in it
 * @property {(state: any, action: number) => string} [actionName] for a person
 */
/** Answers one trainer's requests with a game; games wait for their next step (lockstep). It knows no sockets. */
export class EnvironmentService {
    /**
     * @param {Game} game
     * @param {number} slots how many games at once
     */
    constructor(game: Game, slots: number);
    _game: Game;
    /** @type {(State | null)[]} */
    _states: (State | null)[];
    /**
     * The reply to a request.
     * @param {Message} request
     * @returns {Message}
     */
    handle(request: Message): Message;
    /** @param {number} slot @param {number | bigint} seed @param {number[]} moves */
    _begin(slot: number, seed: number | bigint, moves: number[]): Float32Array<ArrayBuffer>;
    /** @param {number} slot @param {number} action */
    _play(slot: number, action: number): number[] | null;
    /** @param {State} state @param {number} action @returns {number[]} */
    _apply(state: State, action: number): number[];
    /**
     * The state of slots after something was done in each.
     * @param {Message} request
     * @param {(slot: number, row: number) => ArrayLike<number> | null} act rewards, or null where no game is in progress
     * @returns {Message}
     */
    _each({ t, id, slots }: Message, act: (slot: number, row: number) => ArrayLike<number> | null): Message;
    /** @param {Message} request @returns {Message} */
    _describe({ id, slot }: Message): Message;
    /** @param {string} kind @param {number[]} slots */
    _check(kind: string, slots: number[]): void;
}
export type Message = import("./codec.js").Message;
/**
 * A game in progress.
 */
export type State = {
    /**
     * the player to move
     */
    toPlay: () => number;
    /**
     * ascending; at least one until the end
     */
    legalActions: () => number[];
    /**
     * play it; returns the rewards, or nothing for 0
     */
    apply: (action: number) => ArrayLike<number> | void;
    isTerminal: () => boolean;
    /**
     * what the player to move sees, in C order
     */
    observation: () => ArrayLike<number>;
    /**
     * whether the end came from outside, not from the rules
     */
    truncated?: boolean | undefined;
};
/**
 * The rules of a game.
 */
export type Game = {
    spec: import("./client.js").GameSpec;
    /**
     * a game at its beginning; the seed decides all chance in it
     */
    newState: (seed: number | bigint) => State;
    /**
     * for a person
     */
    actionName?: ((state: any, action: number) => string) | undefined;
};
