import type { Binding, Pod } from '@typernetes/api/core/v1';
import { timestamp } from '@typernetes/base';
import {
  type ApiObject,
  badRequest,
  conflict,
  invalid,
  notFound,
  requiredValue,
  unsupportedValue,
} from '@typernetes/machinery';
import { decodeAs, fieldValidationOf, readDocument } from '../handlers/decode.ts';
import { valueReply } from '../handlers/encode.ts';
import { type CallHandler, writeOptionsOf } from '../handlers/resource-call.ts';
import { admissionRequest } from '../storage/admission-request.ts';
import { admitAnswered } from '../storage/admit.ts';
import { updateObject } from '../storage/update.ts';

const type = { group: '', version: 'v1', kind: 'Binding' };

/** POST pods/binding: gives the pod to a node, once. */
export const bindingHandler: CallHandler = async ({ context, storage, namespace, name, output }) => {
  const document = await readDocument(context.request, type.kind);
  const validation = fieldValidationOf(context.request.query);
  const binding = decodeAs(type, document, { validation, context }) as unknown as Binding;
  checkTarget(binding);
  if (binding.metadata.name && binding.metadata.name !== name)
    throw badRequest('name in URL does not match name in Binding object');
  const now = timestamp(storage.deps.clock.now());
  const options = { ...writeOptionsOf(context, 'CreateOptions'), namespace, subresource: 'binding' };
  const object = binding as unknown as ApiObject;
  const write = { operation: 'CREATE', object, oldObject: undefined, name, objectType: type } as const;
  await admitAnswered(storage.deps.admission, admissionRequest(storage, options, write));
  await updateObject(
    storage,
    (current) => {
      if (!current) throw notFound(storage.served.type, name);
      return bound(current as Pod, binding, now) as ApiObject;
    },
    {
      ...options,
      name,
      // The node is exactly what the pod's own update rules protect.
      strategy: { keepsGeneration: true },
      mayCreate: false,
      admitted: true,
      shared: true,
    },
  );
  return await valueReply(
    201,
    { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Success', code: 201 },
    output,
  );
};

function checkTarget({ metadata, target }: Binding): void {
  const problems = [];
  if (target.kind !== undefined && target.kind !== '' && target.kind !== 'Node')
    problems.push(unsupportedValue('target.kind', target.kind, ['Node', '<empty>']));
  if (!target.name) problems.push(requiredValue('target.name', ''));
  if (problems.length > 0) throw invalid({ group: '', kind: 'Binding' }, metadata.name ?? '', problems);
}

/** The pod with its node; what stays as it is, is shared. Throws Conflict when it has one, is being deleted, or is held back by scheduling gates. */
export function bound(pod: Pod, { metadata, target }: Binding, now: string): Pod {
  const named = { group: '', plural: 'pods' };
  const { name } = pod.metadata;
  const refuse = (why: string) => conflict({ group: '', plural: 'pods/binding' }, name, why);
  if (metadata.uid && metadata.uid !== pod.metadata.uid)
    throw conflict(
      named,
      name,
      `Precondition failed: UID in precondition: ${metadata.uid}, UID in object meta: ${pod.metadata.uid}`,
    );
  if (pod.metadata.deletionTimestamp) throw refuse(`pod ${name} is being deleted, cannot be assigned to a host`);
  if (pod.spec.nodeName) throw refuse(`pod ${name} is already assigned to node ${JSON.stringify(pod.spec.nodeName)}`);
  if ((pod.spec.schedulingGates ?? []).length > 0) throw refuse(`pod ${name} has non-empty .spec.schedulingGates`);
  const meta = { ...pod.metadata };
  if (metadata.annotations) meta.annotations = { ...meta.annotations, ...metadata.annotations };
  if (metadata.labels) meta.labels = { ...meta.labels, ...metadata.labels };
  const conditions = (pod.status?.conditions ?? []).filter((condition) => condition.type !== 'PodScheduled');
  return {
    ...pod,
    metadata: meta,
    spec: { ...pod.spec, nodeName: target.name },
    status: {
      ...pod.status,
      conditions: [
        ...conditions,
        {
          type: 'PodScheduled',
          status: 'True',
          lastTransitionTime: now,
          ...(meta.generation === undefined ? {} : { observedGeneration: meta.generation }),
        },
      ],
    },
  };
}
