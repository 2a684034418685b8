import { STATUS_CODES } from 'node:http';
import { dirname, resolve } from 'node:path';
import { codeOf, messagesOf } from '@typernetes/base';
import type { Schema } from '@typernetes/machinery';
import { MissingPathError } from '../local-files.ts';
import type { Surroundings } from '../session.ts';
import { type Repository, repositoryAt } from './repository.ts';
import type { Manifest } from './resource.ts';

/** The environment of a build. */
export interface Building extends Pick<Surroundings, 'files' | 'environment'> {
  readonly warn: (text: string) => void;
  /** Receives upstream's log messages. */
  readonly log: (text: string) => void;
  /** Whether files outside of a kustomization's folder may be read. */
  readonly anywhere: boolean;
  /** Whether charts and functions are allowed; the kustomize program runs them. */
  readonly charts: boolean;
  readonly functions: boolean;
  /** Clones a repository into a folder that exists until the build ends. Rejects with git's error. */
  clone(repository: Repository): Promise<string>;
  /** The merge keys of a kind's lists; undefined for unknown kinds. */
  schemaOf(object: Manifest): Schema | undefined;
}

/** The whole path of a file that the kustomization in `folder` names. Throws when it is somewhere else and may not be. */
export function allowedPath(path: string, folder: string, { anywhere }: Pick<Building, 'anywhere'>): string {
  const whole = resolve(folder, path);
  if (!anywhere && !whole.startsWith(`${folder}/`))
    throw new Error(`security; file '${whole}' is not in or below '${folder}'`);
  return whole;
}

/** What is at a path: the names in a folder, undefined for a file, null for nothing. Throws what keeps one from looking. */
export async function lookAt(
  path: string,
  { files }: Pick<Building, 'files'>,
): Promise<readonly string[] | undefined | null> {
  try {
    return await files.list(path);
  } catch (error) {
    // Below a file there is nothing either.
    if (error instanceof MissingPathError || codeOf(error) === 'ENOTDIR') return null;
    throw error;
  }
}

/** The text of a file that the kustomization in `folder` names, or of a URL. Throws with upstream's words when there is none. */
export async function fileText(path: string, folder: string, building: Building): Promise<string> {
  if (isUrl(path)) return urlText(path);
  const whole = resolve(folder, path);
  if ((await lookAt(whole, building)) === null) throw new Error(await missingText(whole, building));
  return building.files.read(allowedPath(path, folder, building));
}

export const isUrl = (path: string): boolean => /^https?:\/\//.test(path);

/** Upstream's error for a missing path, which names its first missing segment. */
export async function missingText(whole: string, { files }: Pick<Building, 'files'>): Promise<string> {
  let missing = whole;
  for (let up = dirname(whole); up !== missing; up = dirname(up)) {
    if (await lookAt(up, { files })) break;
    missing = up;
  }
  return `evalsymlink failure on '${whole}' : lstat ${missing}: no such file or directory`;
}

/** The server does not have the file: there is no alternative. */
export class HttpError extends Error {
  override readonly name = 'HttpError';
}

async function urlText(url: string): Promise<string> {
  const response = await fetch(url).catch((error: unknown) => {
    throw new Error(`Get ${JSON.stringify(url)}: ${refusal(error)}`);
  });
  if (response.ok) return response.text();
  if (repositoryAt(url)) throw new Error('URL is a git repository');
  throw new HttpError(`HTTP Error: status code ${response.status} (${STATUS_CODES[response.status] ?? ''})`);
}

/** Go's error if the server cannot be reached. */
function refusal(error: unknown): string {
  for (let at: unknown = error; at instanceof Error; at = at.cause) {
    const { code, address, port } = at as { code?: string; address?: string; port?: number };
    if (code === 'ECONNREFUSED' && address)
      return `dial tcp ${address.includes(':') ? `[${address}]` : address}:${port}: connect: connection refused`;
  }
  return messagesOf(error);
}
