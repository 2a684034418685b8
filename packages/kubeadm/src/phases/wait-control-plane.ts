import { namespaces } from '@typernetes/api/core/v1';
import { messagesOf } from '@typernetes/base';
import { formatDuration } from '@typernetes/process';
import { clientOf } from '../cluster/admin-client.ts';
import { elapsedText, poll } from '../cluster/poll.ts';
import { grantInCluster, group } from '../cluster/rbac.ts';
import type { InitConfig } from '../config/internal.ts';
import { localAddress } from '../endpoint.ts';
import type { InitContext } from '../init-context.ts';
import { lastContainerLogLines } from '../kubelet/container-logs.ts';
import { waitForKubelet } from '../kubelet/health.ts';
import { kubeletService } from '../kubelet/service.ts';
import { logStep } from '../log-lines.ts';
import { hostPort, loopback } from '../network-address.ts';
import { manifestsFolder } from '../paths.ts';
import type { Phase } from '../phase.ts';
import { clusterAdminsGroup } from './kubeconfig.ts';

/** The health check of a component on this machine. */
export interface ComponentCheck {
  readonly component: string;
  readonly url: string;
}

export const waitControlPlanePhase: Phase<InitContext> = {
  name: 'wait-control-plane',
  short: 'Wait for the control plane to start',
  async run(context, signal) {
    const { config, output, dryRun } = context;
    logStep(output, 'waitcontrolplane.go:84', '[wait-control-plane] Waiting for the API server to be healthy');
    if (dryRun) {
      await dryRun.host.showFiles();
      await waitForComponents(context, signal);
      await bindClusterAdmins(context, signal);
      return;
    }
    output.out(
      `[wait-control-plane] Waiting for the kubelet to boot up the control plane as static Pods from directory "${manifestsFolder}"\n`,
    );
    await waitForKubelet(context, { timeoutMs: config.timeouts.kubeletHealthCheckMs, signal });
    await waitForComponents(context, signal);
    await bindClusterAdmins(context, signal);
  },
};

/** Waits until this machine's components are healthy. The error has the ends of the logs of those that are not. */
export async function waitForComponents(context: InitContext, signal: AbortSignal): Promise<void> {
  const { config, output } = context;
  if (context.dryRun) {
    output.out('[dryrun] Would wait for the control plane components to be healthy\n');
    return;
  }
  const timeoutMs = config.timeouts.controlPlaneComponentHealthCheckMs;
  output.out(
    `[control-plane-check] Waiting for healthy control plane components. This can take up to ${formatDuration(timeoutMs)}\n`,
  );
  const checks = componentChecks(config).filter(({ component }) => component !== 'etcd');
  for (const { component, url } of checks) output.out(`[control-plane-check] Checking ${component} at ${url}\n`);
  const start = context.clock.monotonic();
  const elapsed = (): string => elapsedText(context.clock.monotonic() - start);
  const failures = await Promise.all(
    checks.map(async (check) => {
      try {
        await poll(() => healthy(check, context, signal), { clock: context.clock, timeoutMs, signal });
        output.out(`[control-plane-check] ${check.component} is healthy after ${elapsed()}\n`);
        return [];
      } catch (error) {
        signal.throwIfAborted();
        output.out(`[control-plane-check] ${check.component} is not healthy after ${elapsed()}\n`);
        return [{ check, error }];
      }
    }),
  );
  const failed = failures.flat();
  if (failed.length === 0) return;
  output.err(
    await troubles(
      context,
      failed.map(({ check }) => check.component),
    ),
  );
  const reasons = failed.map(
    ({ check, error }) => `${check.component} check failed at ${check.url}: ${messagesOf(error)}`,
  );
  throw new Error(`failed while waiting for the control plane to start: [${reasons.join(', ')}]`);
}

export function componentChecks(config: Pick<InitConfig, 'localEndpoint' | 'cluster'>): ComponentCheck[] {
  const stacked = config.cluster.storage.kind === 'stacked-etcd';
  return [
    ...(stacked
      ? [{ component: 'etcd', url: `http://${hostPort(loopback(config.localEndpoint.advertiseAddress), 2381)}/health` }]
      : []),
    { component: 'kube-apiserver', url: `https://${localAddress(config)}/livez` },
    { component: 'kube-controller-manager', url: 'https://127.0.0.1:10257/healthz' },
    { component: 'kube-scheduler', url: 'https://127.0.0.1:10259/livez' },
  ];
}

/** A component that refuses anonymous requests is alive too. */
export async function healthy(
  { url, component }: ComponentCheck,
  { host }: Pick<InitContext, 'host'>,
  signal: AbortSignal,
): Promise<true> {
  const { status, body } = await host.network.get(url, { timeoutMs: 5000, signal });
  if (status === 200 || (component === 'kube-apiserver' && status === 401)) return true;
  throw new Error(`the server answers ${status}: ${body.trim().slice(0, 200)}`);
}

/** Binds the admins' group to cluster-admin, with super-admin.conf; from then on admin.conf suffices. */
async function bindClusterAdmins(context: InitContext, signal: AbortSignal): Promise<void> {
  const { clock, config, output } = context;
  const what = 'the ClusterRoleBinding for the kubeadm:cluster-admins Group';
  logStep(output, 'kubeconfig.go:658', `ensuring that ${what} exists`);
  logStep(output, 'kubeconfig.go:730', `creating ${what} by using super-admin.conf`);
  const client = await clientOf(context, 'super-admin');
  const binding = { name: clusterAdminsGroup, role: 'cluster-admin', subjects: [group(clusterAdminsGroup)] };
  const admin = await clientOf(context);
  // The API server is live before all of its post-start hooks are done, and later phases need these namespaces and the binding.
  const patience = { clock, timeoutMs: config.timeouts.kubernetesApiCallMs, signal };
  await poll(() => grantInCluster(client, binding).then(() => true), patience);
  await poll(
    () => Promise.all(['kube-system', 'kube-public'].map((name) => admin.resource(namespaces).get({ name }))),
    patience,
  );
}

async function troubles({ config, host }: InitContext, components: readonly string[]): Promise<string> {
  const crictl = `crictl --runtime-endpoint ${config.node.criSocket}`;
  let text = `
A control plane component may have crashed or exited when started by the container runtime.
To troubleshoot, list all containers using your preferred container runtimes CLI.
Here is one example how you may list all running Kubernetes containers by using crictl:
\t- '${crictl} ps -a | grep kube | grep -v pause'
\tOnce you have found the failing container, you can inspect its logs with:
\t- '${crictl} logs CONTAINERID'
`;
  for (const component of components) {
    const lines = await lastContainerLogLines(host.files, { component, count: 10 });
    // A container that never started has no log, but the kubelet's log has the reason.
    const said =
      lines.length > 0
        ? []
        : (await (await kubeletService(host)).lastLogLines(500)).filter((line) => line.includes(component));
    if (said.length > 0)
      text += `\nWhat the kubelet says of ${component}:\n${said
        .slice(-3)
        .map((line) => `\t${line}\n`)
        .join('')}`;
    if (lines.length > 0) text += `\nThe last words of ${component}:\n${lines.map((line) => `\t${line}\n`).join('')}`;
  }
  return `${text}\n`;
}
