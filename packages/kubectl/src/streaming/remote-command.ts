import { messagesOf } from '@typernetes/base';
import { type ApiClient, UpgradeRefusedError } from '@typernetes/client';
import { type Status, StatusError } from '@typernetes/machinery';
import type { Io } from '../io.ts';
import { openWebSocket, type WebSocketConnection } from './web-socket.ts';

/** The channels of the streaming protocol: the first byte of every message. */
const channel = { stdin: 0, stdout: 1, stderr: 2, error: 3, resize: 4, close: 255 } as const;

export interface RemoteCommandOptions {
  readonly stdin: boolean;
  readonly tty: boolean;
  readonly io: Io;
  readonly signal: AbortSignal;
}

/**
 * Connects the terminal with a process in a container (`exec` and `attach` differ only in the path) until that ends. Resolves to the
 * process's exit code; throws when it could not run.
 */
export async function runRemoteCommand(
  client: Pick<ApiClient, 'transport'>,
  path: string,
  options: RemoteCommandOptions,
): Promise<number> {
  const { io, signal } = options;
  const socket = await connect(client, path, signal);
  const input = options.stdin ? io.stdin.open({ raw: options.tty }) : undefined;
  const stopResizing = options.tty
    ? io.stdin.onResize(({ columns, rows }) => {
        void trySend(socket, channel.resize, Buffer.from(JSON.stringify({ Width: columns, Height: rows })));
      })
    : undefined;
  const sending = input ? sendInput(socket, input) : Promise.resolve();
  let exitCode = 0;
  try {
    for await (const message of socket.messages) {
      const payload = message.subarray(1);
      switch (message[0]) {
        case channel.stdout:
          io.outBytes(payload);
          break;
        case channel.stderr:
          io.errBytes(payload);
          break;
        case channel.error:
          exitCode = exitCodeOf(Buffer.from(payload).toString('utf8'));
          break;
      }
    }
  } finally {
    stopResizing?.();
    input?.close();
    socket.close();
    await sending;
  }
  return exitCode;
}

async function connect(
  client: Pick<ApiClient, 'transport'>,
  path: string,
  signal: AbortSignal,
): Promise<WebSocketConnection> {
  try {
    return await openWebSocket(client, path, { protocols: ['v5.channel.k8s.io', 'v4.channel.k8s.io'], signal });
  } catch (error) {
    if (!(error instanceof UpgradeRefusedError)) throw error;
    throw refusal(error);
  }
}

/** The server's own words when it has any. */
function refusal(error: UpgradeRefusedError): Error {
  if (!error.body.startsWith('{')) return error;
  return StatusError.fromStatus({ code: error.status, ...(JSON.parse(error.body) as Status) });
}

/** Sends what is typed; the end of the input is told where the protocol has a word for it (v5). */
async function sendInput(socket: WebSocketConnection, input: AsyncIterable<Uint8Array>): Promise<void> {
  for await (const chunk of input) {
    if (!(await trySend(socket, channel.stdin, chunk))) return;
  }
  if (socket.protocol === 'v5.channel.k8s.io') await trySend(socket, channel.close, Buffer.from([channel.stdin]));
}

/** False once the connection is gone: the process has ended, and what was typed too late is lost, as in any terminal. */
async function trySend(socket: WebSocketConnection, to: number, payload: Uint8Array): Promise<boolean> {
  return socket.send(Buffer.concat([Buffer.from([to]), payload])).then(
    () => true,
    () => false,
  );
}

/** The last message of the error channel says how it went: Success, an exit code, or why it did not run. */
export function exitCodeOf(text: string): number {
  let status: Status;
  try {
    status = JSON.parse(text) as Status;
  } catch (error) {
    throw new Error(`error stream protocol error: ${messagesOf(error)} in ${JSON.stringify(text)}`);
  }
  if (status.status === 'Success') return 0;
  if (status.reason === 'NonZeroExitCode') {
    const cause = status.details?.causes?.find(({ reason }) => reason === 'ExitCode');
    return Number(cause?.message ?? 1);
  }
  throw new Error(status.message ?? 'the command failed');
}
