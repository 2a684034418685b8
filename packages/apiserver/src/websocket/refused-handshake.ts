import { textReply } from '../request/reply.ts';
import type { Reply, ServerRequest } from '../request/server-request.ts';
import { offeredProtocols } from './accept.ts';

/**
 * The answer to a handshake that is refused, in the words of the library that upstream uses; undefined if nothing is
 * wrong with it. `with-origin`: handlers that leave the choice to that library, as watches do, take senders with an
 * origin (browsers) and one protocol at most.
 */
export function refusedHandshake(
  { method, headers }: Pick<ServerRequest, 'method' | 'headers'>,
  rules: 'plain' | 'with-origin',
): Reply | undefined {
  if (method !== 'GET') return textReply(405, 'bad method');
  if (!headers['sec-websocket-key']) return textReply(400, 'mismatch challenge/response');
  if (headers['sec-websocket-version'] !== '13') {
    const reply = textReply(400, 'missing or bad WebSocket Version');
    return { ...reply, headers: { ...reply.headers, 'sec-websocket-version': '13' } };
  }
  if (rules === 'plain') return undefined;
  if (!isOrigin(headers.origin)) return forbiddenHandshake;
  return offeredProtocols({ headers }).length > 1 ? { status: 400, headers: {}, body: undefined } : undefined;
}

/** What a handshake gets whose origin or protocols are not taken. */
export const forbiddenHandshake: Reply = { status: 403, headers: {}, body: undefined };

/** An absolute URL or path; `null` is what browsers send for pages without an origin. */
const isOrigin = (origin = ''): boolean => /^(?:[A-Za-z][A-Za-z0-9+.-]*:|\/)/.test(origin);
