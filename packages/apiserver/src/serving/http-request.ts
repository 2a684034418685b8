import type { Readable } from 'node:stream';
import { StatusError } from '@typernetes/machinery';

/** Shared by all targets without a query, since it is never modified. */
const noQuery = new URLSearchParams();

/** The parts of a request's target; `search` is the query as it was sent, with its question mark. Absolute-form targets lose their origin. */
export function splitTarget(target: string): { path: string; search: string; query: URLSearchParams } {
  const local = target.startsWith('/') ? target : target.replace(/^[a-z]+:\/\/[^/?]*/i, '');
  const question = local.indexOf('?');
  if (question < 0) return { path: local || '/', search: '', query: noQuery };
  const path = local.slice(0, question) || '/';
  return { path, search: local.slice(question), query: queryOf(local.slice(question + 1)) };
}

/** As Go reads them, parameters with a semicolon or an invalid escape do not count. */
function queryOf(text: string): URLSearchParams {
  if (!text.includes(';') && !invalidEscape.test(text)) return new URLSearchParams(text);
  const sound = text.split('&').filter((one) => !one.includes(';') && !invalidEscape.test(one));
  return new URLSearchParams(sound.join('&'));
}

const invalidEscape = /%(?![0-9a-f]{2})/i;

export function tooLarge(limit: number): StatusError {
  return new StatusError('RequestEntityTooLarge', `Request entity too large: limit is ${limit}`);
}

/** Why a request's signal aborts when its connection or stream is done. Shared, since every request needs one. */
export const clientGone = new Error('The client went away');

/** Why streams end when the server does. */
export const serverStops = new Error('The server stops');

/** Reads a stream to its end, but no further than `limit` bytes. */
export function readAll(stream: Readable, limit: number): Promise<Uint8Array> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let size = 0;
    stream.on('data', (chunk: Buffer) => {
      size += chunk.length;
      if (size <= limit) chunks.push(chunk);
      else {
        stream.removeAllListeners('data');
        stream.resume();
        reject(tooLarge(limit));
      }
    });
    stream.once('end', () => resolve(chunks.length === 1 ? (chunks[0] as Buffer) : Buffer.concat(chunks)));
    stream.once('error', reject);
    stream.once('close', () => {
      // An error costs a stack trace: none is made for the many requests that were complete.
      if (!stream.readableEnded) reject(new Error('The client went away before its request was complete'));
    });
  });
}
