import type { Writable } from 'node:stream';
import { blocksOf } from '../../request/body-pieces.ts';
import type { Pieces } from '../../request/server-request.ts';

/** Up to this size, head and body are sent in one piece. */
const smallBytes = 32 * 1024;

/**
 * Writes a response whose body is complete: a small one in one write, a large one in blocks, each after the one before
 * it, since one write would be encrypted in one go. `done` is called when the last one was passed on. A client that
 * disconnects causes no error here.
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
