/** What goes wrong, as a tree: every error of this package is a `MyoshuError`. */
export class MyoshuError extends Error {
  /** @param {string} message one line: where, what was expected, what came */
  constructor(message) {
    super(message);
    this.name = new.target.name;
  }
}

/** The caller's mistake: nothing was sent. */
export class ArgumentError extends MyoshuError {}

/** The other side is gone, or was never there. Requests under way end with this. */
export class ConnectionLostError extends MyoshuError {}

/** The other side answered a request with an `error`. */
export class RequestError extends MyoshuError {
  /** @param {{code: string, msg: string, field?: string, expected?: string, got?: string, retry?: number}} reply */
  constructor(reply) {
    super(`${reply.code}: ${reply.msg}`);
    /** One word, from the table in PROTOCOL.md. */
    this.code = reply.code;
    /** Where, as `think.obs.sh`. */
    this.field = reply.field;
    /** What was expected there. */
    this.expected = reply.expected;
    /** What came. */
    this.got = reply.got;
    /** With `busy`: seconds after which to try again. */
    this.retry = reply.retry;
  }
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
  constructor(code, field, expected, got, request) {
    super(`${field}: expected ${expected}, got ${got}`);
    /** One word, from the table in PROTOCOL.md. */
    this.code = code;
    /** Where, as `think.obs.sh`. */
    this.field = field;
    /** What was expected there. */
    this.expected = expected;
    /** What came. */
    this.got = got;
    /** Id of the request that it is in; without one the connection ends. */
    this.request = request;
  }
}

/** A game's answer to an action that is not legal now: the game must be as it was. */
export class IllegalActionError extends MyoshuError {}
