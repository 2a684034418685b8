import { type Job, jobs } from '@typernetes/api/batch/v1';
import { nodes } from '@typernetes/api/core/v1';
import { isAlreadyExists, isNotFound } from '@typernetes/machinery';
import { poll } from '../cluster/poll.ts';
import type { Check } from '../preflight/check.ts';
import type { UpgradeContext } from './upgrade-context.ts';

const name = 'upgrade-health-check';
const namespace = 'kube-system';

/** Checks that the cluster works: a Job of one pod that ends at once, which needs the controllers, the scheduler and a kubelet. */
export function jobCompletes({ init, client, storedVersion }: UpgradeContext, signal: AbortSignal): Check {
  const { output, clock, config } = init;
  return {
    name: 'CreateJob',
    async run() {
      if (init.dryRun) {
        output.out(
          `[upgrade/health] Would create the Job with the prefix "${name}" in namespace "${namespace}" and wait until it completes\n`,
        );
        return {};
      }
      const { items } = await client.resource(nodes).list();
      if (items.every(({ spec }) => spec.unschedulable)) {
        const skipped =
          'The preflight check "CreateJob" was skipped because there are no schedulable Nodes in the cluster.';
        return { warnings: [skipped] };
      }
      const jobName = `${name}-${init.newToken().slice(0, 5)}`;
      const kind = client.resource(jobs);
      // The current release's image: nodes may not have the next one's yet.
      const image = `${config.cluster.imageRepository}/pause:${storedVersion.replace('+', '-')}`;
      // The name is unique: if the Job exists, the response to its creation was lost.
      await kind.create(healthJob(jobName, image)).catch((error: unknown) => {
        if (!isAlreadyExists(error)) throw error;
      });
      const timeoutMs = config.timeouts.kubernetesApiCallMs;
      try {
        const completed = async (): Promise<true | undefined> => {
          const { status } = await kind.get({ name: jobName, namespace });
          const ended = status?.conditions?.find(({ type, status: is }) => type === 'Complete' && is === 'True');
          return ended && true;
        };
        await poll(completed, { clock, timeoutMs, signal, everyMs: 200 });
        return {};
      } catch (error) {
        signal.throwIfAborted();
        const why = error instanceof Error ? error.message : String(error);
        const did = `Job "${jobName}" in the namespace "${namespace}" did not complete in ${timeoutMs / 1000}s`;
        return { errors: [`${did}: ${why}: see "kubectl -n ${namespace} describe pods -l job-name=${jobName}"`] };
      } finally {
        await kind.delete({ name: jobName, namespace }, { propagationPolicy: 'Background' }).catch((error: unknown) => {
          if (!isNotFound(error)) throw error;
        });
      }
    },
  };
}

function healthJob(jobName: string, image: string): Job {
  return {
    metadata: { name: jobName, namespace },
    spec: {
      backoffLimit: 0,
      ttlSecondsAfterFinished: 2,
      template: {
        spec: {
          restartPolicy: 'Never',
          securityContext: { runAsUser: 999, runAsGroup: 999, runAsNonRoot: true },
          tolerations: [{ key: 'node-role.kubernetes.io/control-plane', effect: 'NoSchedule' }],
          containers: [{ name, image, args: ['-v'] }],
        },
      },
    },
  } as Job;
}
