import { access, constants, readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { messagesOf } from '@typernetes/base';

const prefix = 'kubectl-';

export interface Plugin {
  readonly name: string;
  readonly path: string;
  readonly executable: boolean;
  /** Why the file cannot be examined: a dangling link. */
  readonly problem?: string;
}

/** The programs `kubectl-NAME` in PATH's folders, in order. */
export async function pluginsOn(
  path: string | undefined,
  /** Receives errors of unreadable folders. */
  skipped: (folder: string, error: unknown) => void = () => undefined,
): Promise<Plugin[]> {
  const found: Plugin[] = [];
  for (const folder of new Set((path ?? '').split(':').filter((part) => part !== ''))) {
    // Missing folders in PATH are common, and not an error.
    const entries = await readdir(folder, { withFileTypes: true }).catch((error: unknown) => {
      skipped(folder, error);
      return [];
    });
    const names = entries.filter((entry) => entry.name.startsWith(prefix) && !entry.isDirectory());
    for (const { name } of names.sort((a, b) => (a.name < b.name ? -1 : 1))) {
      const path = join(folder, name);
      const problem = await stat(path).then(
        () => undefined,
        (error: unknown) => messagesOf(error),
      );
      found.push({ name, path, executable: await isExecutable(path), ...(problem ? { problem } : {}) });
    }
  }
  return found;
}

/** The description of plugins in lists of commands. */
export const pluginShort = (word: string): string => `The command ${word} is a plugin installed by the user`;

/** The command words of a plugin: `kubectl-foo_bar-baz` is `foo-bar baz`. */
export const wordsOf = ({ name }: Pick<Plugin, 'name'>): string[] =>
  name
    .slice(prefix.length)
    .split('-')
    .map((word) => word.replaceAll('_', '-'));

/** The plugin with the longest name, of `least` words, that the words of a command line spell, and the arguments that remain. */
export async function pluginFor(
  args: readonly string[],
  path: string | undefined,
  least = 1,
): Promise<{ path: string; args: readonly string[] } | undefined> {
  const end = args.findIndex((arg) => arg.startsWith('-'));
  const words = (end < 0 ? args : args.slice(0, end)).map((word) => word.replaceAll('-', '_'));
  for (let length = words.length; length >= least; length--) {
    const found = await programOn(path, `${prefix}${words.slice(0, length).join('-')}`);
    if (found) return { path: found, args: args.slice(length) };
  }
  return undefined;
}

/** The path of a program in the first folder of PATH that has it. */
export async function programOn(path: string | undefined, name: string): Promise<string | undefined> {
  if (name.includes('/')) return undefined;
  for (const folder of (path ?? '').split(':').filter((part) => part !== '')) {
    if (await isExecutable(join(folder, name))) return join(folder, name);
  }
  return undefined;
}

async function isExecutable(path: string): Promise<boolean> {
  try {
    await access(path, constants.X_OK);
    return !(await stat(path)).isDirectory();
  } catch {
    return false;
  }
}
