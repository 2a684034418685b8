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

/** A kuberc file: commands of the user's own, other defaults for flags, and which credential plugins may run. */
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

/** Where preferences are when nobody says where. */
export const usualFile = ({ HOME = '/' }: Readonly<Record<string, string | undefined>>): string =>
  join(HOME, '.kube', 'kuberc');

/** Where preferences are kept: what `--kuberc` says, else $KUBERC, else ~/.kube/kuberc. */
export function preferencesPath(flag: string, environment: Readonly<Record<string, string | undefined>>): string {
  return flag || environment.KUBERC || join(environment.HOME ?? '/', '.kube', 'kuberc');
}

/** A file that has no preferences in it. */
export class NoPreferences extends Error {
  override readonly name = 'NoPreferences';
  /** What is said where the file is there by itself, and nobody has named it: nothing of an empty one. */
  readonly remark: string;
  constructor(path: string, text: string) {
    const why = `no valid preferences found in ${path}, use --v=5 to see details`;
    super(`kuberc error kuberc: ${why}`);
    this.remark = text === '' ? '' : `kuberc: no preferences loaded from ${path}: ${why}`;
  }
}

/** Throws for aliases that cannot be told apart, or from what is no word. */
export function checkAliases({ aliases }: Preferences): void {
  const seen = new Set<string>();
  for (const { name } of aliases) {
    if (!/^[a-zA-Z]+$/.test(name)) throw new Error('invalid alias name, can only include alphabetical characters');
    if (seen.has(name)) throw new Error(`duplicate alias name ${name}`);
    seen.add(name);
  }
}

/** Reads the first document that is a Preference. Throws with upstream's words. */
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

/** Lists of nothing may be written as null. */
const withoutNulls = <T extends object>(entry: T): T =>
  Object.fromEntries(Object.entries(entry).filter(([, value]) => value !== null)) as T;

/** What cannot be read is no preference, like all else that is none. */
function documentsOf(text: string): unknown[] {
  try {
    return decodeDocuments(text);
  } catch (error) {
    if (error instanceof ManifestError) return [];
    throw error;
  }
}

/** What a command line means under preferences. */
export interface PreferredLine {
  readonly args: readonly string[];
  /** Values of flags that the line does not give. */
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
  // Defaults are for commands by their own names.
  return { args: line, optionsFor: () => options };
}
