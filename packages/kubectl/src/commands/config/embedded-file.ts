import { codeOf } from '@typernetes/base';
import type { FileAccess } from '../../session.ts';

/** A file as kubeconfigs hold it, in base64. Throws with upstream's words when there is none. */
export async function embeddedFile(field: string, path: string, files: FileAccess): Promise<string> {
  try {
    return Buffer.from(await files.read(path)).toString('base64');
  } catch (error) {
    if (codeOf(error) !== 'ENOENT' && !String(error).includes('no such file')) throw error;
    throw new Error(`could not stat ${field} file ${path}: stat ${path}: no such file or directory`);
  }
}
