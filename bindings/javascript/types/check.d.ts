/**
 * The positions that came with a model.
 * @param {Client} client
 * @param {string} [model]
 * @returns {Promise<Examples>}
 */
export function examplesOf(client: Client, model?: string): Promise<Examples>;
/**
 * Compare what a program shows in a model's positions with what the model saw.
 * @param {Client} client
 * @param {Observe} observe
 * @param {string} [model]
 * @returns {Promise<Check>}
 */
export function checkObservations(client: Client, observe: Observe, model?: string): Promise<Check>;
export type Client = import("./client.js").Client;
/**
 * a position of a real game that came with an agent
 */
export type Example = {
    /**
     * the actions from the beginning, by any player
     */
    moves: number[];
    /**
     * chance takes part: the moves alone do not determine the position
     */
    drawn: boolean;
    /**
     * the player to move
     */
    toPlay: number;
    /**
     * the legal actions, ascending
     */
    legal: number[];
    /**
     * what the player to move saw, in C order
     */
    observation: Float32Array;
    /**
     * the network's own policy, including illegal actions
     */
    prior: Float32Array;
    /**
     * what the network expects for the player to move
     */
    value: number;
    /**
     * what `Session.think` answers with 1 simulation and temperature 0
     */
    action: number;
};
export type Examples = {
    /**
     * may be none
     */
    positions: Example[];
    /**
     * what each index of an observation's first dimension holds; empty: not stated
     */
    planes: string[];
    /**
     * what its other dimensions are; empty: not stated
     */
    layout: string;
};
export type Check = {
    /**
     * positions that were compared; 0 if the agent has none that moves alone determine
     */
    compared: number;
    /**
     * the indices of those whose observation is not what the agent learned from
     */
    differ: number[];
    /**
     * whether positions were compared and none differs
     */
    right: boolean;
    /**
     * that in words and, if known, how they differ
     */
    text: string;
};
/**
 * What the player to move sees after these actions since the beginning of a game, in C order.
 */
export type Observe = (moves: number[]) => import("./tensor.js").Elements | any[] | Promise<import("./tensor.js").Elements | any[]>;
