import type { DaemonSet, Deployment } from '@typernetes/api/apps/v1';

export interface Progress {
  /** Ends with a newline. */
  readonly text: string;
  readonly done: boolean;
}

/** How far a deployment's rollout is, in kubectl's words. Throws when it has failed. */
export function deploymentProgress(deployment: Deployment): Progress {
  const { metadata, spec, status = {} } = deployment;
  const name = JSON.stringify(metadata.name);
  if ((metadata.generation ?? 0) > (status.observedGeneration ?? 0)) {
    return { text: 'Waiting for deployment spec update to be observed...\n', done: false };
  }
  const progressing = status.conditions?.find(({ type }) => type === 'Progressing');
  if (progressing?.reason === 'ProgressDeadlineExceeded') {
    throw new Error(`deployment ${name} exceeded its progress deadline`);
  }
  const wanted = spec.replicas ?? 1;
  const { updatedReplicas: updated = 0, replicas = 0, availableReplicas: available = 0 } = status;
  const waiting = (why: string): Progress => ({
    text: `Waiting for deployment ${name} rollout to finish: ${why}...\n`,
    done: false,
  });
  if (updated < wanted) return waiting(`${updated} out of ${wanted} new replicas have been updated`);
  if (replicas > updated) return waiting(`${replicas - updated} old replicas are pending termination`);
  if (available < updated) return waiting(`${available} of ${updated} updated replicas are available`);
  return { text: `deployment ${name} successfully rolled out\n`, done: true };
}

export function daemonSetProgress(daemonSet: DaemonSet): Progress {
  const { metadata, status } = daemonSet;
  const name = JSON.stringify(metadata.name);
  if ((metadata.generation ?? 0) > (status?.observedGeneration ?? 0)) {
    return { text: 'Waiting for daemon set spec update to be observed...\n', done: false };
  }
  const {
    updatedNumberScheduled: updated = 0,
    desiredNumberScheduled: wanted = 0,
    numberAvailable: available = 0,
  } = status ?? {};
  if (updated < wanted) {
    return {
      text: `Waiting for daemon set ${name} rollout to finish: ${updated} out of ${wanted} new pods have been updated...\n`,
      done: false,
    };
  }
  if (available < wanted) {
    return {
      text: `Waiting for daemon set ${name} rollout to finish: ${available} of ${wanted} updated pods are available...\n`,
      done: false,
    };
  }
  return { text: `daemon set ${name} successfully rolled out\n`, done: true };
}
