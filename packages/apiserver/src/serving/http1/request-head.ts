import { lineSeparator } from '../../request/header-lines.ts';

/** The head of an HTTP/1.x request, understood and checked. */
export interface RequestHead {
  readonly method: string;
  /** As sent: origin form, absolute form, or `*`. */
  readonly target: string;
  readonly minorVersion: 0 | 1;
  /**
   * Names in lower case; repeated ones joined by their separators, except for headers that occur once: their first value counts.
   */
  readonly headers: Readonly<Record<string, string | undefined>>;
  /** The size of the following body; `chunked` if only its end will tell. */
  readonly bodyLength: number | 'chunked';
  /** Whether the client wants to send more on this connection. */
  readonly keepsAlive: boolean;
  /** Whether the client asks for another protocol. */
  readonly upgrades: boolean;
  /** Whether the client expects 100 Continue. */
  readonly awaitsContinue: boolean;
}

/** Why a request is invalid; the connection closes with this. */
export interface Refusal {
  readonly refused: number;
  /** Details beyond the status; may be empty. */
  readonly text: string;
}

export function isRefusal(head: object): head is Refusal {
  return 'refused' in head;
}

const badRequest = (text: string): Refusal => ({ refused: 400, text });

const tokenByte = byteTable("!#$%&'*+-.^_`|~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz");
/** As Go's servers check the Host header: the characters of a name or an address with a port, not its grammar. */
const hostText = /^[A-Za-z0-9!$%&'()*+,\-.:;=[\]_~]*$/;

function byteTable(characters: string): Uint8Array {
  const table = new Uint8Array(256);
  for (const character of characters) table[character.charCodeAt(0)] = 1;
  return table;
}

/** Header names in lower case, by their original spelling. Limited in number. */
const names = new Map<string, string>();
const mostNames = 1000;

function lowered(name: string): string {
  const known = names.get(name);
  if (known !== undefined) return known;
  const lower = name.toLowerCase();
  if (names.size < mostNames && name.length <= 64) names.set(name, lower);
  return lower;
}

/** Headers that occur once in a request: repetitions are dropped. */
const single = new Set([
  'authorization',
  'content-type',
  'from',
  'if-modified-since',
  'if-unmodified-since',
  'max-forwards',
  'proxy-authorization',
  'referer',
  'user-agent',
]);
/** A second one of these could make two servers disagree about the request. */
const unrepeatable = new Set(['content-length', 'host', 'transfer-encoding']);

/** The contents of header lines. */
type Said = Omit<RequestHead, 'method' | 'target' | 'minorVersion'>;

/** The last header lines of a connection and their contents: a client sends the same ones with nearly every request. */
export class HeadMemory {
  lines: string | undefined;
  minorVersion: 0 | 1 | undefined;
  said: Said | undefined;
}

/** Objects made from it have no names but their own, and are fast nonetheless. */
const nothing: object = Object.create(null) as object;

/**
 * Parses a head: the request line and the header lines, bytes as characters (latin1), without the final empty line.
 * Strict where leniency would let two servers understand different requests (RFC 9112): lines end in CRLF and are not
 * folded, names are tokens directly followed by a colon, and a body has one length.
 */
export function parseHead(text: string, memory: HeadMemory = new HeadMemory()): RequestHead | Refusal {
  const lineEnd = text.indexOf('\r\n');
  const firstEnd = lineEnd < 0 ? text.length : lineEnd;
  const methodEnd = text.indexOf(' ');
  const targetEnd = text.indexOf(' ', methodEnd + 1);
  if (methodEnd <= 0 || targetEnd <= methodEnd + 1 || targetEnd >= firstEnd)
    return badRequest('malformed request line');
  if (!isToken(text, 0, methodEnd)) return badRequest('invalid method');
  if (!isVisible(text, methodEnd + 1, targetEnd)) return badRequest('invalid request target');
  const minorVersion = minorVersionOf(text.slice(targetEnd + 1, firstEnd));
  if (typeof minorVersion === 'object') return minorVersion;
  const lines = text.slice(firstEnd);
  if (memory.said === undefined || memory.lines !== lines || memory.minorVersion !== minorVersion) {
    const said = linesSaid(lines, minorVersion);
    if (isRefusal(said)) return said;
    memory.lines = lines;
    memory.minorVersion = minorVersion;
    memory.said = said;
  }
  const { headers, bodyLength, keepsAlive, upgrades, awaitsContinue } = memory.said;
  const method = text.slice(0, methodEnd);
  const target = targetOf(text, methodEnd + 1, targetEnd);
  return { method, target, minorVersion, headers, bodyLength, keepsAlive, upgrades, awaitsContinue };
}

/** Parses header lines, each preceded by its line break. */
function linesSaid(text: string, minorVersion: 0 | 1): Said | Refusal {
  const headers: Record<string, string | undefined> = Object.create(nothing) as Record<string, string | undefined>;
  let at = 2;
  while (at < text.length) {
    let end = text.indexOf('\r\n', at);
    if (end < 0) end = text.length;
    const colon = text.indexOf(':', at);
    if (colon <= at || colon > end || !isToken(text, at, colon)) return badRequest('invalid header name');
    let [from, to] = [colon + 1, end];
    while (from < to && isBlank(text.charCodeAt(from))) from++;
    while (to > from && isBlank(text.charCodeAt(to - 1))) to--;
    const kind = valueKind(text, from, to);
    if (kind === 'invalid') return badRequest('invalid header value');
    const name = lowered(text.slice(at, colon));
    const value = kind === 'ascii' ? text.slice(from, to) : asUtf8(text.slice(from, to));
    const before = headers[name];
    if (before === undefined) headers[name] = value;
    else if (unrepeatable.has(name)) return badRequest(`repeated header "${name}"`);
    else if (!single.has(name)) headers[name] = `${before}${name === 'cookie' ? '; ' : lineSeparator(name)}${value}`;
    at = end + 2;
  }
  return framed(headers, minorVersion);
}

/** Derives body length, keep-alive and the like from the headers. */
function framed(headers: RequestHead['headers'], minorVersion: 0 | 1): Said | Refusal {
  const { host } = headers;
  if (host === undefined ? minorVersion === 1 : !hostText.test(host))
    return badRequest(host === undefined ? 'missing required Host header' : 'malformed Host header');
  const bodyLength = bodyLengthOf(headers, minorVersion);
  if (typeof bodyLength === 'object') return bodyLength;
  const { connection, expect } = headers;
  const awaitsContinue = expect !== undefined && minorVersion === 1;
  if (awaitsContinue && expect.toLowerCase() !== '100-continue') return { refused: 417, text: '' };
  let [keepsAlive, upgrades] = [minorVersion === 1, false];
  if (connection !== undefined) {
    const options = connection.toLowerCase().split(',');
    const has = (option: string): boolean => options.some((one) => one.trim() === option);
    keepsAlive = !has('close') && (minorVersion === 1 || has('keep-alive'));
    // An upgrade request with a body is treated as a plain one: no handler could use that body.
    upgrades = bodyLength === 0 && minorVersion === 1 && headers.upgrade !== undefined && has('upgrade');
  }
  return { headers, bodyLength, keepsAlive, upgrades, awaitsContinue: awaitsContinue && bodyLength !== 0 };
}

function bodyLengthOf(headers: RequestHead['headers'], minorVersion: 0 | 1): number | 'chunked' | Refusal {
  const length = headers['content-length'];
  const coding = headers['transfer-encoding'];
  if (coding !== undefined) {
    if (length !== undefined) return badRequest('both Content-Length and Transfer-Encoding');
    if (minorVersion === 0) return badRequest('Transfer-Encoding in an HTTP/1.0 request');
    return coding.toLowerCase() === 'chunked' ? 'chunked' : { refused: 501, text: 'Unsupported transfer encoding' };
  }
  if (length === undefined) return 0;
  const bytes = /^[0-9]{1,16}$/.test(length) ? Number(length) : Number.NaN;
  return Number.isSafeInteger(bytes) ? bytes : badRequest('bad Content-Length');
}

function minorVersionOf(version: string): 0 | 1 | Refusal {
  if (version === 'HTTP/1.1') return 1;
  if (version === 'HTTP/1.0') return 0;
  return /^HTTP\/[0-9]\.[0-9]$/.test(version)
    ? { refused: 505, text: 'unsupported protocol version' }
    : badRequest('malformed HTTP version');
}

function targetOf(text: string, from: number, to: number): string {
  const target = text.slice(from, to);
  return valueKind(target, 0, target.length) === 'ascii' ? target : asUtf8(target);
}

/** Names of users and objects in headers and paths are UTF-8 to Kubernetes' clients and servers. */
const asUtf8 = (latin1: string): string => Buffer.from(latin1, 'latin1').toString();

const isBlank = (byte: number): boolean => byte === 0x20 || byte === 0x09;

function isToken(text: string, from: number, to: number): boolean {
  for (let at = from; at < to; at++) if (tokenByte[text.charCodeAt(at)] !== 1) return false;
  return true;
}

function isVisible(text: string, from: number, to: number): boolean {
  for (let at = from; at < to; at++) {
    const byte = text.charCodeAt(at);
    if (byte <= 0x20 || byte === 0x7f) return false;
  }
  return true;
}

function valueKind(text: string, from: number, to: number): 'ascii' | 'high' | 'invalid' {
  let seen = 0;
  for (let at = from; at < to; at++) {
    const byte = text.charCodeAt(at);
    if ((byte < 0x20 && byte !== 0x09) || byte === 0x7f) return 'invalid';
    seen |= byte;
  }
  return seen < 0x80 ? 'ascii' : 'high';
}
