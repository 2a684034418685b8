import type { Kubeconfig } from '@typernetes/client';
import { type Command, defineCommand } from '../../command.ts';
import type { StanzaKind } from '../../kubeconfig/files.ts';
import { entryOf, parseProperty, propertyValue, withField } from '../../kubeconfig/properties.ts';
import { usageError } from '../result.ts';
import { exactly, withHelp } from './arguments.ts';

function listCommand(kind: StanzaKind, plural: string): Command {
  return defineCommand({
    use: `config get-${plural} [flags]`,
    short: `Display ${plural} defined in the kubeconfig`,
    flags: {},
    async run(_given, { kubeconfigFiles, io }) {
      const names = Object.keys(kubeconfigFiles.merged()[kind]).sort();
      io.out(['NAME', ...names].map((name) => `${name}\n`).join(''));
      return 0;
    },
  });
}

export const getClustersCommand = listCommand('clusters', 'clusters');
export const getUsersCommand = listCommand('users', 'users');

function deleteCommand(kind: StanzaKind, singular: string): Command {
  return defineCommand({
    use: `config delete-${singular} NAME`,
    short: `Delete the specified ${singular} from the kubeconfig`,
    flags: {},
    async run({ positional }, { kubeconfigFiles, io }) {
      const [name] = positional;
      if (name === undefined || positional.length > 1)
        throw kind === 'users'
          ? usageError('config delete-user', 'user to delete is required')
          : await withHelp(`config delete-${singular}`);
      const file = kubeconfigFiles.defaultFile;
      const config = kubeconfigFiles.merged();
      if (!entryOf(config, kind, name)) throw new Error(`cannot delete ${singular} ${name}, not in ${file}`);
      if (kind === 'contexts' && config.currentContext === name) {
        io.err(
          'warning: this removed your active context, use "kubectl config use-context" to select a different one\n',
        );
      }
      kubeconfigFiles.put(kind, name, undefined);
      io.out(`deleted ${singular} ${name} from ${file}\n`);
      return 0;
    },
  });
}

export const deleteClusterCommand = deleteCommand('clusters', 'cluster');
export const deleteContextCommand = deleteCommand('contexts', 'context');
export const deleteUserCommand = deleteCommand('users', 'user');

/** The preferences with one changed; false means unset. */
function withPreference(config: Kubeconfig, field: string, value: unknown): Kubeconfig['preferences'] {
  return withField(config.preferences, field, value === false ? undefined : value);
}

export const setCommand = defineCommand({
  use: 'config set PROPERTY_NAME PROPERTY_VALUE',
  short: 'Set an individual value in a kubeconfig file',
  flags: {
    'set-raw-bytes': {
      type: 'boolean',
      help: 'When writing a []byte PROPERTY_VALUE, write the given string directly without base64 decoding.',
      default: false,
    },
  } as const,
  async run({ flags, positional }, { kubeconfigFiles, io }) {
    const [path, text] = (await exactly(2, positional, 'config set')) as [string, string];
    const property = parseProperty(path);
    const value = propertyValue(property, path, { text, raw: flags['set-raw-bytes'] });
    if (property.kind === 'current-context') kubeconfigFiles.setCurrentContext(text);
    else if (property.kind === 'preferences') {
      if (property.field === undefined) throw new Error(`unable to parse one or more field values of ${path}`);
      kubeconfigFiles.setPreferences(withPreference(kubeconfigFiles.merged(), property.field, value));
    } else if (property.kind === 'all' || property.kind === 'extensions')
      throw new Error(`unable to parse ${path} after [] at api.Config`);
    else if (property.kind !== 'type') {
      const { kind, name, field } = property;
      if (field === undefined) throw new Error(`unable to parse ${path} after [${kind}] at map`);
      const entry = entryOf(kubeconfigFiles.merged(), kind, name);
      kubeconfigFiles.put(kind, name, withField(entry, field, value) as never);
    }
    io.out(`Property ${JSON.stringify(path)} set.\n`);
    return 0;
  },
});

export const unsetCommand = defineCommand({
  use: 'config unset PROPERTY_NAME',
  short: 'Unset an individual value in a kubeconfig file',
  flags: {},
  async run({ positional }, { kubeconfigFiles, io }) {
    const [path] = (await exactly(1, positional, 'config unset')) as [string];
    const property = parseProperty(path);
    if (property.kind === 'current-context') kubeconfigFiles.setCurrentContext('');
    else if (property.kind === 'all') kubeconfigFiles.removeAll(property.of);
    else if (property.kind === 'preferences') {
      const { field } = property;
      kubeconfigFiles.setPreferences(
        field === undefined ? undefined : withPreference(kubeconfigFiles.merged(), field, undefined),
      );
    }
    // Upstream reports the extensions as unset, but keeps them.
    else if (property.kind !== 'type' && property.kind !== 'extensions') {
      const { kind, name, field } = property;
      const entry = entryOf(kubeconfigFiles.merged(), kind, name);
      if (!entry && field !== undefined) throw new Error(`current map key \`${name}\` is invalid`);
      if (entry)
        kubeconfigFiles.put(
          kind,
          name,
          field === undefined ? undefined : (withField(entry, field, undefined) as never),
        );
    }
    io.out(`Property ${JSON.stringify(path)} unset.\n`);
    return 0;
  },
});
