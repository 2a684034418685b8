import type { Context } from '@typernetes/api/clientcmd/v1';
import { defineCommand } from '../../command.ts';
import { errorText } from '../../error-text.ts';
import { Columns } from '../../printing/columns.ts';
import { exactly, withHelp } from './arguments.ts';

export const currentContextCommand = defineCommand({
  use: 'config current-context [flags]',
  short: 'Display the current-context',
  flags: {},
  async run(_given, { kubeconfigFiles, io }) {
    const { currentContext } = kubeconfigFiles.merged();
    if (currentContext === '') throw new Error('current-context is not set');
    io.out(`${currentContext}\n`);
    return 0;
  },
});

export const useContextCommand = defineCommand({
  use: 'config use-context CONTEXT_NAME',
  short: 'Set the current-context in a kubeconfig file',
  flags: {},
  async run({ positional }, { kubeconfigFiles, io }) {
    const [name] = (await exactly(1, positional, 'config use-context')) as [string];
    if (!Object.hasOwn(kubeconfigFiles.merged().contexts, name))
      throw new Error(`no context exists with the name: ${JSON.stringify(name)}`);
    kubeconfigFiles.setCurrentContext(name);
    io.out(`Switched to context ${JSON.stringify(name)}.\n`);
    return 0;
  },
});

export const getContextsCommand = defineCommand({
  use: 'config get-contexts [(-o|--output=)name)]',
  short: 'Describe one or many contexts',
  flags: {
    'no-headers': {
      type: 'boolean',
      help: "When using the default output format, don't print headers.",
      default: false,
    },
    output: { type: 'string', short: 'o', help: 'Output format. One of: (name).', default: '' },
  } as const,
  async run({ flags, positional }, { kubeconfigFiles, io }) {
    if (flags.output !== '' && flags.output !== 'name')
      throw new Error(
        `--output ${flags.output} is not available in kubectl config get-contexts; resetting to default output format`,
      );
    const { contexts, currentContext } = kubeconfigFiles.merged();
    const wanted = (positional.length > 0 ? positional : Object.keys(contexts)).toSorted();
    const names = wanted.filter((name) => Object.hasOwn(contexts, name));
    if (flags.output === 'name') io.out(names.map((name) => `${name}\n`).join(''));
    else {
      const rows = names.map((name) => {
        const { cluster = '', user = '', namespace = '' } = contexts[name] as Context;
        return [name === currentContext ? '*' : '', name, cluster, user, namespace];
      });
      const header = flags['no-headers'] ? [] : [['CURRENT', 'NAME', 'CLUSTER', 'AUTHINFO', 'NAMESPACE']];
      io.out(new Columns().format([...header, ...rows]));
    }
    const lacking = wanted.filter((name) => !Object.hasOwn(contexts, name));
    for (const name of lacking) io.err(errorText(new Error(`context ${name} not found`), ''));
    return lacking.length > 0 ? 1 : 0;
  },
});

export const setContextCommand = defineCommand({
  use: 'config set-context [NAME | --current] [--cluster=cluster_nickname] [--user=user_nickname] [--namespace=namespace]',
  short: 'Set a context entry in kubeconfig',
  flags: { current: { type: 'boolean', help: 'Modify the current context', default: false } } as const,
  shownGlobals: ['cluster', 'namespace', 'user'],
  async run({ flags, positional }, { kubeconfigFiles, io, globalFlags }) {
    const config = kubeconfigFiles.merged();
    const [given = '', ...more] = positional;
    if (more.length > 0) throw await withHelp('config set-context', `Unexpected args: [${positional.join(' ')}]`);
    if (given === '' && !flags.current) throw new Error('you must specify a non-empty context name or --current');
    if (given !== '' && flags.current) throw new Error('you cannot specify both a context name and --current');
    const name = flags.current ? config.currentContext : given;
    if (name === '') throw new Error('no current context is set');
    const before = Object.hasOwn(config.contexts, name) ? config.contexts[name] : undefined;
    const { cluster, user, namespace } = globalFlags;
    const context: Context = {
      cluster: '',
      user: '',
      ...before,
      ...(cluster === undefined ? {} : { cluster }),
      ...(user === undefined ? {} : { user }),
      ...(namespace === undefined ? {} : { namespace }),
    };
    kubeconfigFiles.put('contexts', name, context);
    io.out(`Context ${JSON.stringify(name)} ${before ? 'modified' : 'created'}.\n`);
    return 0;
  },
});

export const renameContextCommand = defineCommand({
  use: 'config rename-context CONTEXT_NAME NEW_NAME',
  short: 'Rename a context from the kubeconfig file',
  flags: {},
  async run({ positional }, { kubeconfigFiles, io }) {
    const [from, to] = (await exactly(2, positional, 'config rename-context')) as [string, string];
    const { contexts, currentContext } = kubeconfigFiles.merged();
    const file = kubeconfigFiles.defaultFile;
    const context = Object.hasOwn(contexts, from) ? contexts[from] : undefined;
    if (!context) throw new Error(`cannot rename the context ${JSON.stringify(from)}, it's not in ${file}`);
    if (Object.hasOwn(contexts, to)) {
      throw new Error(
        `cannot rename the context ${JSON.stringify(from)}, the context ${JSON.stringify(to)} already exists in ${file}`,
      );
    }
    kubeconfigFiles.put('contexts', to, context);
    kubeconfigFiles.put('contexts', from, undefined);
    if (currentContext === from) kubeconfigFiles.setCurrentContext(to);
    io.out(`Context ${JSON.stringify(from)} renamed to ${JSON.stringify(to)}.\n`);
    return 0;
  },
});
