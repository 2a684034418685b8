import { codeOf } from '@typernetes/base';
import type { FileAccess } from '../../session.ts';

/** A file's content in base64, for a kubeconfig. Throws upstream's error if it does not exist. */
export async function embeddedFile(field: string, path: string, files: FileAccess): Promise<string> {
  try {
    return Buffer.from(await files.read(path)).toString('base64');
  } catch (error) {
    if (codeOf(error) !== 'ENOENT' && !String(error).includes('no such file')) throw error;
    throw new Error(`could not stat ${field} file ${path}: stat ${path}: no such file or directory`);
  }
}
