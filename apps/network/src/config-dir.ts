import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/**
 * The settings in a directory as arguments: a file for each, named as its flag, as a ConfigMap is mounted. Names that
 * begin with a dot are the kubelet's.
 */
export function argumentsIn(directory: string): string[] {
  return readdirSync(directory)
    .filter((name) => !name.startsWith('.'))
    .sort()
    .map((name) => `--${name}=${readFileSync(join(directory, name), 'utf8').trim()}`);
}
