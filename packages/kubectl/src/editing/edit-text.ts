import { randomInt } from 'node:crypto';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { codeOf } from '@typernetes/base';
import { decodeDocuments } from '@typernetes/process';
import { sortedKeys } from '../apply/last-applied.ts';
import { runProgram } from '../programs/run-program.ts';
import type { Session } from '../session.ts';

const ofObjects = [
  "Please edit the object below. Lines beginning with a '#' will be ignored,",
  'and an empty file will abort the edit. If an error occurs while saving this file will be',
  'reopened with the relevant failures.',
  '',
];

const ofAnnotations = [
  "Please edit the 'last-applied-configuration' annotations below.",
  "Lines beginning with a '#' will be ignored, and an empty file will abort the edit.",
  '',
];

/** The comments at the top of the edited text; errors come last. */
export function editHeader(failures: readonly string[], { annotations }: { annotations: boolean }): string {
  const lines = [...(annotations ? ofAnnotations : ofObjects), ...failures];
  return lines.map((line) => (line === '' ? '#\n' : `# ${line.replace(/\n(?!#|$)/g, '\n# ')}\n`)).join('');
}

/** The text without comment lines. */
export function withoutComments(text: string): string {
  return text
    .split('\n')
    .filter((line) => !line.trim().startsWith('#'))
    .join('\n');
}

/** The object in a text; of duplicate fields the last one counts. Undefined if there is none. */
export const readBack = (text: string): unknown => decodeDocuments(text, { lastWins: true })[0];

/** A text's content for comparison, without comments and layout; the lines of a text that cannot be parsed. */
export function meaningOf(text: string): string {
  try {
    return JSON.stringify(sortedKeys(readBack(text))) ?? 'null';
  } catch {
    return withoutComments(text);
  }
}

export interface EditedFile {
  readonly path: string;
  readonly text: string;
  remove(): Promise<void>;
}

/** Opens a text in the user's editor, KUBE_EDITOR, EDITOR or vi, in a file of its own. Resolves to what was saved. */
export async function editText(
  text: string,
  { ending, session, signal }: { ending: 'json' | 'yaml'; session: Session; signal: AbortSignal },
): Promise<EditedFile> {
  const { environment } = session;
  const path = join(tmpdir(), `kubectl-edit-${randomInt(2 ** 32)}.${ending}`);
  await writeFile(path, text, { mode: 0o600, flag: 'wx' });
  const remove = (): Promise<void> => rm(path, { force: true });
  const [editor, ...args] = editorOf(environment);
  const shown = JSON.stringify([editor, ...args].join(' '));
  const byShell = isForShell(environment);
  const all = byShell ? [...args.slice(0, -1), `${args.at(-1)} ${JSON.stringify(path)}`] : [...args, path];
  let code: number;
  try {
    code = await runProgram(editor, all, { environment, signal });
  } catch (error) {
    await remove();
    const isMissing = codeOf(error) === 'ENOENT' && !editor.includes('/');
    throw new Error(
      isMissing ? `unable to launch the editor ${shown}` : `there was a problem with the editor ${shown}`,
    );
  }
  if (code !== 0) {
    await remove();
    throw new Error(`there was a problem with the editor ${shown}`);
  }
  return { path, text: await readFile(path, 'utf8'), remove };
}

type Environment = Session['environment'];

const written = ({ KUBE_EDITOR, EDITOR }: Environment): string => KUBE_EDITOR || EDITOR || 'vi';

/** An editor command with quotes is run by the user's shell. */
const isForShell = (environment: Environment): boolean =>
  / /.test(written(environment)) && /["'\\]/.test(written(environment));

function editorOf(environment: Environment): [string, ...string[]] {
  const editor = written(environment);
  if (isForShell(environment)) return [environment.SHELL || '/bin/bash', '-c', editor];
  const [program = '', ...args] = editor.split(' ');
  return [program, ...args];
}
