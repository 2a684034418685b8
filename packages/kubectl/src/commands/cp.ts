import { stat } from 'node:fs/promises';
import { basename, posix } from 'node:path';
import { PassThrough } from 'node:stream';
import { pods } from '@typernetes/api/core/v1';
import { codeOf } from '@typernetes/base';
import { defineCommand } from '../command.ts';
import { archiveOf, type Extraction, extractArchive } from '../copying/archive.ts';
import { type FileSpec, fileSpec } from '../copying/file-spec.ts';
import { PlainError } from '../io.ts';
import type { Session } from '../session.ts';
import { runCaptured } from '../streaming/captured-command.ts';
import { containerOf } from '../streaming/pod-target.ts';

export const cpCommand = defineCommand({
  use: 'cp <file-spec-src> <file-spec-dest>',
  short: 'Copy files and directories to and from containers',
  flags: {
    container: { type: 'string', short: 'c', help: 'Container name.' },
    'no-preserve': {
      type: 'boolean',
      help: "The copied file/directory's ownership and permissions will not be preserved in the container",
      default: false,
    },
    retries: {
      type: 'number',
      help: 'Set number of retries to complete a copy operation from a container.',
      default: 0,
    },
  } as const,
  async run({ flags, positional }, session, signal) {
    const [from, to, ...more] = positional;
    if (from === undefined || to === undefined || more.length > 0)
      throw new Error('source and destination are required');
    const [source, destination] = [fileSpec(from), fileSpec(to)].map((spec) => ({ ...spec, path: plain(spec) })) as [
      FileSpec,
      FileSpec,
    ];
    if (source.pod !== '' && destination.pod !== '')
      throw new Error('one of src or dest must be a local file specification');
    if (source.pod === '' && destination.pod === '')
      throw new Error('one of src or dest must be a remote file specification');
    if (source.path === '' || destination.path === '') throw new Error('filepath can not be empty');
    const copy = { flags, session, signal };
    if (destination.pod !== '') await checkExists(source.path);
    if (destination.pod !== '') await copyTo(await remoteOf(destination, copy), source.path, copy);
    else {
      // As in upstream, the remote command's messages go to standard output.
      const { io } = session;
      const aloud = { ...io, err: (text: string) => io.out(text), errBytes: (bytes: Uint8Array) => io.outBytes(bytes) };
      const remote = await remoteOf(source, { ...copy, session: { ...session, io: aloud } });
      const quote = JSON.stringify;
      const instead = `kubectl exec -n ${quote(source.namespace)} ${quote(source.pod)} -- tar cf - ${quote(source.path)} | tar xf -`;
      const warn = (text: string): void => io.err(`warning: ${text}\n`);
      await copyFrom(remote, destination.path, { ...copy, session: { ...session, io: aloud }, instead, warn });
    }
    return 0;
  },
});

/** As upstream has paths: without a slash at the end, so that a link to a folder stays a link; over there a backslash is a slash. */
const plain = ({ path, pod }: FileSpec): string =>
  (pod === '' ? path : path.replaceAll('\\', '/')).replace(/(.)\/$/s, '$1');

/** A dangling link counts as missing. */
async function checkExists(path: string): Promise<void> {
  await stat(path).catch((cause: unknown) => {
    throw new Error(`${path} doesn't exist in local filesystem`, codeOf(cause) === undefined ? { cause } : {});
  });
}

interface Copy {
  readonly flags: { readonly container: string | undefined; readonly 'no-preserve': boolean; readonly retries: number };
  readonly session: Session;
  readonly signal: AbortSignal;
}

interface Remote {
  readonly pod: string;
  readonly namespace: string;
  readonly container: string;
  readonly path: string;
}

async function remoteOf(spec: FileSpec, { flags, session }: Copy): Promise<Remote> {
  const namespace = spec.namespace || session.namespace;
  const pod = await session.client.resource(pods).get({ name: spec.pod, namespace });
  // An explicit namespace is not validated here: the server reports what is wrong with it.
  const container = flags.container ?? containerOf(pod, undefined, session);
  return { pod: spec.pod, namespace, container, path: spec.path };
}

async function copyTo({ path, ...where }: Remote, source: string, { flags, ...context }: Copy): Promise<void> {
  const silent = { ...context.session.io, errBytes: () => undefined };
  const quiet = { ...context, session: { ...context.session, io: silent } };
  const intoFolder =
    (await runCaptured({ ...where, command: ['test', '-d', path], out: () => undefined }, quiet)) === 0;
  const target = intoFolder ? posix.join(path, basename(source)) : path.replace(/(.)\/+$/, '$1');
  const options = flags['no-preserve'] ? ['--no-same-permissions', '--no-same-owner'] : [];
  const folder = posix.dirname(target);
  const command = ['tar', ...options, '-xmf', '-', ...(folder === '.' ? [] : ['-C', folder])];
  const archive = archiveOf(source, posix.basename(target));
  // If the remote command ends early, the archive is half read. The command's error is reported then, not the broken pipe.
  const packed = archive.done.then(
    () => undefined,
    (error: unknown) => error,
  );
  const out = (bytes: Uint8Array): void => context.session.io.outBytes(bytes);
  exitOn(await runCaptured({ ...where, command, input: archive, out }, context));
  const failure = await packed;
  if (failure !== undefined) throw failure;
}

async function copyFrom(
  { path, ...where }: Remote,
  destination: string,
  { flags, instead, warn, ...context }: Copy & Pick<Extraction, 'instead' | 'warn'>,
): Promise<void> {
  const cleaned = posix.normalize(path).replace(/(.)\/+$/, '$1');
  // Tar's member names are relative and do not leave the root.
  const prefix = cleaned.replace(/^(\.{0,2}(\/|$))+/, '');
  const bytes = new PassThrough({ highWaterMark: 1 << 20 });
  let received = 0;
  const reading = (async (): Promise<void> => {
    for (let attempt = 0; ; attempt++) {
      // A retry continues where the copy was interrupted.
      const command =
        flags.retries === 0
          ? ['tar', 'cf', '-', path]
          : ['sh', '-c', `tar cf - ${quoted(path)} | tail -c+${received + 1}`];
      try {
        const out = (chunk: Uint8Array): void => {
          received += chunk.length;
          bytes.write(chunk);
        };
        exitOn(await runCaptured({ ...where, command, out }, context));
        bytes.end();
        return;
      } catch (error) {
        if (context.signal.aborted || error instanceof PlainError || (flags.retries >= 0 && attempt >= flags.retries)) {
          bytes.destroy(error as Error);
          throw error;
        }
        context.session.io.out(`Resuming copy at ${received} bytes, retry ${attempt}/${flags.retries}\n`);
      }
    }
  })();
  const [read, extracted] = await Promise.allSettled([
    reading,
    extractArchive(bytes, { prefix, destination, instead, warn }),
  ]);
  if (read.status === 'rejected') throw read.reason;
  if (extracted.status === 'rejected') throw extracted.reason;
}

function exitOn(code: number): void {
  if (code !== 0) throw new PlainError(`command terminated with exit code ${code}\n`, code);
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}
