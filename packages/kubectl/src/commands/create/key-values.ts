import { codeOf } from '@typernetes/base';
import { configKeyProblems } from '@typernetes/machinery';
import type { FileAccess } from '../../session.ts';
import { checkVariableName } from '../variable-name.ts';

export const keyValueFlags = {
  'from-env-file': { type: 'list', help: 'Specify the path to a file to read lines of key=val pairs.', default: [] },
  'from-file': { type: 'list', help: 'Key files can be specified using their file path or a folder.', default: [] },
  'from-literal': {
    type: 'array',
    help: 'Specify a key and literal value to insert (i.e. mykey=somevalue)',
    default: [],
  },
} as const;

export interface KeyValueFlags {
  readonly 'from-env-file': readonly string[];
  readonly 'from-file': readonly string[];
  readonly 'from-literal': readonly string[];
}

/** The entries of a ConfigMap or Secret from its flags. Throws on duplicate keys. */
export async function keyValues(
  flags: KeyValueFlags,
  {
    object,
    ...deps
  }: {
    object: { kind: string; name: string };
    files: Pick<FileAccess, 'list' | 'readBytes'>;
    environment: Readonly<Record<string, string | undefined>>;
  },
): Promise<Map<string, Uint8Array>> {
  if (flags['from-env-file'].length > 0 && flags['from-file'].length + flags['from-literal'].length > 0) {
    throw new Error('from-env-file cannot be combined with from-file or from-literal');
  }
  const values = new Map<string, Uint8Array>();
  const add = (key: string, value: Uint8Array): void => {
    const problems = configKeyProblems(key).join(',');
    if (problems !== '') {
      const [is, colon] = object.kind === 'Secret' ? ['is not', ''] : ['is not a', ':'];
      throw new Error(`${JSON.stringify(key)} ${is} valid key name for a ${object.kind}${colon} ${problems}`);
    }
    if (values.has(key))
      throw new Error(
        object.kind === 'Secret'
          ? `cannot add key ${key}, another key by that name already exists`
          : `cannot add key ${JSON.stringify(key)}, another key by that name already exists in Data for ${object.kind} ${JSON.stringify(object.name)}`,
      );
    values.set(key, value);
  };
  const fromFiles = async (): Promise<void> => {
    for (const source of flags['from-file']) {
      const { key, path } = fileSource(source);
      const names = await deps.files.list(path).catch(() => {
        throw new Error(`error reading ${path}: no such file or directory`);
      });
      if (names) {
        if (key !== undefined) throw new Error('cannot give a key name for a directory path');
        for (const name of names) {
          // Subfolders, and file names that are not valid keys, are skipped.
          if (configKeyProblems(name).length > 0 || (await deps.files.list(`${path}/${name}`))) continue;
          add(name, await deps.files.readBytes(`${path}/${name}`));
        }
      } else add(key ?? path.slice(path.lastIndexOf('/') + 1), await deps.files.readBytes(path));
    }
  };
  const fromLiterals = (): void => {
    for (const pair of flags['from-literal']) {
      const equals = pair.indexOf('=');
      if (equals <= 0) throw new Error(`invalid literal source ${pair}, expected key=value`);
      add(pair.slice(0, equals), Buffer.from(unquoted(pair.slice(equals + 1))));
    }
  };
  // The first error is reported.
  if (object.kind === 'Secret') fromLiterals();
  await fromFiles();
  if (object.kind !== 'Secret') fromLiterals();
  for (const path of flags['from-env-file']) {
    const bytes = await deps.files.readBytes(path).catch((error: unknown) => {
      if (codeOf(error) !== 'ENOENT') throw error;
      throw new Error(`error reading ${path}: no such file or directory`);
    });
    const text = Buffer.from(bytes).toString('utf8');
    for (const [key, value] of envFile(text, deps.environment)) {
      checkVariableName(key);
      add(key, Buffer.from(value));
    }
  }
  return values;
}

function unquoted(text: string): string {
  const quote = text[0];
  return text.length >= 2 && (quote === '"' || quote === "'") && text.endsWith(quote) ? text.slice(1, -1) : text;
}

function fileSource(source: string): { key: string | undefined; path: string } {
  const parts = source.split('=');
  if (parts.length === 1) return { key: undefined, path: source };
  const [key = '', path = ''] = parts;
  if (parts.length > 2) {
    throw new Error("key names or file paths cannot contain '='");
  }
  if (key === '') throw new Error(`key name for file path ${path} missing`);
  if (path === '') throw new Error(`file path for key name ${key} missing`);
  return { key, path };
}

/** `KEY=value` lines; a key alone takes its value, or nothing, from the environment; `#` starts a comment. */
export function envFile(text: string, environment: Readonly<Record<string, string | undefined>>): [string, string][] {
  return text.split('\n').flatMap((raw, i): [string, string][] => {
    const line = (i === 0 ? raw.replace(/^\uFEFF/, '') : raw).replace(/\r$/, '').trimStart();
    if (line === '' || line.startsWith('#')) return [];
    const equals = line.indexOf('=');
    const key = equals < 0 ? line : line.slice(0, equals);
    return [[key, equals < 0 ? (environment[key] ?? '') : line.slice(equals + 1)]];
  });
}
