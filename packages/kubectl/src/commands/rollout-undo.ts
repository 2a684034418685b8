import { deployments } from '@typernetes/api/apps/v1';
import { defineCommand } from '../command.ts';
import { changeCauseAnnotation, revisionsOf } from './rollout-revisions.ts';

export const rolloutUndoCommand = defineCommand({
  use: 'rollout undo (TYPE NAME | TYPE/NAME) [flags]',
  short: 'Undo a previous rollout',
  flags: {
    'to-revision': { type: 'number', help: 'The revision to rollback to. Default to 0 (last revision).', default: 0 },
  } as const,
  async run({ flags, positional }, session) {
    const { deployment, revisions } = await revisionsOf(positional, session);
    const { name } = deployment.metadata;
    if (deployment.spec.paused) {
      throw new Error(
        `cannot rollback a paused deployment; resume it first with 'kubectl rollout resume deployment/${name}' and try again`,
      );
    }
    const wanted = flags['to-revision'];
    const target = wanted > 0 ? revisions.find(({ number }) => number === wanted) : revisions.at(-2);
    if (!target) {
      throw new Error(
        wanted > 0
          ? 'unable to find specified revision in history'
          : `no rollout history found for deployment "${name}"`,
      );
    }
    const { 'pod-template-hash': _hash, ...labels } = target.replicaSet.spec.template?.metadata?.labels ?? {};
    const template = {
      ...target.replicaSet.spec.template,
      metadata: { ...target.replicaSet.spec.template?.metadata, labels },
    };
    const cause = target.replicaSet.metadata.annotations?.[changeCauseAnnotation];
    // A test on the version keeps the patch from undoing somebody else's change.
    const patch = [
      { op: 'test', path: '/metadata/resourceVersion', value: deployment.metadata.resourceVersion },
      { op: 'replace', path: '/spec/template', value: template },
      ...(cause === undefined
        ? []
        : [{ op: 'add', path: '/metadata/annotations/kubernetes.io~1change-cause', value: cause }]),
    ];
    await session.client
      .resource(deployments)
      .patch({ name, namespace: session.namespace }, patch, { type: 'json', fieldManager: 'kubectl-rollout' });
    session.io.out(`deployment.apps/${name} rolled back\n`);
    return 0;
  },
});
