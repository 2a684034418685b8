import type { Kubeconfig } from '@typernetes/client';
import { encodeYaml } from '@typernetes/process';
import { defineCommand } from '../command.ts';
import { Columns } from '../printing/columns.ts';

export const currentContextCommand = defineCommand({
  use: 'config current-context',
  short: 'Display the current-context',
  flags: {},
  async run(_given, { kubeconfig, io }) {
    if (kubeconfig.currentContext === '') throw new Error('current-context is not set');
    io.out(`${kubeconfig.currentContext}\n`);
    return 0;
  },
});

export const useContextCommand = defineCommand({
  use: 'config use-context CONTEXT_NAME',
  short: 'Set the current-context in a kubeconfig file',
  flags: {},
  async run({ positional }, session) {
    const [name] = positional;
    if (name === undefined || !session.kubeconfig.contexts[name])
      throw new Error(`no context exists with the name: "${name ?? ''}"`);
    session.saveKubeconfig({ ...session.kubeconfig, currentContext: name });
    session.io.out(`Switched to context "${name}".\n`);
    return 0;
  },
});

export const getContextsCommand = defineCommand({
  use: 'config get-contexts [(-o|--output=)name)]',
  short: 'Describe one or many contexts',
  flags: { output: { type: 'string', short: 'o', help: 'Output format. One of: (name).', default: '' } } as const,
  async run({ flags }, { kubeconfig, io }) {
    const contexts = Object.entries(kubeconfig.contexts).sort(([a], [b]) => (a < b ? -1 : 1));
    if (flags.output === 'name') io.out(contexts.map(([name]) => `${name}\n`).join(''));
    else {
      const rows = contexts.map(([name, { cluster, user, namespace = '' }]) => [
        name === kubeconfig.currentContext ? '*' : '',
        name,
        cluster,
        user,
        namespace,
      ]);
      io.out(new Columns().format([['CURRENT', 'NAME', 'CLUSTER', 'AUTHINFO', 'NAMESPACE'], ...rows]));
    }
    return 0;
  },
});

export const viewCommand = defineCommand({
  use: 'config view [flags]',
  short: 'Display merged kubeconfig settings or a specified kubeconfig file',
  flags: {
    minify: {
      type: 'boolean',
      help: 'Remove all information not used by current-context from the output',
      default: false,
    },
    raw: { type: 'boolean', help: 'Display raw byte data and sensitive data', default: false },
  } as const,
  async run({ flags }, { kubeconfig, io }) {
    io.out(encodeYaml(shown(flags.minify ? minified(kubeconfig) : kubeconfig, flags.raw)));
    return 0;
  },
});

function minified(config: Kubeconfig): Kubeconfig {
  const context = config.contexts[config.currentContext];
  if (!context) throw new Error('cannot locate context to minify');
  const only = <V>(entries: Readonly<Record<string, V>>, name: string): Record<string, V> =>
    entries[name] === undefined ? {} : { [name]: entries[name] };
  return {
    currentContext: config.currentContext,
    contexts: { [config.currentContext]: context },
    clusters: only(config.clusters, context.cluster),
    users: only(config.users, context.user),
  };
}

/** The file's form, with what is secret or long replaced by words unless `raw`. */
function shown(config: Kubeconfig, raw: boolean): object {
  const veil = (entry: object): object =>
    raw
      ? entry
      : Object.fromEntries(
          Object.entries(entry).map(([key, value]) => {
            if (key === 'certificate-authority-data' || key === 'client-certificate-data') return [key, 'DATA+OMITTED'];
            return /^(client-key-data|token|password)$/.test(key) ? [key, 'REDACTED'] : [key, value];
          }),
        );
  const list = (entries: Readonly<Record<string, object>>, field: string): object[] =>
    Object.entries(entries).map(([name, entry]) => ({ name, [field]: veil(entry) }));
  return {
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': config.currentContext,
    clusters: list(config.clusters, 'cluster'),
    contexts: list(config.contexts, 'context'),
    users: list(config.users, 'user'),
  };
}
