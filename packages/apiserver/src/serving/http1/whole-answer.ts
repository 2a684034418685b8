import type { Writable } from 'node:stream';
import { blocksOf } from '../../request/body-pieces.ts';
import type { Pieces } from '../../request/server-request.ts';

/** Up to this size head and body leave as one piece, without ado. */
const smallBytes = 32 * 1024;

/**
 * Writes an answer whose body is there: a small one in one write, a large one in blocks, each when the one before it is out, as one
 * write would be encrypted in one go. `done` is called when the last of it was handed over. A client that leaves is nobody's failure here.
 */
export function writeWhole(socket: Writable, head: string, body: Uint8Array | Pieces, done: () => void): void {
  if (body instanceof Uint8Array && body.length <= smallBytes) {
    const bytes = Buffer.allocUnsafe(head.length + body.length);
    bytes.write(head, 0, 'latin1');
    bytes.set(body, head.length);
    socket.write(bytes);
    done();
    return;
  }
  const first = Buffer.from(head, 'latin1');
  const blocks = blocksOf(body instanceof Uint8Array ? [first, body] : [first, ...body]);
  const next = (error?: Error | null): void => {
    if (error || socket.destroyed) return;
    const block = blocks.next();
    if (block.done) done();
    else socket.write(block.value, next);
  };
  next();
}
