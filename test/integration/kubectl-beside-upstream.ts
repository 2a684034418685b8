import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '@typernetes/base';
import { localFiles, runKubectl } from '@typernetes/kubectl';
import { realKubectl } from '../upstream-tools.ts';

/** The output of a command, and its exit code. */
export interface Printed {
  readonly out: string;
  readonly err: string;
  readonly code: number;
}

/** Runs the same command line with our kubectl, in this process, and with upstream's, with the same kubeconfig. */
export interface BothKubectls extends Disposable {
  readonly ours: Kubectl;
  readonly upstream: Kubectl;
}

export interface Kubectl {
  (...args: string[]): Promise<Printed>;
  /** With additional environment, and with standard input. */
  typed(args: readonly string[], more: Surrounded): Promise<Printed>;
}

interface Surrounded {
  readonly environment?: Readonly<Record<string, string | undefined>>;
  readonly input?: string;
}

/** A command that takes longer is interrupted: a negative timeout makes wait take a week. */
const patienceMs = 60_000;

/** The shell's exit code for a process ended by SIGINT. */
const interrupted = 130;

const kubectl = (typed: Kubectl['typed']): Kubectl => Object.assign((...args: string[]) => typed(args, {}), { typed });

export function bothKubectls(
  environment: Readonly<Record<string, string | undefined>>,
  options: { input?: string } = {},
): BothKubectls {
  const home = mkdtempSync(join(tmpdir(), 'kubectl-home-'));
  const surrounded = { PATH: process.env.PATH, HOME: home, ...environment };
  return {
    ours: kubectl(async (args, more) => {
      const { input = '' } = { ...options, ...more };
      const out: string[] = [];
      const err: string[] = [];
      const decoder = new TextDecoder();
      const io = {
        out: (text: string) => void out.push(text),
        err: (text: string) => void err.push(text),
        outBytes: (bytes: Uint8Array) => void out.push(decoder.decode(bytes)),
        errBytes: (bytes: Uint8Array) => void err.push(decoder.decode(bytes)),
        stdin: {
          isTerminal: false,
          text: async () => input,
          word: () => /\S+/.exec(input)?.[0],
          hiddenLine: () => undefined,
          open: () => ({ async *[Symbol.asyncIterator]() {}, close() {} }),
          onResize: () => () => undefined,
        },
      };
      const code = await runKubectl(
        args,
        { io, files: localFiles, clock: systemClock, environment: { ...surrounded, ...more.environment } },
        AbortSignal.timeout(patienceMs),
      );
      return { out: out.join(''), err: err.join(''), code };
    }),
    upstream: kubectl(
      (args, more) =>
        new Promise((resolve) => {
          const { input = '' } = { ...options, ...more };
          const env = { ...surrounded, ...more.environment };
          const child = execFile(
            realKubectl(),
            args,
            { env, maxBuffer: 1 << 26, timeout: patienceMs, killSignal: 'SIGINT' },
            (error, out, err) => {
              resolve({ out, err, code: error ? Number(error.code ?? interrupted) : 0 });
            },
          );
          // A command may have ended before it gets its input.
          child.stdin?.on('error', () => undefined);
          child.stdin?.end(input);
        }),
    ),
    [Symbol.dispose]: () => rmSync(home, { recursive: true }),
  };
}

/** Ages may differ between the two: each is replaced by a word. */
export const withoutAges = (text: string): string =>
  text
    .replace(/\b(\d+[smhd])+\b/g, 'AGE')
    .replace(/ +/g, ' ')
    .replace(/ $/gm, '');

export async function assertSame(
  both: BothKubectls,
  line: string,
  change = (text: string): string => text,
): Promise<void> {
  const args = line.split(' ');
  const [ours, upstream] = [await both.ours(...args), await both.upstream(...args)];
  assert.equal(change(ours.out), change(upstream.out), `kubectl ${line}`);
  assert.equal(ours.err, upstream.err, `kubectl ${line}`);
  assert.equal(ours.code, upstream.code, `kubectl ${line}`);
}
