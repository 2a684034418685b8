import { Duplex } from 'node:stream';
import type { WebSocketConnection } from './web-socket.ts';

/** The binary messages of a WebSocket as one stream of bytes: how another protocol tunnels through it. */
export function webSocketDuplex(socket: WebSocketConnection): Duplex {
  const messages = socket.messages[Symbol.asyncIterator]();
  let reading = false;
  return new Duplex({
    async read() {
      if (reading) return;
      reading = true;
      try {
        const { value, done } = await messages.next();
        reading = false;
        this.push(done ? null : value);
      } catch (error) {
        this.destroy(error as Error);
      }
    },
    write(chunk: Uint8Array, _encoding, done) {
      socket.send(chunk).then(() => done(), done);
    },
    final(done) {
      socket.close();
      done();
    },
    destroy(error, done) {
      socket.close();
      done(error);
    },
  });
}
