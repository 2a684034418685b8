import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type ApiResponse, readBody, responseError } from '@typernetes/client';
import { isUnusable, keepFile } from '../resources/kept-file.ts';
import type { Session } from '../session.ts';

/** A response with status 200. */
interface KeptAnswer {
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
}

interface AskedFor {
  /** Includes the query. */
  readonly path: string;
  readonly accept: string;
}

type Source = Pick<Session, 'client' | 'server' | 'cacheDir' | 'clock'>;

/** Accessible to the owner only: others must not read or change responses. */
const modes = { file: 0o600, folder: 0o700 };
/** As upstream's client of discovery asks; a part of the name that it keeps an answer by. */
const usualTimeout = 'timeout=32s';
const checksumBytes = 32;
const headEnd = '\r\n\r\n';
/** Headers of a connection and of the transfer encoding, which are not stored. */
const ofConnection: ReadonlySet<string> = new Set([
  'connection',
  'content-encoding',
  'content-length',
  'keep-alive',
  'transfer-encoding',
]);

/**
 * The body of a GET, kept in `CACHE/http` by the rules of HTTP: what the server gave an end of its life to is taken from there until then (documents whose
 * URL has their hash), for all else the server is asked whether it still holds. The files are those of upstream's kubectl: each reads what
 * the other has kept. Without a folder, or with one that cannot be used, the server is asked each time. Throws the server's refusal.
 */
export async function answerAt(asked: AskedFor, { client, server, cacheDir, clock }: Source): Promise<Uint8Array> {
  const file = cacheDir === undefined ? undefined : join(cacheDir, 'http', fileName(server, asked.path));
  const kept = file === undefined ? undefined : readKept(file, asked);
  if (kept && isFresh(kept, clock.now())) return kept.body;
  const etag = kept?.headers.etag;
  const response = await client.transport.request({
    method: 'GET',
    path: asked.path,
    headers: { accept: asked.accept, ...(etag === undefined ? {} : { 'if-none-match': etag }) },
  });
  if (kept && response.status === 304) {
    await readBody(response);
    return kept.body;
  }
  if (response.status !== 200) throw await responseError(response);
  const body = await readBody(response);
  if (file !== undefined) keep(file, { response, body, asked });
  return body;
}

function fileName(server: string, path: string): string {
  const base = (server.includes('://') ? server : `http://${server}`).replace(/\/$/, '');
  const url = `${base}${path}${path.includes('?') ? '&' : '?'}${usualTimeout}`;
  return createHash('sha256').update(url).digest('hex');
}

const checksum = (bytes: Uint8Array): Buffer => createHash('sha256').update(bytes).digest();

/** Undefined if there is none, if it is corrupt, or if it belongs to another request. */
function readKept(file: string, { accept }: AskedFor): KeptAnswer | undefined {
  let bytes: Buffer;
  try {
    bytes = readFileSync(file);
  } catch (error) {
    if (isUnusable(error)) return undefined;
    throw error;
  }
  const answer = bytes.subarray(checksumBytes);
  if (!checksum(answer).equals(bytes.subarray(0, checksumBytes))) return undefined;
  const end = answer.indexOf(headEnd);
  const [status = '', ...lines] = answer.subarray(0, Math.max(end, 0)).toString('latin1').split('\r\n');
  const headers = Object.fromEntries(
    lines.map((line) => [line.slice(0, line.indexOf(':')).toLowerCase(), line.slice(line.indexOf(':') + 1).trim()]),
  );
  // A body in pieces, as upstream keeps some from servers without HTTP/2, is asked for anew.
  if (!/^HTTP\/\d\.\d 200\b/.test(status) || headers['transfer-encoding'] !== undefined) return undefined;
  if (!listed(headers.vary).every((name) => headers[`x-varied-${name}`] === (name === 'accept' ? accept : undefined)))
    return undefined;
  return { headers, body: answer.subarray(end + headEnd.length) };
}

/** Whether the response is fresh at this time, in milliseconds since the epoch. */
function isFresh({ headers }: KeptAnswer, now: number): boolean {
  const directives = listed(headers['cache-control']);
  if (directives.includes('no-cache')) return false;
  const age = directives.find((directive) => directive.startsWith('max-age='));
  const until =
    age === undefined
      ? Date.parse(headers.expires ?? '')
      : Date.parse(headers.date ?? '') + Number(age.slice('max-age='.length)) * 1000;
  return now < until;
}

function keep(
  file: string,
  { response, body, asked }: { response: ApiResponse; body: Uint8Array; asked: AskedFor },
): void {
  const { headers } = response;
  if (listed(headers['cache-control']).includes('no-store')) return;
  const lines = Object.entries(headers)
    .filter(([name]) => !ofConnection.has(name))
    .map(([name, value]) => `${name}: ${value}\r\n`);
  if (listed(headers.vary).includes('accept')) lines.push(`x-varied-accept: ${asked.accept}\r\n`);
  const head = `HTTP/1.1 200 OK\r\ncontent-length: ${body.length}\r\n${lines.join('')}\r\n`;
  const answer = Buffer.concat([Buffer.from(head, 'latin1'), body]);
  try {
    keepFile(file, Buffer.concat([checksum(answer), answer]), modes);
  } catch (error) {
    // The next command requests it again.
    if (!isUnusable(error)) throw error;
  }
}

/** The elements of a list header, in lower case. */
function listed(header = ''): string[] {
  return header
    .toLowerCase()
    .split(',')
    .map((word) => word.trim())
    .filter((word) => word !== '');
}
