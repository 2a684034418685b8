import { promisify } from 'node:util';
import { constants, gzip } from 'node:zlib';
import { lengthOf, wholeBody } from '../request/body-pieces.ts';
import type { Reply } from '../request/server-request.ts';

/** Smaller answers are sent as they are: packing them costs more than it saves. Upstream's limit. */
const worthwhileBytes = 128 * 1024;

const pack = promisify(gzip);

/** The reply in gzip when the client takes that and it is large enough. Packs beside the event loop, lightly, as upstream does. */
export function compressed(reply: Reply, acceptEncoding: string | undefined): Reply | Promise<Reply> {
  const { body } = reply;
  if (typeof body !== 'object') return reply;
  if ((body instanceof Uint8Array ? body.length : lengthOf(body)) < worthwhileBytes) return reply;
  if (acceptEncoding === undefined || !/(^|[\s,])gzip\s*($|[,;](?!\s*q=0(\.0*)?\s*($|,)))/.test(acceptEncoding))
    return reply;
  if (reply.headers['content-encoding'] !== undefined) return reply;
  return packed(reply);
}

async function packed(reply: Reply): Promise<Reply> {
  const bytes = await pack(wholeBody(reply) ?? new Uint8Array(), { level: constants.Z_BEST_SPEED });
  return {
    ...reply,
    headers: {
      ...reply.headers,
      'content-encoding': 'gzip',
      'content-length': `${bytes.length}`,
      vary: 'Accept-Encoding',
    },
    body: bytes,
  };
}
