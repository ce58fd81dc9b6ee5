/**
 * A greeted connection to an agent: messages in, messages out. It knows no requests' meaning and never reopens
 * anything.
 */
export class Link {
    /**
     * Say `hello` and wait for `welcome`.
     * @param {Transport} transport
     * @param {Message} hello
     * @param {number} timeout seconds
     * @param {Listener} listener
     * @returns {Promise<void>}
     */
    static greet(transport: Transport, hello: Message, timeout: number, listener: Listener): Promise<void>;
    /** @param {Transport} transport @param {Message} hello @param {Listener} listener */
    constructor(transport: Transport, hello: Message, listener: Listener);
    _transport: Transport;
    _listener: Listener;
    _reader: FrameReader;
    _sendable: number;
    _heartbeat: any;
    /** What the acceptor said. @type {Message} */
    welcome: Message;
    /** Requests without a final reply: type by id. @type {Map<number, string>} */
    asked: Map<number, string>;
    ended: boolean;
    /** Whether the other side has said goodbye: it answers what is pending, and nothing new is asked. */
    _leaving: boolean;
    /** @type {((error: Error | null) => void) | null} */
    _greeted: ((error: Error | null) => void) | null;
    /** @type {any} */
    _silence: any;
    /**
     * Send a message.
     * @param {Message} message
     * @throws {RequestError} it is larger than the other side takes: nothing was sent
     */
    send(message: Message): void;
    /** Say `bye` and close. */
    close(): void;
    /** @param {Message} message */
    _write(message: Message): void;
    /** @param {Uint8Array} data */
    _feed(data: Uint8Array): void;
    /** @param {Message} message */
    _meet(message: Message): void;
    /** After the other side's goodbye the connection ends as soon as nothing is pending. */
    _leave(): void;
    /** @param {Message} message */
    _settle(message: Message): void;
    /** @param {Error} error */
    _refuse(error: Error): void;
    /** After a silence ask whether the other side is there; after another give it up. */
    _listen(): void;
    /** @param {string} why @param {boolean} [broken] whether the other side broke the protocol */
    _end(why: string, broken?: boolean): void;
    _finish(): void;
}
export type Message = import("./codec.js").Message;
/**
 * One way to send and receive bytes.
 */
export type Transport = {
    /**
     * whether frames have a length, as on streams
     */
    framed: boolean;
    send: (data: Uint8Array) => void;
    /**
     * end it; `onEnd` may still be called
     */
    close: () => void;
    /**
     * called with what comes
     */
    onData: (data: Uint8Array) => void;
    /**
     * called once when it has ended
     */
    onEnd: (why: string) => void;
};
/**
 * The user of a link. Nothing that comes after `welcome` is processed before `onWelcome` has returned.
 */
export type Listener = {
    /**
     * called once, when the other side has answered the handshake
     */
    onWelcome: (link: Link) => void;
    /**
     * called with each reply
     */
    onReply: (message: Message) => void;
    /**
     * called once when a greeted connection is lost; `broken`:
     * because the other side broke the protocol
     */
    onLost: (why: string, broken: boolean) => void;
};
import { FrameReader } from "./framing.js";
