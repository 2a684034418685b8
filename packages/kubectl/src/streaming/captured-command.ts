import { pods } from '@typernetes/api/core/v1';
import { collectionPath } from '@typernetes/machinery';
import type { Io } from '../io.ts';
import type { Session } from '../session.ts';
import { runRemoteCommand } from './remote-command.ts';

export interface CapturedCommand {
  readonly pod: string;
  readonly namespace: string;
  readonly container: string;
  readonly command: readonly string[];
  /** The process's input; none if undefined. */
  readonly input?: AsyncIterable<Uint8Array>;
  readonly out: (bytes: Uint8Array) => void;
}

/** Runs a command in a container and captures its output; its standard error goes to the terminal. Resolves to its exit code. */
export function runCaptured(
  { pod, namespace, container, command, input, out }: CapturedCommand,
  { session, signal }: { session: Session; signal: AbortSignal },
): Promise<number> {
  const query = new URLSearchParams({ container });
  for (const word of command) query.append('command', word);
  if (input) query.set('stdin', 'true');
  query.set('stdout', 'true');
  query.set('stderr', 'true');
  const io: Io = {
    ...session.io,
    outBytes: out,
    errBytes: (bytes) => session.io.errBytes(bytes),
    out: (text) => session.io.out(text),
    err: (text) => session.io.err(text),
    stdin: {
      isTerminal: false,
      word: () => undefined,
      hiddenLine: () => undefined,
      text: async () => '',
      open: () => ({
        [Symbol.asyncIterator]: () => (input ?? nothing())[Symbol.asyncIterator](),
        close: () => undefined,
      }),
      onResize: () => () => undefined,
    },
  };
  const path = `${collectionPath(pods, namespace)}/${pod}/exec?${query}`;
  return runRemoteCommand(session.client, path, { stdin: input !== undefined, tty: false, io, signal });
}

async function* nothing(): AsyncGenerator<Uint8Array> {}
