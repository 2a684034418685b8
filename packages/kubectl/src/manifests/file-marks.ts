import { PlainError } from '../io.ts';

/** Marks a folder of `-k` among the names of `-f`. */
export const kustomizationMark = 'kustomization:';

/** Marks, among the names of `-f`, what is wrong with flags that name files, a line each. */
export const misusedFiles = 'misused:';

/** Throws where flags that name files do not go together. */
export function refuseMisuse(filenames: readonly string[]): void {
  const misuse = filenames.find((name) => name.startsWith(misusedFiles))?.slice(misusedFiles.length);
  if (misuse === undefined) return;
  throw misuse.includes('\n') ? new PlainError(`${misuse}\n`) : new Error(misuse);
}
