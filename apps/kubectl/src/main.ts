import { readdir, readFile, stat } from 'node:fs/promises';
import { systemClock } from '@typernetes/base';
import { type FileAccess, runKubectl, type Stdin } from '@typernetes/kubectl';
import { untilSignal } from '@typernetes/process';

const files: FileAccess = {
  read: (path) => readFile(path, 'utf8'),
  readBytes: (path) => readFile(path),
  async list(path) {
    try {
      return (await stat(path)).isDirectory() ? await readdir(path) : undefined;
    } catch {
      throw new Error(`the path "${path}" does not exist`);
    }
  },
};

const stdin: Stdin = {
  isTerminal: process.stdin.isTTY === true,
  async text() {
    process.stdin.setEncoding('utf8');
    let text = '';
    for await (const chunk of process.stdin) text += chunk;
    return text;
  },
  open({ raw }) {
    if (raw && process.stdin.isTTY) process.stdin.setRawMode(true);
    let closed = false;
    return {
      async *[Symbol.asyncIterator]() {
        try {
          yield* process.stdin;
        } catch (error) {
          // Whoever waits for input when it is closed learns of it as an error.
          if (!closed) throw error;
        }
      },
      close() {
        closed = true;
        if (raw && process.stdin.isTTY) process.stdin.setRawMode(false);
        process.stdin.destroy();
      },
    };
  },
  onResize(listener) {
    const tell = (): void => listener({ columns: process.stdout.columns ?? 80, rows: process.stdout.rows ?? 24 });
    tell();
    process.stdout.on('resize', tell);
    return () => void process.stdout.off('resize', tell);
  },
};

// A reader that has seen enough (`kubectl get pods | head`) is no failure.
process.stdout.on('error', () => process.exit(0));

const stop = untilSignal(process);
process.exitCode = await runKubectl(
  process.argv.slice(2),
  {
    io: {
      outIsTerminal: process.stdout.isTTY === true,
      out: (text) => void process.stdout.write(text),
      err: (text) => void process.stderr.write(text),
      outBytes: (bytes) => void process.stdout.write(bytes),
      errBytes: (bytes) => void process.stderr.write(bytes),
      stdin,
    },
    files,
    clock: systemClock,
    environment: process.env,
  },
  stop.signal,
);
stop.release();
