import { compileJsonPath } from '@typernetes/machinery';
import { encodeKyaml, encodeYaml, type FlagSpecs } from '@typernetes/process';
import { failed } from '../certs/certificate-store.ts';
import type { Files } from '../host.ts';
import { CommandError, type Output } from '../output.ts';

const formats = [
  'text',
  'json',
  'yaml',
  'kyaml',
  'go-template',
  'go-template-file',
  'template',
  'templatefile',
  'jsonpath',
  'jsonpath-as-json',
  'jsonpath-file',
];

/** The output flags of every command that prints objects. */
export const outputFlags = {
  'allow-missing-template-keys': {
    type: 'boolean',
    help: 'If true, ignore any errors in templates when a field or map key is missing in the template. Only applies to golang and jsonpath output formats.',
    default: true,
  },
  output: {
    type: 'string',
    short: 'o',
    help: `Output format. One of: ${formats.join('|')}.`,
    default: 'text',
  },
  'show-managed-fields': {
    type: 'boolean',
    help: 'If true, keep the managedFields when printing objects in JSON or YAML format.',
    default: false,
  },
} as const satisfies FlagSpecs;

export interface OutputFlags {
  readonly output: string;
  readonly 'allow-missing-template-keys': boolean;
}

/** Formats an object of kubeadm's output API as text. */
export type ObjectPrinter = (kind: string, fields: object) => string;

/** The printer that the flags select; undefined for text, which each command prints itself. Throws on unknown formats. */
export async function objectPrinter(
  flags: OutputFlags,
  { host, output }: { host: { files: Pick<Files, 'read'> }; output: Output },
): Promise<ObjectPrinter | undefined> {
  const equals = flags.output.indexOf('=');
  const kind = equals < 0 ? flags.output : flags.output.slice(0, equals);
  const given = equals < 0 ? '' : flags.output.slice(equals + 1);
  const of = { kind, given, strict: !flags['allow-missing-template-keys'] };
  const print = await encoder(of, { host, output }).catch(failed('could not construct output printer'));
  return print && ((name, fields) => print({ kind: name, apiVersion: 'output.kubeadm.k8s.io/v1alpha3', ...fields }));
}

type Encode = (object: object) => string;

async function encoder(
  { kind, given, strict }: { kind: string; given: string; strict: boolean },
  { host, output }: { host: { files: Pick<Files, 'read'> }; output: Output },
): Promise<Encode | undefined> {
  switch (kind) {
    case 'text':
      return undefined;
    case 'json':
      return encodeJson;
    case 'yaml':
      return encodeYaml;
    case 'kyaml':
      return encodeKyaml;
    case 'go-template':
    case 'template':
      return templateEncoder(needed(given), { strict, output });
    case 'go-template-file':
    case 'templatefile':
      return templateEncoder(await fileText(given, host), { strict, output });
    case 'jsonpath':
      return pathEncoder(needed(given), strict);
    case 'jsonpath-file':
      return pathEncoder(await fileText(given, host), strict);
    case 'jsonpath-as-json': {
      const path = compileJsonPath(needed(given));
      return (object) =>
        path
          .parts(object)
          .map((values) => encodeJson(values))
          .join('');
    }
  }
  throw new CommandError(
    `unable to match a printer suitable for the output format "${kind}", allowed formats are: ${[...formats].sort().join(',')}`,
  );
}

const encodeJson = (value: unknown): string => `${JSON.stringify(value, undefined, 4)}\n`;

function needed(template: string): string {
  if (template === '') throw new CommandError('template format specified but no template given');
  return template;
}

async function fileText(path: string, { files }: { files: Pick<Files, 'read'> }): Promise<string> {
  if (path === '') throw new CommandError('template format specified but no template file given');
  const text = await files.read(path);
  if (text === undefined) {
    throw new CommandError(`error reading --template ${path}, open ${path}: no such file or directory`);
  }
  return text;
}

function pathEncoder(template: string, strict: boolean): Encode {
  const path = compileJsonPath(template);
  return (object) => path.evaluate(object, { allowMissing: !strict });
}

/** The template language is loaded only when a template is used. */
async function templateEncoder(source: string, of: { strict: boolean; output: Output }): Promise<Encode> {
  const { compileTemplate, TemplateError } = await import('@typernetes/machinery/template');
  const fill = compileTemplate(source, of);
  return (object) => {
    try {
      return fill(object);
    } catch (error) {
      if (error instanceof TemplateError) of.output.out(error.details);
      throw error;
    }
  };
}
