import { Duplex } from 'node:stream';
import type { WebSocket } from 'ws';
import { normalClosure } from './accept.ts';

/** The messages of a WebSocket as one byte stream, to tunnel another protocol through it. */
export function webSocketDuplex(client: WebSocket): Duplex {
  const duplex = new Duplex({
    read: () => client.resume(),
    write: (chunk: Uint8Array, _encoding, done) => client.send(chunk, done),
    final(done) {
      client.close(normalClosure);
      done();
    },
    destroy(error, done) {
      client.close(normalClosure);
      done(error);
    },
  });
  client.on('message', (message: Buffer) => {
    if (!duplex.push(message)) client.pause();
  });
  client.once('close', () => {
    duplex.push(null);
    duplex.end();
  });
  return duplex;
}
