import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { encodeYaml } from '@typernetes/process';
import type { Preferences } from './preferences.ts';

/** Preferences with fields in the order of upstream's struct; empty ones are null. */
export function writtenForm(preferences: Preferences): object {
  const { defaults, aliases, credentialPluginPolicy: policy, credentialPluginAllowlist: allowed } = preferences;
  const options = (of: readonly { name: string; default: string }[] = []): object =>
    of.length > 0 ? { options: of.map((option) => ({ name: option.name, default: option.default })) } : {};
  const list = (name: string, words: readonly string[] = []): object => (words.length > 0 ? { [name]: words } : {});
  const orNull = (items: readonly object[]): readonly object[] | null => (items.length > 0 ? items : null);
  return {
    kind: 'Preference',
    apiVersion: 'kubectl.config.k8s.io/v1beta1',
    defaults: orNull(defaults.map((entry) => ({ command: entry.command, options: null, ...options(entry.options) }))),
    aliases: orNull(
      aliases.map((alias) => ({
        name: alias.name,
        command: alias.command,
        ...list('prependArgs', alias.prependArgs),
        ...list('appendArgs', alias.appendArgs),
        ...options(alias.options),
      })),
    ),
    ...(policy ? { credentialPluginPolicy: policy } : {}),
    ...(allowed && allowed.length > 0 ? { credentialPluginAllowlist: allowed } : {}),
  };
}

export function writePreferences(path: string, preferences: Preferences): void {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, encodeYaml(writtenForm(preferences)));
}
