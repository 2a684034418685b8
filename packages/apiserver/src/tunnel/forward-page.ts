import type { IncomingMessage } from 'node:http';
import { posix } from 'node:path';
import { promisify } from 'node:util';
import { deflateRaw, gunzip, gzip, inflateRaw } from 'node:zlib';
import { messageOf } from '@typernetes/base';
import { StatusError } from '@typernetes/machinery';
import type { Reply, ServerRequest } from '../request/server-request.ts';
import { type Backend, dialText, forwardedHeaders, sendTo } from './backend.ts';
import { replyOf } from './forward.ts';
import { type PageOrigin, rewriteLink, rewritePage } from './proxied-links.ts';

/** Ways to pack a page that are understood; pages packed in others are handed on as they are. */
const packings: Readonly<
  Record<string, { unpack(bytes: Buffer): Promise<Buffer>; pack(bytes: Buffer): Promise<Buffer> }>
> = {
  '': { unpack: async (bytes) => bytes, pack: async (bytes) => bytes },
  gzip: { unpack: promisify<Buffer, Buffer>(gunzip), pack: promisify<Buffer, Buffer>(gzip) },
  deflate: { unpack: promisify<Buffer, Buffer>(inflateRaw), pack: promisify<Buffer, Buffer>(deflateRaw) },
};

/** CORS headers: a backend must not decide what other sites may do at the API server's address. */
const crossOrigin = [
  'access-control-allow-credentials',
  'access-control-allow-headers',
  'access-control-allow-methods',
  'access-control-allow-origin',
];

/**
 * Forwards a request to the backend at `prefix`, and adapts the response: redirects and the links of pages lead through
 * the proxy.
 */
export async function forwardPage(backend: Backend, request: ServerRequest, prefix: string): Promise<Reply> {
  const address = `${backend.host.includes(':') ? `[${backend.host}]` : backend.host}:${backend.port}`;
  const [path = ''] = backend.path.split('?');
  const headers = { ...forwardedHeaders(request), 'x-forwarded-uri': posix.join(prefix, path) };
  const answer = await sendTo(backend, {
    method: request.method,
    headers,
    signal: request.signal,
    body: request,
  }).catch((error: Error) => {
    throw new StatusError('ServiceUnavailable', `error trying to reach service: ${dialText(backend, error)}`);
  });
  const origin: PageOrigin = { prefix, backend: address, asked: request.headers[':authority'] ?? request.headers.host };
  const reply = replyOf(answer);
  const kept = Object.fromEntries(Object.entries(reply.headers).filter(([name]) => !crossOrigin.includes(name)));
  const { location } = answer.headers;
  if (location) return { ...reply, headers: { ...kept, location: rewriteLink(location, origin) } };
  const packing = packings[answer.headers['content-encoding'] ?? ''];
  const isPage = answer.headers['content-type']?.split(';')[0]?.trim() === 'text/html';
  if (!isPage || !packing || request.method === 'HEAD') return { ...reply, headers: kept };
  const page = await packing.unpack(await bytesOf(answer));
  const body = await packing.pack(Buffer.from(rewritePage(page.toString('latin1'), origin), 'latin1'));
  return { ...reply, headers: { ...kept, 'content-length': String(body.length) }, body };
}

async function bytesOf(answer: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  try {
    for await (const chunk of answer) chunks.push(chunk as Buffer);
  } catch (error) {
    throw new StatusError('InternalError', messageOf(error));
  }
  return Buffer.concat(chunks);
}
