import { messagesOf } from '@typernetes/base';
import { type ApiClient, UpgradeRefusedError } from '@typernetes/client';
import { type Status, StatusError } from '@typernetes/machinery';
import type { Io } from '../io.ts';
import { channel, type RemoteProcess } from './remote-process.ts';
import { openSpdyProcess } from './spdy-process.ts';
import { endsInput, openWebSocketProcess } from './web-socket-process.ts';

export interface RemoteCommandOptions {
  readonly stdin: boolean;
  readonly tty: boolean;
  /** Whether what runs there for long is to draw its screen anew: it is told of another size first. */
  readonly redraw?: boolean;
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
  const remote = await connect(client, path, options);
  const input = options.stdin ? io.stdin.open({ raw: options.tty }) : undefined;
  const resize = (columns: number, rows: number): void => {
    void trySend(remote, channel.resize, Buffer.from(JSON.stringify({ Width: columns, Height: rows })));
  };
  let redraw = options.redraw ?? false;
  const stopResizing = options.tty
    ? io.stdin.onResize(({ columns, rows }) => {
        if (redraw) resize(columns + 1, rows + 1);
        redraw = false;
        resize(columns, rows);
      })
    : undefined;
  const stop = (): void => remote.close();
  signal.addEventListener('abort', stop);
  const sending = input ? sendInput(remote, input) : Promise.resolve();
  let exitCode = 0;
  try {
    for await (const message of remote.messages) {
      switch (message.channel) {
        case channel.stdout:
          io.outBytes(message.payload);
          break;
        case channel.stderr:
          io.errBytes(message.payload);
          break;
        case channel.error:
          exitCode = exitCodeOf(Buffer.from(message.payload).toString('utf8'));
          break;
      }
    }
  } finally {
    signal.removeEventListener('abort', stop);
    stopResizing?.();
    input?.close();
    remote.close();
    await sending;
  }
  return exitCode;
}

/**
 * By WebSocket when the server speaks it well enough, else by SPDY: containerd's WebSocket has no word for the end of the input, which a
 * terminal does not need but a pipe does.
 */
async function connect(
  client: Pick<ApiClient, 'transport'>,
  path: string,
  options: RemoteCommandOptions,
): Promise<RemoteProcess> {
  const protocols = options.stdin ? [endsInput] : [endsInput, 'v4.channel.k8s.io'];
  try {
    try {
      return await openWebSocketProcess(client, path, { protocols, signal: options.signal });
    } catch (error) {
      if (!options.stdin || !(error instanceof UpgradeRefusedError)) throw error;
      return await openSpdyProcess(client, path, options);
    }
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

/** Sends what is typed, then that nothing more comes. */
async function sendInput(remote: RemoteProcess, input: AsyncIterable<Uint8Array>): Promise<void> {
  for await (const chunk of input) {
    if (!(await trySend(remote, channel.stdin, chunk))) return;
  }
  await taken(remote.endInput());
}

function trySend(remote: RemoteProcess, to: number, payload: Uint8Array): Promise<boolean> {
  return taken(remote.send({ channel: to, payload }));
}

/** False once the connection is gone: the process has ended, and what was typed too late is lost, as in any terminal. */
function taken(sending: Promise<void>): Promise<boolean> {
  return sending.then(
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
