import { isDeepStrictEqual } from 'node:util';
import { type Deployment, type ReplicaSet, replicasets } from '@typernetes/api/apps/v1';
import type { PodTemplateSpec } from '@typernetes/api/core/v1';
import { formatLabelSelector, isControlledBy, isJsonObject } from '@typernetes/machinery';
import { describeConditions } from './conditions.ts';
import type { Describer } from './describer.ts';
import { describeTemplate } from './pod-template.ts';
import { longTime } from './times.ts';

export const describeDeployment: Describer<Deployment> = async (deployment, text, { client }) => {
  const { metadata, spec, status = {} } = deployment;
  const selector = formatLabelSelector(spec.selector);
  text.line(0, 'Name:', metadata.name);
  text.line(0, 'Namespace:', metadata.namespace ?? '');
  text.line(0, 'CreationTimestamp:', longTime(metadata.creationTimestamp));
  text.pairs(0, 'Labels:', metadata.labels);
  text.annotations(0, metadata.annotations);
  text.line(0, 'Selector:', selector);
  const { updatedReplicas = 0, replicas = 0, availableReplicas = 0, unavailableReplicas = 0 } = status;
  text.line(
    0,
    'Replicas:',
    `${spec.replicas ?? 1} desired | ${updatedReplicas} updated | ${replicas} total | ${availableReplicas} available | ${unavailableReplicas} unavailable`,
  );
  text.line(0, 'StrategyType:', spec.strategy?.type ?? '');
  text.line(0, 'MinReadySeconds:', String(spec.minReadySeconds ?? 0));
  const rolling = spec.strategy?.rollingUpdate;
  if (rolling)
    text.line(0, 'RollingUpdateStrategy:', `${rolling.maxUnavailable} max unavailable, ${rolling.maxSurge} max surge`);
  describeTemplate(text, spec.template);
  describeConditions(text, status.conditions);
  const { items } = await client
    .resource(replicasets)
    .list({ namespace: metadata.namespace ?? '', labelSelector: selector });
  const owned = items.filter((replicaSet) => isControlledBy(replicaSet, deployment));
  const current = newReplicaSet(deployment, owned);
  const old = owned.filter((replicaSet) => replicaSet !== current);
  if (old.length === 0 && !current) return;
  text.line(0, 'OldReplicaSets:', old.map(replicaSetText).join(', ') || '<none>');
  text.line(0, 'NewReplicaSet:', current ? replicaSetText(current) : '<none>');
};

/** The oldest of those with the template of the Deployment. */
export function newReplicaSet({ spec }: Deployment, owned: readonly ReplicaSet[]): ReplicaSet | undefined {
  const wanted = withoutHash(spec.template);
  return owned
    .filter((replicaSet) => isDeepStrictEqual(withoutHash(replicaSet.spec.template ?? {}), wanted))
    .sort((a, b) => (ageOf(a) < ageOf(b) ? -1 : 1))[0];
}

const ageOf = ({ metadata }: ReplicaSet): string => `${metadata.creationTimestamp} ${metadata.name}`;

/** The template for comparison, as in the controller: without its hash and without empty fields. */
function withoutHash({ metadata, ...rest }: Partial<PodTemplateSpec>): unknown {
  const { 'pod-template-hash': _hash, ...labels } = metadata?.labels ?? {};
  return withoutEmpty({ ...rest, metadata: { ...metadata, labels } });
}

function withoutEmpty(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutEmpty);
  if (!isJsonObject(value)) return value;
  return Object.fromEntries(
    Object.entries(value).flatMap(([name, member]) => {
      const isEmpty =
        member === null || member === undefined || (typeof member === 'object' && !Object.keys(member).length);
      return isEmpty ? [] : [[name, withoutEmpty(member)]];
    }),
  );
}

function replicaSetText({ metadata, spec, status }: ReplicaSet): string {
  return `${metadata.name} (${status?.replicas ?? 0}/${spec.replicas ?? 1} replicas created)`;
}
