import { existsSync } from 'node:fs';
import { defineCommand } from '../../command.ts';
import type { PluginPolicy } from '../../kuberc/plugin-policy.ts';
import { type Preferences, preferencesPath, readPreferences } from '../../kuberc/preferences.ts';
import { writePreferences } from '../../kuberc/written-form.ts';

export const kubercSetCommand = defineCommand({
  use: 'alpha kuberc set --section (defaults|aliases) --command COMMAND',
  short: 'Set values in the kuberc configuration',
  flags: {
    'allowlist-entry': {
      type: 'array',
      help: 'A credential plugin that may run, command=COMMAND; repeat it for several.',
      default: [],
    },
    appendarg: {
      type: 'array',
      help: 'Word to put behind what is typed, for aliases; repeat it for several.',
      default: [],
    },
    command: { type: 'string', help: "The command that is meant ('get', 'create', 'set env').", default: '' },
    kuberc: { type: 'string', help: 'The kuberc file to change instead of the usual one.', default: '' },
    name: { type: 'string', help: 'What the alias is called; for --section=aliases.', default: '' },
    option: { type: 'array', help: 'A flag and its value, flag=value; repeat it for several.', default: [] },
    overwrite: { type: 'boolean', help: 'Replace an entry that is there.', default: false },
    policy: {
      type: 'string',
      help: "Which credential plugins may run: 'AllowAll', 'DenyAll' or 'Allowlist'.",
      default: '',
    },
    prependarg: {
      type: 'array',
      help: 'Word to put before what is typed, for aliases; repeat it for several.',
      default: [],
    },
    section: { type: 'string', help: "What is changed: 'defaults', 'aliases' or 'credentialplugin'.", default: '' },
  } as const,
  async run({ flags, given }, { environment, io }) {
    const required = flags.section === 'credentialplugin' ? ['section'] : ['command', 'section'];
    const missing = required.filter((name) => !given.has(name));
    if (missing.length > 0)
      throw new Error(`required flag(s) ${missing.map((name) => JSON.stringify(name)).join(', ')} not set`);
    const { section, command, name, overwrite } = flags;
    if (section !== 'defaults' && section !== 'aliases' && section !== 'credentialplugin')
      throw new Error(`--section must be "defaults", "aliases", or "credentialplugin", got: ${section}`);
    if (section === 'aliases' && name === '') throw new Error('--name is required when --section=aliases');
    const options = flags.option.map((text) => {
      const equals = text.indexOf('=');
      if (equals < 0) throw new Error(`invalid option format ${JSON.stringify(text)}, expected flag=value`);
      return { name: text.slice(0, equals), default: text.slice(equals + 1) };
    });
    const path = preferencesPath(flags.kuberc, environment);
    const known: Preferences = existsSync(path) ? readPreferences(path) : { aliases: [], defaults: [] };
    if (section === 'credentialplugin') writePreferences(path, { ...known, ...pluginPolicy(flags) });
    else if (section === 'defaults') {
      const entry = { command, options };
      const taken = known.defaults.some((other) => other.command === command);
      if (taken && !overwrite)
        throw new Error(`defaults for command ${JSON.stringify(command)} already exist, use --overwrite to replace`);
      writePreferences(path, { ...known, defaults: withEntry(known.defaults, entry, 'command') });
    } else {
      const entry = { name, command, options, prependArgs: flags.prependarg, appendArgs: flags.appendarg };
      const taken = known.aliases.some((other) => other.name === name);
      if (taken && !overwrite)
        throw new Error(`alias ${JSON.stringify(name)} already exists, use --overwrite to replace`);
      writePreferences(path, { ...known, aliases: withEntry(known.aliases, entry, 'name') });
    }
    io.out(`Updated ${path}\n`);
    return 0;
  },
});

/** What the flags say of credential plugins. Without a list of its own a policy has none: what stays would make the file one that is refused. */
function pluginPolicy({
  policy,
  'allowlist-entry': entries,
}: {
  policy: string;
  'allowlist-entry': readonly string[];
}): PluginPolicy {
  if (policy === '') throw new Error('--policy is required when --section=credentialplugin');
  if (policy === 'AllowAll' || policy === 'DenyAll') {
    if (entries.length > 0)
      throw new Error('--allowlist-entry may only be used when --section=credentialplugin and --policy=Allowlist');
    return { credentialPluginPolicy: policy, credentialPluginAllowlist: [] };
  }
  if (policy !== 'Allowlist')
    throw new Error(` --policy must be  "AllowAll", "DenyAll", or "Allowlist", got: ${policy}`);
  if (entries.length === 0)
    throw new Error('--allowlist-entry is required when --section=credentialplugin and --policy=Allowlist');
  const allowed = entries.flatMap((list) => list.split(',')).map(allowedPlugin);
  return { credentialPluginPolicy: policy, credentialPluginAllowlist: allowed };
}

function allowedPlugin(text: string): { command: string } {
  const equals = text.indexOf('=');
  if (equals < 0) throw new Error(`improperly formatted allowlist entry: ${JSON.stringify(text)}`);
  const [field, command] = [text.slice(0, equals), text.slice(equals + 1)];
  if (field === 'name') throw new Error('allowlist entry field "name" is deprecated, use "command" instead');
  if (field !== 'command') throw new Error(`unrecognized allowlist entry field: ${JSON.stringify(field)}`);
  if (command.trim() === '') throw new Error(`empty value in allowlist entry for field ${JSON.stringify(field)}`);
  return { command };
}

/** Replaces the entry with the same key, or appends one. */
function withEntry<T>(entries: readonly T[], entry: T, key: keyof T): T[] {
  const at = entries.findIndex((other) => other[key] === entry[key]);
  return at < 0 ? [...entries, entry] : entries.with(at, entry);
}
