import { appendFileSync, mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { daemonsets, deployments, replicasets } from '@typernetes/api/apps/v1';
import { events, namespaces, nodes, type Pod, pods, replicationcontrollers, services } from '@typernetes/api/core/v1';
import { codeOf, messageOf } from '@typernetes/base';
import { linesOf, responseError } from '@typernetes/client';
import { type ApiObject, apiVersionOf, collectionPath } from '@typernetes/machinery';
import type { ParsedFlags } from '@typernetes/process';
import { defineCommand } from '../command.ts';
import { objectPrinter } from '../printing/object-printer.ts';
import { typedForm } from '../printing/typed-form.ts';
import type { AnyResource } from '../resources/any-resource.ts';
import type { Session } from '../session.ts';
import { podRunningTimeout } from '../streaming/pod-target.ts';
import { checkConfiguration } from './missing-context.ts';
import { resultFlags } from './result.ts';

const flagSpecs = {
  ...resultFlags,
  'all-namespaces': {
    type: 'boolean',
    short: 'A',
    help: 'Dump all namespaces, whatever --namespaces says.',
    default: false,
  },
  namespaces: { type: 'list', help: 'The namespaces to dump instead of the current one and kube-system.', default: [] },
  output: { ...resultFlags.output, default: 'json' },
  'output-directory': {
    type: 'string',
    help: 'A folder to write files to; standard output when empty or -.',
    default: '',
  },
  'pod-running-timeout': podRunningTimeout(20_000),
} as const;

/** The resources dumped for each namespace, and their file names. */
const kinds = [
  ['events', events],
  ['replication-controllers', replicationcontrollers],
  ['services', services],
  ['daemonsets', daemonsets],
  ['deployments', deployments],
  ['replicasets', replicasets],
  ['pods', pods],
] as unknown as readonly (readonly [file: string, type: AnyResource])[];

export const clusterInfoDumpCommand = defineCommand({
  use: 'cluster-info dump [flags]',
  short: 'Dump relevant information for debugging and diagnosis',
  flags: flagSpecs,
  async run({ flags }, session, signal) {
    if (flags.output === 'name') throw new Error('list types are not supported by name printing: *v1.NodeList');
    checkConfiguration(session);
    if (flags['pod-running-timeout'] <= 0) throw new Error('--pod-running-timeout must be higher than zero');
    const folder = flags['output-directory'];
    const toFiles = folder !== '' && folder !== '-';
    const write = toFiles ? fileWriter(folder) : (_file: string, text: string): void => session.io.out(text);
    const print = listPrinter(flags);
    const list = async (type: AnyResource, namespace?: string): Promise<ApiObject[]> =>
      (await session.client.resource(type).list({ ...(namespace ? { namespace } : {}), signal })).items;
    const dump = async (file: string, type: AnyResource, namespace?: string): Promise<ApiObject[]> => {
      const query = { ...(namespace ? { namespace } : {}), signal };
      const { items, metadata } = await session.client.resource(type).list(query);
      write(
        `${file}.${flags.output === 'yaml' ? 'yaml' : flags.output === 'json' ? 'json' : 'txt'}`,
        print(type, { items, metadata }),
      );
      return items;
    };
    await dump('nodes', nodes as unknown as AnyResource);
    const wanted = flags['all-namespaces']
      ? (await list(namespaces as unknown as AnyResource)).map(({ metadata }) => metadata.name)
      : flags.namespaces.length > 0
        ? flags.namespaces
        : ['kube-system', session.namespace];
    for (const namespace of wanted) {
      let found: ApiObject[] = [];
      for (const [file, type] of kinds) found = await dump(`${namespace}/${file}`, type, namespace);
      for (const pod of found as unknown as Pod[]) await dumpLogs(pod, { session, signal, write });
    }
    if (toFiles) session.io.out(`Cluster info dumped to ${folder}\n`);
    return 0;
  },
});

type Write = (file: string, text: string) => void;

function fileWriter(folder: string): Write {
  const begun = new Set<string>();
  return (file, text) => {
    const path = join(folder, file);
    makeFolder(dirname(path));
    if (begun.has(file)) appendFileSync(path, text);
    else writeFileSync(path, text);
    begun.add(file);
  };
}

function makeFolder(path: string): void {
  try {
    mkdirSync(path, { recursive: true });
  } catch (error) {
    if (codeOf(error) !== 'EEXIST' && codeOf(error) !== 'ENOTDIR') throw error;
    throw new Error(`mkdir ${path}: not a directory`);
  }
}

interface ObjectList {
  readonly items: readonly ApiObject[];
  readonly metadata: { readonly resourceVersion?: string };
}

/** Formats lists as Go's types do: with fields in declaration order, and null for no items. */
function listPrinter(flags: ParsedFlags<typeof flagSpecs>): (type: AnyResource, list: ObjectList) => string {
  const print = objectPrinter(flags.output, {
    showManagedFields: true,
    strict: !flags['allow-missing-template-keys'],
  });
  let printed = 0;
  return (type, { items, metadata: { resourceVersion } }) => {
    const list = {
      kind: `${type.kind}List`,
      apiVersion: apiVersionOf(type),
      metadata: { resourceVersion },
      items: items.length === 0 ? null : items.map((item) => plainItem(type, item, flags['show-managed-fields'])),
    };
    if (flags.output === 'json') return `${JSON.stringify(list, undefined, 4)}\n`;
    const text = print?.([{ type, object: list as unknown as ApiObject }], false) ?? '';
    const separated = flags.output === 'yaml' && printed++ > 0 ? `---\n${text}` : text;
    return separated;
  };
}

/** Items have no apiVersion and kind. */
function plainItem(type: AnyResource, { metadata, ...rest }: ApiObject, withManaged: boolean): object {
  const { managedFields, ...others } = metadata;
  const shown = withManaged && managedFields ? { ...others, managedFields } : others;
  const typed = typedForm({ ...rest, metadata: shown, apiVersion: apiVersionOf(type), kind: type.kind } as ApiObject);
  const { kind: _kind, apiVersion: _version, ...item } = typed;
  return item;
}

async function dumpLogs(
  { metadata: { name, namespace = '' }, spec }: Pod,
  { session, signal, write }: { session: Session; signal: AbortSignal; write: Write },
): Promise<void> {
  const file = `${namespace}/${name}/logs.txt`;
  for (const { name: container } of [...(spec.initContainers ?? []), ...spec.containers]) {
    write(file, `==== START logs for container ${container} of pod ${namespace}/${name} ====\n`);
    try {
      const path = `${collectionPath(pods, namespace)}/${name}/log?container=${encodeURIComponent(container)}`;
      const response = await session.client.transport.request({ method: 'GET', path, signal });
      if (response.status !== 200) throw await responseError(response);
      for await (const line of linesOf(response.body)) if (line !== '') write(file, `${line}\n`);
    } catch (error) {
      if (signal.aborted) throw error;
      // Dumps are made when something is broken: an error is written in place of the log, and the dump continues.
      write(file, `Request log error: ${messageOf(error)}\n`);
    }
    write(file, `==== END logs for container ${container} of pod ${namespace}/${name} ====\n`);
  }
}
