import { constants } from 'node:fs';
import { access, readdir } from 'node:fs/promises';
import { join } from 'node:path';

const prefix = 'kubectl-';

export interface Plugin {
  readonly name: string;
  readonly path: string;
  readonly executable: boolean;
}

/** Programs `kubectl-NAME` of the folders of PATH, in their order. */
export async function pluginsOn(
  path: string | undefined,
  /** Told of folders that cannot be read. */
  skipped: (folder: string, error: unknown) => void = () => undefined,
): Promise<Plugin[]> {
  const found: Plugin[] = [];
  for (const folder of new Set((path ?? '').split(':').filter((part) => part !== ''))) {
    // A folder of PATH that is not there is as common as one that is empty.
    const names = await readdir(folder).catch((error: unknown) => {
      skipped(folder, error);
      return [];
    });
    for (const name of names.filter((name) => name.startsWith(prefix)).sort()) {
      found.push({ name, path: join(folder, name), executable: await isExecutable(join(folder, name)) });
    }
  }
  return found;
}

/** The plugin with the longest name that the words of a command line spell, and the arguments that remain. */
export async function pluginFor(
  args: readonly string[],
  path: string | undefined,
): Promise<{ path: string; args: readonly string[] } | undefined> {
  const end = args.findIndex((arg) => arg.startsWith('-'));
  const words = (end < 0 ? args : args.slice(0, end)).map((word) => word.replaceAll('-', '_'));
  for (let length = words.length; length > 0; length--) {
    const name = `${prefix}${words.slice(0, length).join('-')}`;
    if (name.includes('/')) continue;
    for (const folder of (path ?? '').split(':').filter((part) => part !== '')) {
      if (await isExecutable(join(folder, name))) return { path: join(folder, name), args: args.slice(length) };
    }
  }
  return undefined;
}

function isExecutable(path: string): Promise<boolean> {
  return access(path, constants.X_OK).then(
    () => true,
    () => false,
  );
}
