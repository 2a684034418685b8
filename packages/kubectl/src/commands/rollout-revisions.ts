import { type ControllerRevision, controllerrevisions, type Deployment, replicasets } from '@typernetes/api/apps/v1';
import type { PodTemplateSpec } from '@typernetes/api/core/v1';
import { type ApiObject, formatLabelSelector, isControlledBy, type LabelSelector } from '@typernetes/machinery';
import type { AnyResource } from '../resources/any-resource.ts';
import { groupKind } from '../resources/group-kind.ts';
import type { Session } from '../session.ts';
import type { SelectedObject } from './selected-objects.ts';

export const revisionAnnotation = 'deployment.kubernetes.io/revision';
export const changeCauseAnnotation = 'kubernetes.io/change-cause';

export interface Revision {
  readonly number: number;
  readonly cause: string | undefined;
  readonly template: PodTemplateSpec;
  /** What `-o` prints: the replica set of a deployment, or the workload as it was. */
  readonly object: ApiObject;
  readonly type: AnyResource;
  /** Of a daemon set or stateful set: the patch that brings it back. */
  readonly patch?: object;
}

/** A workload whose pods have a template. */
export interface Workload extends ApiObject {
  readonly spec: { readonly selector: LabelSelector; readonly template: PodTemplateSpec; readonly paused?: boolean };
}

export const keepsRevisions = ({ group, plural }: AnyResource): boolean =>
  group === 'apps' && ['deployments', 'daemonsets', 'statefulsets'].includes(plural);

/** Kinds that run pods and keep no revisions. */
const workloads = new Set(['Pod', 'Job', 'CronJob', 'ReplicaSet', 'ReplicationController']);

/** That a kind has no revisions to show, or to go back to. */
export function noRevisions(type: AnyResource, lacking: 'history viewer' | 'rollbacker'): Error {
  if (workloads.has(type.kind)) return new Error(`no ${lacking} has been implemented for "${groupKind(type)}"`);
  const [what] = lacking.split(' ');
  return new Error(
    `error retrieving ${what} for "${groupKind(type)}", no visitor method exists for {${type.group} ${type.kind}}`,
  );
}

/** The revisions of a deployment, daemon set or stateful set, oldest first. Throws for other kinds. */
export async function revisionsOf(
  { type, object, namespace = '' }: SelectedObject,
  session: Session,
): Promise<Revision[]> {
  const workload = object as Workload;
  if (!keepsRevisions(type)) throw noRevisions(type, 'history viewer');
  const labelSelector = formatLabelSelector(workload.spec.selector);
  const revisions =
    type.plural === 'deployments'
      ? await replicaSetsOf(workload, { namespace, labelSelector, session })
      : await controllerRevisionsOf(workload, { namespace, labelSelector, session, type });
  return revisions.sort((a, b) => a.number - b.number);
}

interface Where {
  readonly namespace: string;
  readonly labelSelector: string;
  readonly session: Session;
}

async function replicaSetsOf(deployment: Workload, { session, ...where }: Where): Promise<Revision[]> {
  const { items } = await session.client.resource(replicasets).list(where);
  return items
    .filter((replicaSet) => isControlledBy(replicaSet, deployment as unknown as Deployment))
    .map((replicaSet) => ({
      number: Number(replicaSet.metadata.annotations?.[revisionAnnotation] ?? 0),
      cause: replicaSet.metadata.annotations?.[changeCauseAnnotation],
      template: (replicaSet.spec.template ?? {}) as PodTemplateSpec,
      object: { ...replicaSet, apiVersion: 'apps/v1', kind: 'ReplicaSet' } as ApiObject,
      type: replicasets as unknown as AnyResource,
    }));
}

async function controllerRevisionsOf(
  workload: Workload,
  { session, type, ...where }: Where & { type: AnyResource },
): Promise<Revision[]> {
  const { items } = await session.client.resource(controllerrevisions).list(where);
  return items
    .filter((revision) => isControlledBy(revision, workload))
    .map((revision) => {
      const template = templateIn(revision);
      return {
        number: revision.revision,
        cause: revision.metadata.annotations?.[changeCauseAnnotation],
        template,
        object: { ...workload, spec: { ...workload.spec, template } } as ApiObject,
        type,
        patch: revision.data as object,
      };
    });
}

/** A revision holds a patch that replaces the template. */
function templateIn({ data }: ControllerRevision): PodTemplateSpec {
  const { spec } = (data ?? {}) as { spec?: { template?: Record<string, unknown> } };
  const { $patch: _, ...template } = spec?.template ?? {};
  return template as unknown as PodTemplateSpec;
}

/** `Pod Template:` and what is in it. */
export async function shownTemplate(template: PodTemplateSpec): Promise<string> {
  const [{ describeTemplate }, { Description }] = await Promise.all([
    import('../describe/pod-template.ts'),
    import('../describe/description.ts'),
  ]);
  const text = new Description();
  describeTemplate(text, template);
  return text.withTabs();
}
