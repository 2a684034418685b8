import { systemClock } from '@typernetes/base';
import { interrupted, localFiles, runKubectl, type Stdin } from '@typernetes/kubectl';
import { untilSignal } from '@typernetes/process';
import { outputTo } from './output.ts';
import { readHiddenLine, readWord } from './questions.ts';

const stdin: Stdin = {
  get isTerminal() {
    return process.getBuiltinModule('node:tty').isatty(0);
  },
  async text() {
    process.stdin.setEncoding('utf8');
    let text = '';
    for await (const chunk of process.stdin) text += chunk;
    return text;
  },
  word: () => readWord(stdin.isTerminal),
  hiddenLine: readHiddenLine,
  open({ raw }) {
    if (raw && process.stdin.isTTY) {
      process.stdin.setRawMode(true);
      // Node's raw mode goes on adding carriage returns to what is printed; the terminal over there has added them. The end of raw mode undoes both.
      const { spawnSync } = process.getBuiltinModule('node:child_process');
      spawnSync('stty', ['-opost'], { stdio: ['inherit', 'ignore', 'ignore'] });
    }
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
    const report = (): void => listener({ columns: process.stdout.columns ?? 80, rows: process.stdout.rows ?? 24 });
    report();
    process.stdout.on('resize', report);
    return () => void process.stdout.off('resize', report);
  },
};

// A reader that has seen enough (`kubectl get pods | head`) is no failure.
const readerGone = (): never => process.exit(0);
const out = outputTo(1, { stream: () => process.stdout.on('error', readerGone), readerGone });
const err = outputTo(2, { stream: () => process.stderr, readerGone });

/** Node's performance object would have to be loaded. */
const clock = { ...systemClock, monotonic: () => Number(process.hrtime.bigint()) / 1e6 };

const { env } = process;
// How glibc allocates here was said by what started us, and is not for plugins and editors.
if (env.TYPERNETES_TUNED) {
  delete env.TYPERNETES_TUNED;
  delete env.GLIBC_TUNABLES;
}
// It was kept from Node.
if (env.TYPERNETES_EXTRA_CA_CERTS !== undefined) {
  env.NODE_EXTRA_CA_CERTS = env.TYPERNETES_EXTRA_CA_CERTS;
  delete env.TYPERNETES_EXTRA_CA_CERTS;
}

const stop = untilSignal(process);
let caught: 'SIGINT' | 'SIGTERM' | undefined;
for (const name of ['SIGINT', 'SIGTERM'] as const)
  process.once(name, () => {
    caught ??= name;
  });
// No await at the top: the bundle is CommonJS, which starts faster.
void runKubectl(
  process.argv.slice(2),
  {
    io: {
      get outIsTerminal() {
        return process.getBuiltinModule('node:tty').isatty(1);
      },
      get errIsTerminal() {
        return process.getBuiltinModule('node:tty').isatty(2);
      },
      out: out.write,
      err: err.write,
      outBytes: out.write,
      errBytes: err.write,
      stdin,
    },
    files: localFiles,
    clock,
    environment: env,
  },
  stop.signal,
).then((code) => {
  process.exitCode = code;
  stop.release();
  // Whoever waits for it shall see what ended it, as with upstream's; only an interrupt may be how a command ends well.
  if (caught && (code === interrupted || (code === 0 && caught === 'SIGTERM'))) {
    process.removeAllListeners(caught);
    process.kill(process.pid, caught);
  }
  // What was written at once is written: taking the process apart in good order would take longer.
  if (!out.isStream && !err.isStream) process.exit();
});
