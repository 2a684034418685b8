import type { Container, EnvVar } from '@typernetes/api/core/v1';
import { configmaps, secrets } from '@typernetes/api/core/v1';
import { isJsonObject } from '@typernetes/machinery';
import { defineCommand } from '../../command.ts';
import { warningText } from '../../requests/warning-text.ts';
import { parseTypeAndName } from '../../resources/arguments.ts';
import type { Session } from '../../session.ts';
import { Failures } from '../failures.ts';
import { noResources, type SelectedObject, selectObjects } from '../selected-objects.ts';
import { checkVariableName } from '../variable-name.ts';
import { changeObjects, setFlags } from './changed-objects.ts';
import { containersNamed, podSpecOf } from './pod-spec.ts';
import { shownReference } from './shown-reference.ts';

interface EnvChanges {
  readonly set: readonly EnvVar[];
  readonly remove: readonly string[];
}

export const setEnvCommand = defineCommand({
  use: 'set env RESOURCE/NAME KEY_1=VAL_1 ... KEY_N=VAL_N',
  short: 'Update environment variables on a pod template',
  formatFirst: true,
  flags: {
    ...setFlags,
    containers: {
      type: 'string',
      short: 'c',
      help: 'The names of containers in the selected pod templates to change - may use wildcards',
      default: '*',
    },
    env: {
      type: 'array',
      short: 'e',
      help: 'Specify a key-value pair for an environment variable to set into each container.',
      default: [],
    },
    from: { type: 'string', help: 'The name of a resource from which to inject environment variables', default: '' },
    keys: { type: 'list', help: 'Comma-separated list of keys to import from specified resource', default: [] },
    list: {
      type: 'boolean',
      help: 'If true, display the environment and any changes in the standard format.',
      default: false,
    },
    overwrite: {
      type: 'boolean',
      help: 'If true, allow environment to be overwritten, otherwise reject updates that overwrite existing environment.',
      default: true,
    },
    prefix: { type: 'string', help: 'Prefix to append to variable names', default: '' },
    resolve: {
      type: 'boolean',
      help: 'If true, show secret or configmap references when listing variables',
      default: false,
    },
  } as const,
  async run({ flags, positional }, session) {
    const isChange = (arg: string): boolean => arg.indexOf('=') > 0 || (arg.endsWith('-') && arg.length > 1);
    const args = positional.filter((arg) => !isChange(arg));
    if (positional.findLastIndex((arg) => !isChange(arg)) > positional.findIndex(isChange) && positional.some(isChange))
      throw new Error(`all resources must be specified before environment changes: ${positional.join(' ')}`);
    // What a kustomization or a selector says does not count.
    if (args.length === 0 && (!flags.filename || flags.kustomize !== ''))
      throw new Error('one or more resources must be specified as <resource> <name> or <resource>/<name>');
    if (flags.list && flags.output) throw new Error('--list and --output may not be specified together');
    const changes = envChanges([...positional.filter(isChange), ...flags.env]);
    const imported = flags.from ? await variablesFrom(flags.from, { ...flags, session }) : [];
    const set = [...changes.set, ...imported];
    /** Says why the container cannot be changed, or changes it. */
    const change = (container: Container): string | undefined => {
      const known = flags.overwrite
        ? undefined
        : container.env?.find((variable) => set.some(({ name }) => name === variable.name));
      if (known) return `'${known.name}' already has a value (${known.value ?? ''}), and --overwrite is false`;
      changeEnv(container, { set, remove: changes.remove });
      return undefined;
    };
    if (flags.list)
      return listEnv({ args, flags, containers: flags.containers, resolve: flags.resolve, change }, session);
    const failure = 'failed to patch env update to pod template:';
    return changeObjects(
      { args, flags, verb: 'env updated', failure, nothingLocal: noResources },
      session,
      (copy, { type, object }) => {
        const spec = podSpecOf(copy);
        const found = [
          ...containersNamed(spec.initContainers, flags.containers),
          ...containersNamed(spec.containers, flags.containers),
        ];
        if (found.length === 0) {
          session.io.err(warningText(noContainers({ type, object }, flags.containers), session));
        }
        for (const container of found) {
          const refusal = change(container);
          if (refusal !== undefined) throw new Error(refusal);
        }
      },
    );
  },
});

/** `KEY=value` sets, `KEY-` removes. */
export function envChanges(args: readonly string[]): EnvChanges {
  const set: EnvVar[] = [];
  const remove: string[] = [];
  for (const arg of args) {
    const equals = arg.indexOf('=');
    if (equals > 0) set.push({ name: arg.slice(0, equals), value: arg.slice(equals + 1) });
    else if (arg.endsWith('-')) remove.push(arg.slice(0, -1));
    else throw new Error(`unknown argument: ${arg}`);
  }
  const both = set.find(({ name }) => remove.includes(name));
  if (both) throw new Error('can not both modify and remove the same environment variable in the same command');
  for (const { name } of set) checkVariableName(name);
  return { set, remove };
}

const noContainers = ({ type, object }: Pick<SelectedObject, 'type' | 'object'>, pattern: string): string =>
  `${type.kind}/${object.metadata.name} does not have any containers matching ${JSON.stringify(pattern)}`;

/** Variables keep their places; new ones come last. */
export function changeEnv(container: Container, { set, remove }: EnvChanges): void {
  const env = (container.env ?? []).map((known) => set.find(({ name }) => name === known.name) ?? known);
  for (const variable of set) if (!env.some(({ name }) => name === variable.name)) env.push(variable);
  if (env.length > 0 || container.env) container.env = env.filter(({ name }) => !remove.includes(name));
}

/** References to the keys of a ConfigMap or Secret: `APP_` and `key.one` make `APP_KEY_ONE`. */
async function variablesFrom(
  from: string,
  { keys, prefix, session }: { keys: readonly string[]; prefix: string; session: Session },
): Promise<EnvVar[]> {
  // Without a name it is a type, which there may not be.
  if (!from.includes('/')) await session.resources.byName(from);
  const { type, names } = await parseTypeAndName(from, session.resources);
  const ref = { name: names?.[0] ?? '', namespace: session.namespace };
  const wanted = (key: string): boolean => keys.length === 0 || keys.includes(key);
  const named = (key: string): string => {
    const name = key.toUpperCase().replaceAll(/[^A-Z0-9_]/g, '_');
    if (name !== key) session.io.err(warningText(`key ${key} transferred to ${name}`, session));
    return `${prefix}${name}`;
  };
  const variables = (data: object | undefined, source: (key: string) => EnvVar['valueFrom']): EnvVar[] =>
    Object.keys(data ?? {})
      .filter(wanted)
      .sort()
      .map((key) => ({ name: named(key), valueFrom: source(key) as NonNullable<EnvVar['valueFrom']> }));
  if (type.kind === 'ConfigMap') {
    const { data } = await session.client.resource(configmaps).get(ref);
    return variables(data, (key) => ({ configMapKeyRef: { key, name: ref.name } }));
  }
  if (type.kind === 'Secret') {
    const { data } = await session.client.resource(secrets).get(ref);
    return variables(data, (key) => ({ secretKeyRef: { key, name: ref.name } }));
  }
  throw new Error(`unsupported resource specified in --from`);
}

/** Shows variables as they are and as `change` would have them; nothing is written. */
async function listEnv(
  {
    args,
    flags,
    containers,
    resolve,
    change,
  }: {
    args: readonly string[];
    flags: Parameters<typeof selectObjects>[0]['flags'] & { local: boolean };
    containers: string;
    resolve: boolean;
    change: (container: Container) => string | undefined;
  },
  session: Session,
): Promise<number> {
  const missing = new Failures();
  const selected = await selectObjects(
    { args, flags, local: flags.local, onlyFiles: noResources, failed: missing.add },
    session,
  );
  if (missing.some) return missing.report(session);
  for (const { type, object, namespace } of selected) {
    const spec = podSpecOf(object as unknown as Parameters<typeof podSpecOf>[0]);
    const found = [
      ...containersNamed(spec.initContainers, containers),
      ...containersNamed(spec.containers, containers),
    ];
    if (found.length === 0) session.io.err(warningText(noContainers({ type, object }, containers), session));
    for (const container of found) {
      // What must not be overwritten is not shown either, as upstream has it.
      if (change(container) !== undefined) continue;
      const { name, env = [] } = container;
      session.io.out(`# ${type.kind} ${object.metadata.name}, container ${name}\n`);
      for (const variable of env) session.io.out(`${await shown(variable, { resolve, namespace, session })}\n`);
    }
  }
  return 0;
}

async function shown(
  { name, value = '', valueFrom }: EnvVar,
  { resolve, namespace, session }: { resolve: boolean; namespace: string | undefined; session: Session },
): Promise<string> {
  if (!valueFrom) return `${name}=${value}`;
  if (!resolve) return `# ${name} from ${shownReference(valueFrom)}`;
  const { configMapKeyRef: map, secretKeyRef: secret } = valueFrom;
  const ref = { name: (map ?? secret)?.name ?? '', namespace: namespace ?? session.namespace };
  if (map) {
    const { data } = await session.client.resource(configmaps).get(ref);
    return `${name}=${data?.[map.key] ?? ''}`;
  }
  if (secret) {
    const { data } = await session.client.resource(secrets).get(ref);
    return `${name}=${Buffer.from(data?.[secret.key] ?? '', 'base64').toString('utf8')}`;
  }
  return `# ${name} from ${isJsonObject(valueFrom) ? shownReference(valueFrom) : ''}`;
}
