/** @typedef {{time?: number, simulations?: number}} Limit seconds, simulations: what is reached first ends a search */
/**
 * The keys of a request that limit its search.
 * @param {Limit} limit
 * @throws {ArgumentError} a limit is out of range
 */
export function limitOf({ time, simulations }: Limit): {
    time: number | undefined;
    simulations: number | undefined;
};
/**
 * seconds, simulations: what is reached first ends a search
 */
export type Limit = {
    time?: number;
    simulations?: number;
};
