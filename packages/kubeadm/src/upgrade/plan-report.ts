import {
  addonComponents,
  clusterVersion,
  controlPlaneComponents,
  kubelets,
  type RunningComponent,
} from './components.ts';
import { compareReleases, parseRelease } from './release.ts';
import type { UpgradeContext } from './upgrade-context.ts';

/** The changes of an upgrade to this release. */
export interface UpgradePlan {
  readonly cluster: string;
  readonly target: string;
  /** Whether the target is newer than the running release. */
  readonly available: boolean;
  readonly kubelets: readonly RunningComponent[];
  readonly components: readonly RunningComponent[];
}

export async function upgradePlan({ client, init }: UpgradeContext, target: string): Promise<UpgradePlan> {
  const cluster = await clusterVersion(client);
  const [wanted, present] = [parseRelease(target), parseRelease(cluster)];
  const withEtcd = init.config.cluster.storage.kind === 'stacked-etcd';
  const running = await controlPlaneComponents(client);
  const etcd = running.filter(({ name }) => name === 'etcd');
  return {
    cluster,
    target,
    available: wanted !== undefined && present !== undefined && compareReleases(wanted, present) > 0,
    kubelets: (await kubelets(client)).filter((kubelet) => kubelet.version !== target),
    components: [
      ...running.filter(({ name }) => name !== 'etcd'),
      ...(await addonComponents(client)),
      ...(withEtcd ? etcd : []),
    ],
  };
}

/** Formats the plan as `upgrade plan` prints it. */
export function planText(plan: UpgradePlan): string {
  const { target } = plan;
  const row = ({ name, node, version: current }: RunningComponent): string[] => [name, node, current, target];
  const head = ['COMPONENT', 'NODE', 'CURRENT', 'TARGET'];
  const minor = target.split('.').slice(0, 2).join('.');
  return [
    `[upgrade/versions] Target version: ${target}\n[upgrade/versions] Latest version in the ${minor} series: ${target}\n\n`,
    ...(plan.available
      ? [
          ...(plan.kubelets.length > 0
            ? [
                "Components that must be upgraded manually after you have upgraded the control plane with 'kubeadm upgrade apply':\n",
                columns([head, ...plan.kubelets.map(row)]),
                '\n',
              ]
            : []),
          `Upgrade to the latest version in the ${minor} series:\n\n`,
          columns([head, ...plan.components.map(row)]),
          `\nYou can now apply the upgrade by executing the following command:\n\n\tkubeadm upgrade apply ${target}\n\n`,
          `${rule}\n\n`,
        ]
      : ["Awesome, you're up-to-date! Enjoy!\n"]),
    `
The table below shows the current state of component configs as understood by this version of kubeadm.
Configs that have a "yes" mark in the "MANUAL UPGRADE REQUIRED" column require manual config upgrade or
resetting to kubeadm defaults before a successful upgrade can be performed. The version to manually
upgrade to is denoted in the "PREFERRED VERSION" column.

`,
    columns([
      ['API GROUP', 'CURRENT VERSION', 'PREFERRED VERSION', 'MANUAL UPGRADE REQUIRED'],
      ...configVersions.map(({ group, currentVersion, preferredVersion }) => [
        group,
        currentVersion,
        preferredVersion,
        'no',
      ]),
    ]),
    `${rule}\n\n`,
  ].join('');
}

const rule = '_'.repeat(69);

/** So far the kinds of component configuration have one version each. */
const configVersions = [
  { group: 'kubeproxy.config.k8s.io', currentVersion: 'v1alpha1', preferredVersion: 'v1alpha1' },
  { group: 'kubelet.config.k8s.io', currentVersion: 'v1beta1', preferredVersion: 'v1beta1' },
];

/** The kind UpgradePlan of the output API. */
export function planDocument(plan: UpgradePlan): object {
  const { target } = plan;
  const minor = target.split('.').slice(0, 2).join('.');
  const component = ({ name, node, version: currentVersion }: RunningComponent): object => ({
    name,
    currentVersion,
    newVersion: target,
    ...(node ? { nodeName: node } : {}),
  });
  return {
    availableUpgrades: plan.available
      ? [
          {
            description: `version in the ${minor} series`,
            components: [...plan.kubelets, ...plan.components].map(component),
          },
        ]
      : [],
    configVersions: configVersions.map((each) => ({ ...each, manualUpgradeRequired: false })),
  };
}

/** Formats a table as upstream's tab writer does: three blanks after the widest cell. */
function columns(rows: readonly (readonly string[])[]): string {
  const widths = (rows[0] ?? []).map((_, i) => Math.max(...rows.map((row) => (row[i] ?? '').length)) + 3);
  return rows
    .map((row) => `${row.map((cell, i) => (i === row.length - 1 ? cell : cell.padEnd(widths[i] ?? 0))).join('')}\n`)
    .join('');
}
