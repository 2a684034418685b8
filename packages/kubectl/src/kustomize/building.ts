import { resolve } from 'node:path';
import type { Surroundings } from '../session.ts';

/** What a kustomization is built with. */
export interface Building extends Pick<Surroundings, 'files' | 'environment'> {
  readonly warn: (text: string) => void;
  /** Whether files from outside of a kustomization's folder may be read. */
  readonly anywhere: boolean;
}

/** The whole path of a file that the kustomization in `folder` names. Throws when it is somewhere else and may not be. */
export function allowedPath(path: string, folder: string, { anywhere }: Pick<Building, 'anywhere'>): string {
  const whole = resolve(folder, path);
  if (!anywhere && !whole.startsWith(`${folder}/`))
    throw new Error(`security; file '${whole}' is not in or below '${folder}'`);
  return whole;
}
