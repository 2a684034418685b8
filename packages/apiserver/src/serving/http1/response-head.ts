import { STATUS_CODES } from 'node:http';
import type { Reply } from '../../request/server-request.ts';
import type { Refusal } from './request-head.ts';

const plain = /^[\t\x20-\x7e]*$/;
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what must not reach a header
const forbidden = /[\x00-\x08\x0a-\x1f\x7f]/g;

/** Headers of the connection, which sets them itself. */
const ofConnection = new Set(['connection', 'content-length', 'date', 'keep-alive', 'transfer-encoding']);

/**
 * The head of a response, one character per byte. `own` are whole lines that the connection adds. Characters that would
 * end a header are removed from its value; text beyond ASCII is encoded in UTF-8.
 */
export function responseHead({ status, headers }: Pick<Reply, 'status' | 'headers'>, own: string): string {
  let head = statusLine(status);
  for (const name in headers) {
    if (ofConnection.has(name)) continue;
    const value = headers[name] as string | readonly string[];
    if (typeof value === 'string') head += headerLine(name, value);
    else for (const one of value) head += `${name}: ${safe(one)}\r\n`;
  }
  return `${head}${own}\r\n`;
}

/** The last lines of headers whose values hardly ever change: nearly all responses have the same ones. */
const latestLines = new Map<string, { value: string; line: string }>(
  ['cache-control', 'content-type', 'x-kubernetes-pf-flowschema-uid', 'x-kubernetes-pf-prioritylevel-uid'].map(
    (name) => [name, { value: '', line: `${name}: \r\n` }],
  ),
);

function headerLine(name: string, value: string): string {
  const latest = latestLines.get(name);
  if (latest?.value === value) return latest.line;
  const line = `${name}: ${safe(value)}\r\n`;
  if (latest) [latest.value, latest.line] = [value, line];
  return line;
}

function statusLine(status: number): string {
  return `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? `status code ${status}`}\r\n`;
}

function safe(value: string): string {
  return plain.test(value) ? value : Buffer.from(value.replace(forbidden, ' ')).toString('latin1');
}

/** The response to an invalid request, in the words of Go's servers. */
export function refusal({ refused, text }: Refusal): string {
  const reason = `${refused} ${STATUS_CODES[refused] ?? ''}`;
  const [line, body] =
    refused === 501 ? [reason, text] : [text === '' ? reason : `${reason}: ${text}`].flatMap((one) => [one, one]);
  return `HTTP/1.1 ${line}\r\nContent-Type: text/plain; charset=utf-8\r\nConnection: close\r\n\r\n${body}`;
}

/** The Date header's line for a time: the same text for all answers of a second. */
export function dateLine(ms: number): string {
  const second = Math.floor(ms / 1000);
  if (second !== latest.second) latest = { second, text: `date: ${new Date(ms).toUTCString()}\r\n` };
  return latest.text;
}

let latest = { second: Number.NaN, text: '' };
