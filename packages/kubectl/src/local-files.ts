import { promises } from 'node:fs';
import { codeOf } from '@typernetes/base';
import type { FileAccess } from './session.ts';

/** The path does not exist. */
export class MissingPathError extends Error {}

/** Access to local files. */
export const localFiles: FileAccess = {
  read: (path) => promises.readFile(path, 'utf8'),
  readBytes: (path) => promises.readFile(path),
  async list(path) {
    try {
      return (await promises.stat(path)).isDirectory() ? await promises.readdir(path) : undefined;
    } catch (error) {
      if (codeOf(error) !== 'ENOENT') throw error;
      throw new MissingPathError(`the path "${path}" does not exist`);
    }
  },
};
