import { objectPrinter } from '../printing/object-printer.ts';
import type { Printable } from '../printing/printable.ts';
import { printedObject } from '../resources/arguments.ts';
import type { Session } from '../session.ts';

/** Flags of commands that change something and say so, or print what came of it. */
export const resultFlags = {
  'allow-missing-template-keys': {
    type: 'boolean',
    help: 'If true, ignore any errors in templates when a field or map key is missing in the template.',
    default: true,
  },
  output: { type: 'string', short: 'o', help: 'Output format.' },
  'show-managed-fields': {
    type: 'boolean',
    help: 'If true, keep the managedFields when printing objects in JSON or YAML format.',
    default: false,
  },
  template: { type: 'string', help: 'Template string or path to template file.', default: '' },
} as const;

export const dryRunFlag = {
  'dry-run': {
    type: 'string',
    help: 'Must be "none", "server", or "client".',
    default: 'none',
    valueWhenBare: 'unchanged',
  },
} as const;

export const validateFlag = {
  validate: {
    type: 'string',
    help: 'Must be one of: strict (or true), warn, ignore (or false).',
    default: 'strict',
    valueWhenBare: 'strict',
  },
} as const;

export const saveConfigFlag = {
  'save-config': {
    type: 'boolean',
    help: 'If true, the configuration of current object will be saved in its annotation.',
    default: false,
  },
} as const;

/** What many a tutorial has, though nobody shall. */
export const recordFlag = {
  record: {
    type: 'boolean',
    help: 'Record current kubectl command in the resource annotation.',
    default: false,
    hidden: true,
    deprecated: '--record will be removed in the future',
  },
} as const;

/** `--field-manager` with the name that a command has by default. */
export function fieldManagerFlag<const N extends string>(name: N) {
  return {
    'field-manager': {
      type: 'string',
      help: 'Name of the manager used to track field ownership.',
      default: name as string,
    },
  } as const;
}

/** Throws for what `-o` cannot mean, before anything is made of it. */
export function refuseWrongFormat({ output }: { readonly output: string | undefined }): void {
  objectPrinter(output);
}

export type DryRun = 'none' | 'client' | 'server';

/** What `--dry-run` asks for. Throws for what it cannot mean. */
export function dryRunOf(flag: string): DryRun {
  if (flag === 'none' || flag === 'client' || flag === 'server') return flag;
  // The flag alone is what it meant before it took a value.
  if (flag === 'unchanged') return 'client';
  throw new Error(`Invalid dry-run value (${flag}). Must be "none", "server", or "client".`);
}

/** What stands behind a result. */
export function drySuffix(dryRun: DryRun): string {
  return { none: '', client: ' (dry run)', server: ' (server dry run)' }[dryRun];
}

export interface ResultOptions {
  /** Each object is printed by itself: upstream separates YAML only where one printer prints all. */
  readonly apart?: boolean;
  readonly verb: string;
  readonly dryRun?: DryRun;
  readonly flags: {
    readonly output: string | undefined;
    readonly 'show-managed-fields'?: boolean;
    readonly 'allow-missing-template-keys'?: boolean;
  };
}

/** Sessions that have printed an object: further ones of YAML are documents of their own. */
const printed = new WeakSet<Session>();

/** Prints `deployment.apps/web created`, or the object itself where `-o` asks for it. */
export function printResult(
  session: Session,
  { type, object, typed = false }: Printable,
  { verb, dryRun = 'none', flags, apart = false }: ResultOptions,
): void {
  const print = objectPrinter(flags.output, {
    showManagedFields: flags['show-managed-fields'] ?? false,
    strict: flags['allow-missing-template-keys'] === false,
  });
  if (print) {
    const separator = flags.output === 'yaml' && !apart && printed.has(session) ? '---\n' : '';
    printed.add(session);
    session.io.out(`${separator}${print([{ type, object, typed }], false)}`);
  } else session.io.out(`${printedObject(type, object)} ${verb}${drySuffix(dryRun)}\n`);
}

/** A wrong use of a command: the message, and where help is. It is told before a wrong `--dry-run`. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

export function usageError(command: string, message: string): UsageError {
  return new UsageError(`${message}\nSee 'kubectl ${command} -h' for help and examples`);
}
