import { codeOf, messageOf } from '@typernetes/base';
import type { Session } from '../session.ts';

/** `-o` taken apart: what kind, and the template or columns behind `=`. */
export interface OutputFormat {
  readonly kind: string;
  readonly argument: string;
  /** As it was typed, for messages. */
  readonly written: string;
  /** Why its file could not be read, or `''` where it and `--template` do not go together. */
  readonly problem?: string;
}

/** The forms whose argument is the name of a file, and what the file's text is then. */
const fromFile: Readonly<Record<string, string>> = {
  'custom-columns-file': 'custom-columns',
  'go-template-file': 'go-template',
  'jsonpath-file': 'jsonpath',
  templatefile: 'go-template',
};

/** The forms that have something behind `=`, or in `--template`. */
const withArgument: ReadonlySet<string> = new Set([
  ...Object.keys(fromFile),
  'custom-columns',
  'go-template',
  'jsonpath',
  'jsonpath-as-json',
  'template',
]);

/** No command line has it: what stands behind it is why a format cannot be. */
const mark = '\0';

export function outputFormat(output: string): OutputFormat {
  const [written = '', problem] = output.split(mark);
  const equals = written.indexOf('=');
  const kind = equals < 0 ? written : written.slice(0, equals);
  const known = withArgument.has(kind);
  return {
    kind: !known ? written : kind === 'template' ? 'go-template' : kind,
    argument: known && equals >= 0 ? written.slice(equals + 1) : '',
    written,
    ...(problem === undefined ? {} : { problem }),
  };
}

/**
 * The same output with its file read: `jsonpath-file=x` becomes `jsonpath=…`. `template` is what `--template` gives, `columns` whether there are
 * columns too. What is wrong is told by whoever makes a printer of it, as that may be late.
 */
export async function withFileRead(
  output: string | undefined,
  template: string,
  { files, columns }: Pick<Session, 'files'> & { columns: boolean },
): Promise<string | undefined> {
  const written = output ?? '';
  if (template !== '') {
    if (written === '') return `go-template=${template}`;
    if (!withArgument.has(written)) return written.includes('=') ? `${written}${mark}` : output;
  }
  const { kind, argument } = outputFormat(template === '' ? written : `${written}=${template}`);
  if (!withArgument.has(kind) || (kind.startsWith('custom-columns') && !columns)) return output;
  const inline = Object.hasOwn(fromFile, kind) ? fromFile[kind] : undefined;
  if (inline === undefined) return `${kind}=${argument}`;
  if (argument === '') return output;
  try {
    const text = await files.read(argument);
    return `${inline}=${inline === 'custom-columns' ? columnsOfFile(text) : text}`;
  } catch (error) {
    const flag = inline === 'custom-columns' ? 'template' : '--template';
    const { asGoSays } = await import('../error-text.ts');
    const reason = codeOf(error) === 'EISDIR' ? `read ${argument}: is a directory` : asGoSays(messageOf(error));
    const why = codeOf(error) === undefined ? reason : `error reading ${flag} ${argument}, ${reason}`;
    return `${written}${mark}${why}`;
  }
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
