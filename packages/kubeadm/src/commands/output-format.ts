import { encodeYaml } from '@typernetes/process';
import { CommandError } from '../output.ts';

export const outputFlag = {
  type: 'string',
  short: 'o',
  help: 'Output format. One of: text|json|yaml.',
  default: 'text',
} as const;

const formats = ['text', 'json', 'yaml'] as const;
export type OutputFormat = (typeof formats)[number];

/** Throws when it is none that we write. */
export function outputFormat(text: string): OutputFormat {
  const format = formats.find((known) => known === text);
  if (!format) throw new CommandError(`invalid output format "${text}", allowed formats are: ${formats.join(', ')}`);
  return format;
}

/** An object of kubeadm's output API, for programs. */
export function structured(format: Exclude<OutputFormat, 'text'>, kind: string, fields: object): string {
  const object = { apiVersion: 'output.kubeadm.k8s.io/v1alpha3', kind, ...fields };
  return format === 'json' ? `${JSON.stringify(object, undefined, 4)}\n` : encodeYaml(object);
}
