import { type Binding, type Pod, type PodCondition, pods } from '@typernetes/api/core/v1';
import { validateObjectMetaUpdate } from '@typernetes/api/validation';
import { timestamp } from '@typernetes/base';
import {
  type ApiObject,
  badRequest,
  conflict,
  invalid,
  notFound,
  problemText,
  requiredValue,
  StatusError,
  unsupportedValue,
} from '@typernetes/machinery';
import { decodeAs, fieldValidationOf, readDocument } from '../handlers/decode.ts';
import { valueReply } from '../handlers/encode.ts';
import { type AnswerHandler, type CallHandler, type StoredCall, writeOptionsOf } from '../handlers/resource-call.ts';
import type { ResourceRouter } from '../handlers/resource-router.ts';
import type { RequestContext } from '../request/request-context.ts';
import type { Reply } from '../request/server-request.ts';
import { admissionRequest } from '../storage/admission-request.ts';
import { admitAnswered } from '../storage/admit.ts';

const type = { group: '', version: 'v1', kind: 'Binding' };

/** POST pods/binding: gives the pod to a node, once. */
export const bindingHandler: CallHandler = async (call) => {
  const binding = await readBinding(call.context);
  if (binding.metadata.name && binding.metadata.name !== call.name)
    throw badRequest('name in URL does not match name in Binding object');
  return await bind(call, binding);
};

/** POST bindings: the legacy form, with the pod's name in the binding. */
export function bindingsAnswer(router: ResourceRouter): AnswerHandler {
  return async (call) => {
    const binding = await readBinding(call.context);
    const { name = '' } = binding.metadata;
    if (name === '') throw badRequest('Name parameter required.');
    return await bind({ ...call, name, storage: router.storageOf(pods) }, binding);
  };
}

async function readBinding(context: RequestContext): Promise<Binding> {
  const document = await readDocument(context.request, type.kind);
  const validation = fieldValidationOf(context.request.query);
  return decodeAs(type, document, { validation, context }) as unknown as Binding;
}

async function bind({ context, storage, namespace, name, output }: StoredCall, binding: Binding): Promise<Reply> {
  checkTarget(binding);
  const { clock, featureEnabled } = storage.deps;
  const now = timestamp(clock.now());
  const clearsNomination = featureEnabled('ClearingNominatedNodeNameAfterBinding');
  const options = { ...writeOptionsOf(context, 'CreateOptions'), namespace, subresource: 'binding' };
  const object = binding as unknown as ApiObject;
  const write = { operation: 'CREATE', object, oldObject: undefined, name, objectType: type } as const;
  await admitAnswered(storage.deps.admission, admissionRequest(storage, options, write));
  // As upstream, writes straight to the store: neither the pod's update validation nor field ownership apply.
  await storage.change(
    storage.keyOf(namespace, name),
    async (current) => {
      if (!current) throw notFound(storage.served.type, name);
      const pod = current.object as Pod;
      const next = bound(pod, binding, { now, clearsNomination });
      if (binding.metadata.annotations || binding.metadata.labels) {
        const problems = validateObjectMetaUpdate(next.metadata, pod.metadata);
        if (problems.length > 0) throw invalid(storage.served.type, name, problems);
      }
      return { write: next as ApiObject };
    },
    options,
  );
  return await valueReply(
    201,
    { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Success', code: 201 },
    output,
  );
}

/** As upstream, an error about a binding's target has no reason. */
function checkTarget({ target }: Binding): void {
  const problems = [];
  if (target.kind !== undefined && target.kind !== '' && target.kind !== 'Node')
    problems.push(unsupportedValue('target.kind', target.kind, ['Node', '<empty>']));
  if (!target.name) problems.push(requiredValue('target.name', ''));
  if (problems.length === 0) return;
  const texts = problems.map(problemText);
  throw new StatusError('Unknown', texts.length === 1 ? `${texts[0]}` : `[${texts.join(', ')}]`);
}

interface BoundOptions {
  readonly now: string;
  /** Whether the node that the pod waited for is forgotten (`ClearingNominatedNodeNameAfterBinding`). */
  readonly clearsNomination: boolean;
}

/**
 * The pod with its node; shares unchanged parts. Throws Conflict if it has a node, is being deleted, has scheduling
 * gates, or has another uid.
 */
export function bound(pod: Pod, { metadata, target }: Binding, { now, clearsNomination }: BoundOptions): Pod {
  const { name } = pod.metadata;
  const refuse = (why: string) => conflict({ group: '', plural: 'pods/binding' }, name, why);
  for (const [field, member] of preconditions) {
    const wanted = metadata[member];
    if (wanted && wanted !== pod.metadata[member])
      throw conflict(
        { group: '', plural: 'pods' },
        name,
        `Precondition failed: ${field} in precondition: ${wanted}, ${field} in object meta: ${pod.metadata[member]}`,
      );
  }
  if (pod.metadata.deletionTimestamp) throw refuse(`pod ${name} is being deleted, cannot be assigned to a host`);
  if (pod.spec.nodeName) throw refuse(`pod ${name} is already assigned to node ${JSON.stringify(pod.spec.nodeName)}`);
  if ((pod.spec.schedulingGates ?? []).length > 0) throw refuse(`pod ${name} has non-empty .spec.schedulingGates`);
  const meta = { ...pod.metadata };
  if (metadata.annotations) meta.annotations = { ...meta.annotations, ...metadata.annotations };
  if (metadata.labels) meta.labels = { ...meta.labels, ...metadata.labels };
  const status = { ...pod.status, conditions: withScheduled(pod, now) };
  if (clearsNomination) delete status.nominatedNodeName;
  return { ...pod, metadata: meta, spec: { ...pod.spec, nodeName: target.name }, status };
}

const preconditions = [
  ['UID', 'uid'],
  ['ResourceVersion', 'resourceVersion'],
] as const;

/** The pod's conditions, of which PodScheduled is true: since now, unless it was before. */
function withScheduled({ metadata, status }: Pod, now: string): PodCondition[] {
  const conditions = [...(status?.conditions ?? [])];
  const at = conditions.findIndex(({ type }) => type === 'PodScheduled');
  const before = conditions[at];
  const scheduled: PodCondition = {
    type: 'PodScheduled',
    status: 'True',
    lastTransitionTime: (before?.status === 'True' && before.lastTransitionTime) || now,
    ...(metadata.generation === undefined ? {} : { observedGeneration: metadata.generation }),
  };
  if (before) conditions[at] = scheduled;
  else conditions.push(scheduled);
  return conditions;
}
