import { schemaOfKind } from '@typernetes/api/schema';
import { type ApiObject, decodeObject, isTrueParameter } from '@typernetes/machinery';
import type { StoredCall } from '../handlers/resource-call.ts';
import { admissionRequest } from '../storage/admission-request.ts';
import { admitAnswered } from '../storage/admit.ts';

const optionKinds: Readonly<Record<string, string>> = {
  'pods/exec': 'PodExecOptions',
  'pods/attach': 'PodAttachOptions',
  'pods/portforward': 'PodPortForwardOptions',
  'pods/proxy': 'PodProxyOptions',
  'services/proxy': 'ServiceProxyOptions',
  'nodes/proxy': 'NodeProxyOptions',
};

/** Admission of what connects a client with something behind the server: its object is the options in the query. */
export async function admitConnect(call: StoredCall): Promise<void> {
  const { context, storage, namespace, name } = call;
  const { subresource } = context.info;
  const kind = optionKinds[`${call.served.type.plural}/${subresource}`];
  if (kind === undefined || storage.deps.admission.length === 0) return;
  const options = { context, dryRun: false, fieldManager: '', raw: {}, namespace, subresource };
  const objectType = { group: '', version: 'v1', kind };
  const connecting = { operation: 'CONNECT', object: optionsOf(call, objectType), oldObject: undefined } as const;
  await admitAnswered(storage.deps.admission, admissionRequest(storage, options, { ...connecting, name, objectType }));
}

function optionsOf(
  { context }: StoredCall,
  type: { readonly group: string; readonly version: string; readonly kind: string },
): ApiObject {
  const { query, path } = context.request;
  const given: Record<string, unknown> = {};
  for (const name of ['stdin', 'stdout', 'stderr', 'tty'])
    if (query.has(name)) given[name] = isTrueParameter(query.get(name));
  for (const name of ['container', 'path']) if (query.has(name)) given[name] = query.get(name);
  if (query.has('command')) given.command = query.getAll('command');
  if (query.has('ports')) given.ports = query.getAll('ports').flatMap((list) => list.split(',').map(Number));
  const behind = /\/proxy(\/.*)$/.exec(path)?.[1];
  if (behind !== undefined && type.kind.endsWith('ProxyOptions')) given.path = behind;
  const schema = schemaOfKind(type);
  const object = { kind: type.kind, apiVersion: type.version, ...given };
  return (schema ? decodeObject(object, schema).object : object) as unknown as ApiObject;
}
