import { readFile } from 'node:fs/promises';
import { runProgram } from '../programs/run-program.ts';
import type { TemporaryFolder } from '../programs/temporary-folder.ts';
import type { Session } from '../session.ts';

const instructions = [
  "Please edit the object below. Lines beginning with a '#' will be ignored,",
  'and an empty file will abort the edit. If an error occurs while saving this file will be',
  'reopened with the relevant failures.',
  '',
];

/** The comments at the top of what is edited; what is wrong comes last. */
export function editHeader(failures: readonly string[]): string {
  return [...instructions, ...failures].map((line) => (line === '' ? '#\n' : `# ${line}\n`)).join('');
}

/** The text without the comments. Empty when nothing else is left. */
export function withoutComments(text: string): string {
  const lines = text.split('\n').filter((line) => !line.startsWith('#'));
  return lines.every((line) => line.trim() === '') ? '' : lines.join('\n');
}

/** Opens a text in the user's editor, KUBE_EDITOR, EDITOR or vi, and resolves to what was saved. */
export async function editText(
  text: string,
  { name, folder, session, signal }: { name: string; folder: TemporaryFolder; session: Session; signal: AbortSignal },
): Promise<string> {
  const { environment } = session;
  const editor = environment.KUBE_EDITOR || environment.EDITOR || 'vi';
  const file = await folder.write(name, text);
  // By a shell: editors are given with arguments, and quoted as the user's shell has it.
  const code = await runProgram(environment.SHELL || '/bin/sh', ['-c', `${editor} ${quoted(file)}`], {
    environment,
    signal,
  });
  if (code !== 0) throw new Error(`there was a problem with the editor ${JSON.stringify(editor)}`);
  return readFile(file, 'utf8');
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}
