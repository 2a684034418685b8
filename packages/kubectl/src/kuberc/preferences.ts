import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { codeOf } from '@typernetes/base';
import { decodeDocuments, ManifestError } from '@typernetes/process';
import { decodePreferences, type Option, type Preferences } from './decode-preferences.ts';

export type { Preferences } from './decode-preferences.ts';

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

/** Throws on duplicate and invalid names of aliases, and on names of options with dashes. */
export function checkPreferences({ aliases, defaults }: Preferences): void {
  const seen = new Set<string>();
  for (const { name = '', options } of aliases) {
    if (!/^[a-zA-Z]+$/.test(name)) throw new Error('invalid alias name, can only include alphabetical characters');
    checkOptions(options);
    if (seen.has(name)) throw new Error(`duplicate alias name ${name}`);
    seen.add(name);
  }
  for (const { options } of defaults) checkOptions(options);
}

function checkOptions(options: readonly Option[] = []): void {
  const wrong = options.find(({ name = '' }) => name.startsWith('-'));
  if (wrong) throw new Error(`flag name ${wrong.name} should be in long form without dashes`);
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
  for (const document of documentsOf(text)) {
    const decoded = decodePreferences(document);
    if (!decoded) continue;
    const fields = decoded.unknown.map((field) => `unknown field ${JSON.stringify(field)}`).join(', ');
    const remark = `kuberc: ignoring strict decoding error in ${path}: strict decoding error: ${fields}`;
    return { ...decoded.preferences, ...(fields === '' ? {} : { remark }) };
  }
  throw new NoPreferences(path, text);
}

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
  /** The alias that the line begins with. */
  readonly alias?: string;
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
  if (preferences.defaults.some((one) => one.command === word)) throw new Error(`alias ${word} can not be overridden`);
  const { command, prependArgs = [], appendArgs = [], options = [] } = alias;
  if (!isCommand(command))
    throw new Error(`command ${JSON.stringify(command)} not found to set alias ${JSON.stringify(word)}: [${command}]`);
  const rest = args.slice(at + 1);
  const line = [...args.slice(0, at), ...command.split(' '), ...prependArgs, ...rest, ...appendArgs];
  // Defaults refer to commands by their full names.
  return { args: line, alias: alias.name, optionsFor: () => options };
}
