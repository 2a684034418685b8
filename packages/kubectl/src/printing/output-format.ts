import type { Session } from '../session.ts';

/** `-o` taken apart: what kind, and the template or columns behind `=`. */
export interface OutputFormat {
  readonly kind: string;
  readonly argument: string;
}

/** The forms whose argument is the name of a file, and what the file's text is then. */
const fromFile: Readonly<Record<string, string>> = {
  'custom-columns-file': 'custom-columns',
  'go-template-file': 'go-template',
  'jsonpath-file': 'jsonpath',
  templatefile: 'go-template',
};

export function outputFormat(output: string, template = ''): OutputFormat {
  const equals = output.indexOf('=');
  const kind = equals < 0 ? output : output.slice(0, equals);
  const argument = equals < 0 ? template : output.slice(equals + 1);
  if (kind === '' && template !== '') return { kind: 'go-template', argument: template };
  return { kind: kind === 'template' ? 'go-template' : kind, argument };
}

/** The same output with its file read: `jsonpath-file=x` becomes `jsonpath=…`. `template` is what `--template` gives. */
export async function withFileRead(
  output: string | undefined,
  template: string,
  { files }: Pick<Session, 'files'>,
): Promise<string | undefined> {
  const { kind, argument } = outputFormat(output ?? '', template);
  const inline = Object.hasOwn(fromFile, kind) ? fromFile[kind] : undefined;
  if (kind === 'wide') return output;
  if (inline === undefined) return kind === '' ? output : argument === '' ? kind : `${kind}=${argument}`;
  if (argument === '')
    throw new Error(
      `${inline === 'custom-columns' ? 'custom-columns-file' : 'template'} format specified but no ${inline === 'custom-columns' ? 'custom columns file' : 'template file'} given`,
    );
  const text = await files.read(argument).catch(() => {
    const flag = inline === 'custom-columns' ? 'template' : '--template';
    throw new Error(`error reading ${flag} ${argument}, open ${argument}: no such file or directory`);
  });
  return `${inline}=${inline === 'custom-columns' ? columnsOfFile(text) : text}`;
}

/** A file of columns has the headers on its first line and the paths below them. */
function columnsOfFile(text: string): string {
  const [headers = [], paths = []] = text.split('\n').map((line) => line.split(/\s+/).filter((word) => word !== ''));
  if (headers.length === 0 || paths.length === 0)
    throw new Error(
      `invalid template, missing ${headers.length === 0 ? 'header' : 'spec'} line. Expected format is one line of space separated headers, one line of space separated column specs.`,
    );
  if (headers.length !== paths.length) {
    throw new Error(`number of headers (${headers.length}) and field specifications (${paths.length}) don't match`);
  }
  return headers.map((header, i) => `${header}:${paths[i]}`).join(',');
}
