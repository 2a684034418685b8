import { readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { codeOf } from '@typernetes/base';
import type { Kubeconfig } from '@typernetes/client';
import type { ApiObject } from '@typernetes/machinery';
import { defineCommand } from '../../command.ts';
import { writtenForm } from '../../kubeconfig/written-form.ts';
import { objectPrinter } from '../../printing/object-printer.ts';
import type { Printable } from '../../printing/printable.ts';
import { usageError } from '../result.ts';

export const viewCommand = defineCommand({
  use: 'config view [flags]',
  short: 'Display merged kubeconfig settings or a specified kubeconfig file',
  flags: {
    'allow-missing-template-keys': {
      type: 'boolean',
      help: 'Print nothing for what a template asks for and is not there; otherwise that is an error.',
      default: true,
    },
    flatten: {
      type: 'boolean',
      help: 'Flatten the resulting kubeconfig file into self-contained output',
      default: false,
    },
    merge: { type: 'boolean', help: 'Put all files together, or show the first only.', default: true },
    minify: {
      type: 'boolean',
      help: 'Remove all information not used by current-context from the output',
      default: false,
    },
    output: {
      type: 'string',
      short: 'o',
      help: 'Output format. One of: (json, yaml, go-template, jsonpath).',
      default: 'yaml',
    },
    raw: { type: 'boolean', help: 'Display raw byte data and sensitive data', default: false },
    'show-managed-fields': { type: 'boolean', help: 'There are none in a kubeconfig.', default: false },
    template: { type: 'string', help: 'Template string or path to template file to use.', default: '' },
  } as const,
  async run({ flags, positional }, session) {
    if (positional.length > 0) throw usageError('config view', `unexpected arguments: [${positional.join(' ')}]`);
    const print = formPrinter(flags.output, { strict: !flags['allow-missing-template-keys'] });
    if (!flags.merge && session.globalFlags.kubeconfig === undefined)
      throw new Error('if merge==false a precise file must be specified');
    const merged = session.kubeconfigFiles.merged();
    const current = session.globalFlags.context ?? merged.currentContext;
    const chosen = flags.minify ? minified({ ...merged, currentContext: current }) : merged;
    const folder = dirname(resolve(session.kubeconfigFiles.defaultFile));
    const whole = flags.flatten ? flattened(chosen, folder) : chosen;
    const form = writtenForm(flags.raw || flags.flatten ? whole : veiled(whole));
    session.io.out(print(form));
    return 0;
  },
});

/** A kubeconfig is no object with a name. */
function formPrinter(output: string, { strict }: { strict: boolean }): (form: object) => string {
  if (output === '' || output === 'name') return () => 'config/<unknown>\n';
  const print = objectPrinter(output, { strict, showManagedFields: true });
  return (form) => print?.([{ object: form as ApiObject, typed: true } as Printable], false) ?? '';
}

function minified(config: Kubeconfig): Kubeconfig {
  const context = Object.hasOwn(config.contexts, config.currentContext)
    ? config.contexts[config.currentContext]
    : undefined;
  if (config.currentContext === '') throw new Error('current-context must exist in order to minify');
  if (!context) throw new Error(`cannot locate context ${config.currentContext}`);
  const only = <V>(entries: Readonly<Record<string, V>>, name: string, what: string): Record<string, V> => {
    if (name === '') return {};
    if (entries[name] === undefined) throw new Error(`cannot locate ${what} ${name}`);
    return { [name]: entries[name] };
  };
  return {
    ...config,
    contexts: { [config.currentContext]: context },
    clusters: only(config.clusters, context.cluster, 'cluster'),
    users: only(config.users, context.user, 'user'),
  };
}

/** Files become data. */
function flattened(config: Kubeconfig, folder: string): Kubeconfig {
  const embed = <E extends object>(entry: E, fields: readonly string[]): E => {
    const values = entry as Record<string, unknown>;
    const result: Record<string, unknown> = { ...values };
    for (const field of fields) {
      const path = values[field];
      if (typeof path !== 'string' || path === '') continue;
      if (values[`${field}-data`]) throw new Error('cannot have values for both path and contents');
      delete result[field];
      result[`${field}-data`] = contentOf(resolve(folder, path)).toString('base64');
    }
    return result as E;
  };
  const each = <E extends object>(entries: Readonly<Record<string, E>>, fields: readonly string[]): Record<string, E> =>
    Object.fromEntries(Object.entries(entries).map(([name, entry]) => [name, embed(entry, fields)]));
  const users = each(config.users, ['client-certificate', 'client-key']);
  return { ...config, users, clusters: each(config.clusters, ['certificate-authority']) };
}

function contentOf(path: string): Buffer {
  try {
    return readFileSync(path);
  } catch (error) {
    if (codeOf(error) === 'ENOENT') throw new Error(`open ${path}: no such file or directory`);
    throw error;
  }
}

/** What is secret or long, as words. */
function veiled(config: Kubeconfig): Kubeconfig {
  const veil = <E extends object>(entry: E): E =>
    Object.fromEntries(
      Object.entries(entry).map(([key, value]) => {
        if (!value) return [key, value];
        if (/^(certificate-authority|client-certificate|client-key)-data$/.test(key)) return [key, 'DATA+OMITTED'];
        return /^(token|password)$/.test(key) ? [key, 'REDACTED'] : [key, value];
      }),
    ) as E;
  const each = <E extends object>(entries: Readonly<Record<string, E>>): Record<string, E> =>
    Object.fromEntries(Object.entries(entries).map(([name, entry]) => [name, veil(entry)]));
  return { ...config, clusters: each(config.clusters), users: each(config.users) };
}
