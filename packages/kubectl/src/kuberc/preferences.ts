import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { codeOf } from '@typernetes/base';
import { decodeDocuments, ManifestError } from '@typernetes/process';
import type { PluginPolicy } from './plugin-policy.ts';

interface Option {
  readonly name: string;
  readonly default: string;
}

interface Alias {
  readonly name: string;
  readonly command: string;
  readonly prependArgs?: readonly string[];
  readonly appendArgs?: readonly string[];
  readonly options?: readonly Option[];
}

/** A kuberc file: aliases, default values of flags, and a policy for credential plugins. */
export interface Preferences extends PluginPolicy {
  readonly aliases: readonly Alias[];
  readonly defaults: readonly { readonly command: string; readonly options?: readonly Option[] }[];
}

const versions: readonly unknown[] = ['kubectl.config.k8s.io/v1alpha1', 'kubectl.config.k8s.io/v1beta1'];

/**
 * The file of preferences: `--kuberc`, else $KUBERC, else ~/.kube/kuberc when there is one. None where KUBECTL_KUBERC is "false" or KUBERC is "off".
 */
export function preferencesFile(
  args: readonly string[],
  environment: Readonly<Record<string, string | undefined>>,
): string | undefined {
  if (environment.KUBECTL_KUBERC === 'false') return undefined;
  const at = args.findIndex((arg) => arg === '--kuberc' || arg.startsWith('--kuberc='));
  const flag = at < 0 ? undefined : args[at] === '--kuberc' ? args[at + 1] : args[at]?.slice('--kuberc='.length);
  if (flag && environment.KUBERC === 'off')
    throw new Error('kuberc error disabling kuberc via KUBERC=off and passing kuberc flag are mutually exclusive');
  if (flag) return flag;
  if (flag === '') throw new Error('kuberc file is not found');
  if (environment.KUBERC) return environment.KUBERC === 'off' ? undefined : environment.KUBERC;
  const usual = usualFile(environment);
  return existsSync(usual) ? usual : undefined;
}

/** The default path of preferences. */
export const usualFile = ({ HOME = '/' }: Readonly<Record<string, string | undefined>>): string =>
  join(HOME, '.kube', 'kuberc');

/** Where preferences are kept: what `--kuberc` says, else $KUBERC, else ~/.kube/kuberc. */
export function preferencesPath(flag: string, environment: Readonly<Record<string, string | undefined>>): string {
  return flag || environment.KUBERC || join(environment.HOME ?? '/', '.kube', 'kuberc');
}

/** The file contains no preferences. */
export class NoPreferences extends Error {
  override readonly name = 'NoPreferences';
  /** The warning about a file at the default path; none for an empty one. */
  readonly remark: string;
  constructor(path: string, text: string) {
    const why = `no valid preferences found in ${path}, use --v=5 to see details`;
    super(`kuberc error kuberc: ${why}`);
    this.remark = text === '' ? '' : `kuberc: no preferences loaded from ${path}: ${why}`;
  }
}

/** Throws on duplicate and invalid names of aliases. */
export function checkAliases({ aliases }: Preferences): void {
  const seen = new Set<string>();
  for (const { name } of aliases) {
    if (!/^[a-zA-Z]+$/.test(name)) throw new Error('invalid alias name, can only include alphabetical characters');
    if (seen.has(name)) throw new Error(`duplicate alias name ${name}`);
    seen.add(name);
  }
}

/** Reads the first document of kind Preference. Throws upstream's errors. */
export function readPreferences(path: string): Preferences {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    if (codeOf(error) === 'EISDIR') throw new Error(`kuberc error kuberc: read ${path}: is a directory`);
    if (codeOf(error) !== 'ENOENT') throw error;
    throw new Error(`kuberc error kuberc: open ${path}: no such file or directory`);
  }
  const found = (documentsOf(text) as (Partial<Preferences> & { apiVersion?: unknown; kind?: unknown })[]).find(
    (document) => document?.kind === 'Preference' && versions.includes(document.apiVersion),
  );
  if (!found) throw new NoPreferences(path, text);
  const { credentialPluginPolicy: policy, credentialPluginAllowlist: allowed } = found;
  return {
    aliases: (found.aliases ?? []).map(withoutNulls),
    defaults: (found.defaults ?? []).map(withoutNulls),
    ...(policy ? { credentialPluginPolicy: policy } : {}),
    ...(allowed ? { credentialPluginAllowlist: allowed } : {}),
  };
}

/** Empty lists may be written as null. */
const withoutNulls = <T extends object>(entry: T): T =>
  Object.fromEntries(Object.entries(entry).filter(([, value]) => value !== null)) as T;

/** Documents that cannot be decoded are skipped, like those of other kinds. */
function documentsOf(text: string): unknown[] {
  try {
    return decodeDocuments(text);
  } catch (error) {
    if (error instanceof ManifestError) return [];
    throw error;
  }
}

/** A command line with preferences applied. */
export interface PreferredLine {
  readonly args: readonly string[];
  /** Default values for flags that the line does not set. */
  optionsFor(command: string): readonly Option[];
}

/** Puts an alias's command in the place of its name, which stands at `at`. Names of commands mean the commands. */
export function preferredLine(
  args: readonly string[],
  at: number,
  { preferences, isCommand }: { preferences: Preferences; isCommand: (words: string) => boolean },
): PreferredLine {
  const word = args[at];
  const alias =
    word === undefined || isCommand(word) ? undefined : preferences.aliases.find(({ name }) => name === word);
  const defaults = (command: string): readonly Option[] =>
    preferences.defaults.filter((one) => one.command === command).flatMap(({ options = [] }) => options);
  if (!alias) return { args, optionsFor: defaults };
  const { command, prependArgs = [], appendArgs = [], options = [] } = alias;
  if (!isCommand(command))
    throw new Error(`command ${JSON.stringify(command)} not found to set alias ${JSON.stringify(word)}: [${command}]`);
  const rest = args.slice(at + 1);
  const line = [...args.slice(0, at), ...command.split(' '), ...prependArgs, ...rest, ...appendArgs];
  // Defaults refer to commands by their full names.
  return { args: line, optionsFor: () => options };
}
