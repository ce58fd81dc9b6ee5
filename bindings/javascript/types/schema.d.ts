/** What is fixed about a game. */
export const game: import("./fields.js").Check;
/** Every message by its type. @type {Record<string, Check>} */
export const MESSAGES: Record<string, Check>;
/** Messages that carry no id. */
export const WITHOUT_ID: Set<string>;
export type Check = import("./fields.js").Check;
