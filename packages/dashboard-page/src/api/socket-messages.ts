import { StatusError } from '@typernetes/machinery';

/** The server ended the stream because it was over. */
const normalClosure = 1000;

/**
 * The lines of a WebSocket's messages as they come. Ends when the server ends the stream as it should (a watch whose time is up), throws when it breaks
 * or is refused, which browsers do not tell apart. Aborting closes it.
 */
export async function* messagesOf(socket: WebSocket, signal: AbortSignal): AsyncGenerator<string> {
  const waiting: string[] = [];
  let wake = (): void => {};
  let closed: number | undefined;
  const close = (): void => socket.close();
  signal.addEventListener('abort', close, { once: true });
  socket.addEventListener('message', ({ data }) => {
    waiting.push(...String(data).split('\n'));
    wake();
  });
  socket.addEventListener('close', ({ code }) => {
    closed = code;
    wake();
  });
  try {
    for (;;) {
      for (let line = waiting.shift(); line !== undefined; line = waiting.shift()) if (line !== '') yield line;
      signal.throwIfAborted();
      if (closed === normalClosure) return;
      if (closed !== undefined) throw new StatusError('ServiceUnavailable', 'The connection to the server has broken');
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
    }
  } finally {
    signal.removeEventListener('abort', close);
    socket.close();
  }
}
