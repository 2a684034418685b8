import type { IncomingMessage } from 'node:http';
import { StatusError } from '@typernetes/machinery';

/** The API server's limit of a request, in bytes. */
const maxBodyLength = 3 * 1024 * 1024;

/** The whole body. Throws a StatusError when it is larger than `limit` bytes. */
export async function requestBody(request: IncomingMessage, limit = maxBodyLength): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    length += chunk.length;
    if (length > limit)
      throw new StatusError('RequestEntityTooLarge', `Request entity is too large: limit is ${limit}`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}
