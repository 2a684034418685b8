import { createWriteStream, existsSync, renameSync, rmSync } from 'node:fs';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { codeOf, messagesOf } from '@typernetes/base';
import {
  type ApiResponse,
  clientFromKubeconfig,
  loadDefaultKubeconfig,
  readBody,
  resolveContext,
  serverHost,
} from '@typernetes/client';
import { FlagError, parseFlags } from '@typernetes/process';
import { restoreSnapshot, type SnapshotStatus, snapshotStatus } from '@typernetes/store';
import { table } from './table.ts';

const print = (text: string): void => void process.stdout.write(text);

const flagSpecs = {
  kubeconfig: { type: 'string', help: 'of an administrator; default: as for kubectl', default: '' },
  'storage-path': {
    type: 'string',
    help: 'where the API server will find its store',
    default: '/var/lib/typernetes/apiserver/store.db',
  },
  // More than any cluster writes between two snapshots; etcd's documentation proposes this number.
  'bump-revision': { type: 'number', help: 'how far the revision rises', default: 1_000_000_000 },
} as const;

/** `typernetes store …`. Returns the exit code. */
export async function storeCommand(args: readonly string[]): Promise<number> {
  const [verb, ...rest] = args;
  const { flags, positional } = parseFlags(flagSpecs, rest);
  const [file, ...more] = positional;
  if (more.length > 0) throw new FlagError(`Unexpected argument "${more[0]}"`);
  switch (verb) {
    case 'snapshot':
      if (file === undefined) throw new FlagError('Name the file that the snapshot goes to');
      await saveSnapshot(file, flags.kubeconfig);
      print(`Snapshot saved at ${file}\n${statusTable(snapshotStatus(file))}`);
      return 0;
    case 'status':
      print(file === undefined ? await serverStatus(flags.kubeconfig) : statusTable(snapshotStatus(file)));
      return 0;
    case 'restore': {
      if (file === undefined) throw new FlagError('Name the snapshot to restore');
      const { 'storage-path': path, 'bump-revision': bumpRevision } = flags;
      if (!Number.isSafeInteger(bumpRevision) || bumpRevision < 1)
        throw new FlagError(`--bump-revision must be a positive number, is ${bumpRevision}`);
      const revision = restoreSnapshot(file, { path, bumpRevision });
      print(`Snapshot restored to ${path}, revision ${revision}\n`);
      return 0;
    }
    default:
      throw new FlagError(`Unknown command "store ${verb ?? ''}"`);
  }
}

const statusTable = ({ hash, revision, keys, bytes }: SnapshotStatus): string =>
  table(['HASH', 'REVISION', 'TOTAL KEYS', 'TOTAL SIZE'], [[hash, `${revision}`, `${keys}`, `${bytes}`]]);

async function serverStatus(kubeconfig: string): Promise<string> {
  return await ask(kubeconfig, '/typernetes/store', async (response) => {
    const { backend, revision } = JSON.parse(Buffer.from(await readBody(response)).toString());
    return table(['BACKEND', 'REVISION'], [[backend, `${revision}`]]);
  });
}

/** Writes the snapshot; the file appears only when complete. */
async function saveSnapshot(file: string, kubeconfig: string): Promise<void> {
  if (existsSync(file)) throw new Error(`Cannot save snapshot: "${file}" exists`);
  const part = `${file}.part`;
  try {
    await ask(kubeconfig, '/typernetes/store/snapshot', async (response) => {
      await pipeline(Readable.from(response.body), createWriteStream(part, { mode: 0o600, flush: true }));
    });
    snapshotStatus(part);
    renameSync(part, file);
  } catch (error) {
    rmSync(part, { force: true });
    throw error;
  }
}

async function ask<T>(kubeconfig: string, path: string, use: (response: ApiResponse) => Promise<T>): Promise<T> {
  // A snapshot of a large store takes time.
  const config = loadDefaultKubeconfig(process.env, kubeconfig || undefined);
  if (Object.keys(config.clusters).length === 0)
    throw new Error(
      "Cannot ask the API server: no kubeconfig, name an administrator's with --kubeconfig or KUBECONFIG",
    );
  const { transport } = clientFromKubeconfig(config, { answerTimeoutMs: 0 });
  try {
    const response = await transport.request({ method: 'GET', path }).catch((error: unknown) => {
      const server = serverHost(resolveContext(config).cluster.server);
      throw isRefused(error)
        ? new Error(`The connection to the server ${server} was refused - did you specify the right host or port?`)
        : error;
    });
    if (response.status !== 200) throw new Error(refusalOf(Buffer.from(await readBody(response)).toString()));
    return await use(response);
  } finally {
    transport.close();
  }
}

function isRefused(error: unknown): boolean {
  for (let at: unknown = error; at instanceof Error; at = at.cause) if (codeOf(at) === 'ECONNREFUSED') return true;
  return false;
}

/** The message of a Status, or the response itself if it is something else. */
function refusalOf(text: string): string {
  try {
    return JSON.parse(text).message ?? text;
  } catch (error) {
    return `${text.trim()} (${messagesOf(error)})`;
  }
}
