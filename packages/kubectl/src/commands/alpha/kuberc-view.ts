import { existsSync } from 'node:fs';
import type { ApiObject } from '@typernetes/machinery';
import { defineCommand } from '../../command.ts';
import { type Preferences, preferencesPath, readPreferences } from '../../kuberc/preferences.ts';
import { writePreferences, writtenForm } from '../../kuberc/written-form.ts';
import { objectPrinter } from '../../printing/object-printer.ts';
import type { AnyResource } from '../../resources/any-resource.ts';
import { resultFlags } from '../result.ts';

const type: AnyResource = {
  group: 'kubectl.config.k8s.io',
  version: 'v1beta1',
  kind: 'Preference',
  plural: 'preferences',
  singular: 'preference',
  namespaced: false,
} as AnyResource;

/** The defaults that upstream recommends if there is no file. */
const recommended: Preferences = {
  aliases: [],
  defaults: [
    { command: 'apply', options: [{ name: 'server-side', default: 'true' }] },
    { command: 'delete', options: [{ name: 'interactive', default: 'true' }] },
  ],
};

export const kubercViewCommand = defineCommand({
  use: 'alpha kuberc view',
  short: 'Display the current kuberc configuration',
  flags: {
    ...resultFlags,
    output: { ...resultFlags.output, default: 'yaml' },
    kuberc: { type: 'string', help: 'The kuberc file to show instead of the usual one.', default: '' },
  } as const,
  async run({ flags }, { environment, io }) {
    if (flags.kuberc === '' && environment.KUBERC === 'off')
      throw new Error('KUBERC is disabled via KUBERC=off environment variable');
    const path = preferencesPath(flags.kuberc, environment);
    if (!existsSync(path)) {
      io.out(
        `kuberc file not found at ${path}\nWould you like to generate a default kuberc file with recommended options? (y/N): `,
      );
      const [answer = ''] = (await io.stdin.text()).split('\n');
      if (!['y', 'yes'].includes(answer.trim().toLowerCase())) return 0;
      writePreferences(path, recommended);
      io.out(`Updated ${path}\n`);
      return 0;
    }
    // A file that was read has all lists, even if they are empty.
    const object = { ...writtenForm(readPreferences(path)) } as unknown as ApiObject & {
      defaults: unknown;
      aliases: unknown;
    };
    object.defaults ??= [];
    object.aliases ??= [];
    const print = objectPrinter(flags.output, {
      showManagedFields: true,
      strict: !flags['allow-missing-template-keys'],
    });
    if (print) io.out(print([{ type, object, typed: true }], false));
    return 0;
  },
});
