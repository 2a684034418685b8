import type { Writable } from 'node:stream';

/** Up to this size head and body leave as one piece: the copy costs less than a second write. */
const largestCopied = 32 * 1024;
/** Larger bodies leave in pieces of this size, each when the one before it is out: one large piece would be encrypted in one go. */
const pieceBytes = 256 * 1024;

/** Writes an answer whose body is there. `done` is called when the last of it was handed over. */
export function writeWhole(socket: Writable, head: string, body: Uint8Array, done: () => void): void {
  if (body.length <= largestCopied) {
    const bytes = Buffer.allocUnsafe(head.length + body.length);
    bytes.write(head, 0, 'latin1');
    bytes.set(body, head.length);
    socket.write(bytes);
    done();
    return;
  }
  let at = Math.min(body.length, pieceBytes);
  const next = (error?: Error | null): void => {
    if (error || socket.destroyed) return;
    if (at === body.length) {
      done();
      return;
    }
    const piece = body.subarray(at, at + pieceBytes);
    at += piece.length;
    socket.write(piece, next);
  };
  socket.write(Buffer.concat([Buffer.from(head, 'latin1'), body.subarray(0, at)]), next);
}
