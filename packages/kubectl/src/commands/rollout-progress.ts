import type { DaemonSet, Deployment, StatefulSet } from '@typernetes/api/apps/v1';

export interface Progress {
  /** Ends with a newline. */
  readonly text: string;
  readonly done: boolean;
}

/** The progress of a deployment's rollout, in upstream's words. Throws if it has failed. */
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
  const { metadata, spec, status } = daemonSet;
  if ((spec.updateStrategy?.type ?? 'RollingUpdate') !== 'RollingUpdate')
    throw new Error('rollout status is only available for RollingUpdate strategy type');
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

export function statefulSetProgress(statefulSet: StatefulSet): Progress {
  const { metadata, spec, status } = statefulSet;
  if ((spec.updateStrategy?.type ?? 'RollingUpdate') !== 'RollingUpdate')
    throw new Error('rollout status is only available for RollingUpdate strategy type');
  const waiting = (text: string): Progress => ({ text, done: false });
  if (!status?.observedGeneration || (metadata.generation ?? 0) > status.observedGeneration)
    return waiting('Waiting for statefulset spec update to be observed...\n');
  const { replicas } = spec;
  const { readyReplicas: ready = 0, updatedReplicas: updated = 0, currentReplicas = 0 } = status;
  if (replicas !== undefined && ready < replicas)
    return waiting(`Waiting for ${replicas - ready} pods to be ready...\n`);
  const { rollingUpdate } = spec.updateStrategy ?? {};
  if (rollingUpdate) {
    const wanted = (replicas ?? 0) - (rollingUpdate.partition ?? 0);
    if (replicas !== undefined && updated < wanted) {
      return waiting(
        `Waiting for partitioned roll out to finish: ${updated} out of ${wanted} new pods have been updated...\n`,
      );
    }
    return { text: `partitioned roll out complete: ${updated} new pods have been updated...\n`, done: true };
  }
  if (status.updateRevision !== status.currentRevision) {
    return waiting(
      `waiting for statefulset rolling update to complete ${updated} pods at revision ${status.updateRevision}...\n`,
    );
  }
  return {
    text: `statefulset rolling update complete ${currentReplicas} pods at revision ${status.currentRevision}...\n`,
    done: true,
  };
}
