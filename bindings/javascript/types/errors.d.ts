/** What goes wrong, as a tree: every error of this package is a `MyoshuError`. */
export class MyoshuError extends Error {
    /** @param {string} message one line: where, what was expected, what came */
    constructor(message: string);
}
/** The caller's mistake: nothing was sent. */
export class ArgumentError extends MyoshuError {
}
/** The other side is gone, or was never there. Requests under way end with this. */
export class ConnectionLostError extends MyoshuError {
}
/** The other side answered a request with an `error`. */
export class RequestError extends MyoshuError {
    /** @param {{code: string, msg: string, field?: string, expected?: string, got?: string, retry?: number}} reply */
    constructor(reply: {
        code: string;
        msg: string;
        field?: string;
        expected?: string;
        got?: string;
        retry?: number;
    });
    /** One word, from the table in PROTOCOL.md. */
    code: string;
    /** Where, as `think.obs.sh`. */
    field: string | undefined;
    /** What was expected there. */
    expected: string | undefined;
    /** What came. */
    got: string | undefined;
    /** With `busy`: seconds after which to try again. */
    retry: number | undefined;
}
/** What came is not as PROTOCOL.md says: the other side's mistake. */
export class ProtocolError extends MyoshuError {
    /**
     * @param {string} code one word, from the table in PROTOCOL.md
     * @param {string} field the field's path, as `think.obs.sh`
     * @param {string} expected what was expected
     * @param {string} got what came
     * @param {number} [request] id of the request that it is in
     */
    constructor(code: string, field: string, expected: string, got: string, request?: number);
    /** One word, from the table in PROTOCOL.md. */
    code: string;
    /** Where, as `think.obs.sh`. */
    field: string;
    /** What was expected there. */
    expected: string;
    /** What came. */
    got: string;
    /** Id of the request that it is in; without one the connection ends. */
    request: number | undefined;
}
/** A game's answer to an action that is not legal now: the game must be as it was. */
export class IllegalActionError extends MyoshuError {
}
