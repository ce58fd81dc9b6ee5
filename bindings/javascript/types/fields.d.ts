/**
 * Checks one field.
 * @typedef {(value: any, path: string) => void} Check
 */
/** @param {string} path @param {string} expected @param {any} got @returns {never} */
export function invalid(path: string, expected: string, got: any): never;
/** A value in a few words. @param {any} value */
export function said(value: any): string;
/** @param {any} value */
export function isMap(value: any): boolean;
export function integer(least: number, most: number): Check;
/** An integer from 0 to 2⁶³ − 1: a number where that is exact, else a bigint. @type {Check} */
export const seed: Check;
export function float(least: number, most: number, above?: boolean): Check;
/** Any number. @type {Check} */
export const number: Check;
/** @type {Check} */
export const boolean: Check;
/** @type {Check} */
export const binary: Check;
export function text(most: number, least?: number): Check;
export function word(...words: string[]): Check;
export function list(each: Check, least?: number, most?: number): Check;
export function either(first: Check, second: Check, isFirst: (value: any) => boolean): Check;
export function dictionary(each: Check): Check;
export function map(required: Record<string, Check>, optional?: Record<string, Check>, whole?: Check): Check;
/** @type {Check} */
export const tensorField: Check;
/**
 * Checks one field.
 */
export type Check = (value: any, path: string) => void;
