import { version } from '@typernetes/base';
import type { Phase } from '../phase.ts';
import { addonComponents, controlPlaneComponents } from '../upgrade/components.ts';
import { compareReleases, parseRelease } from '../upgrade/release.ts';
import type { UpgradeContext } from '../upgrade/upgrade-context.ts';
import { addonPhase } from './addon.ts';

/** Add-ons are upgraded with the last control plane: until then the old ones work with both releases. */
export const upgradeAddonPhase: Phase<UpgradeContext> = {
  name: 'addon',
  short: 'Upgrade the default kubeadm addons',
  help: { onlyParts: true, whole: 'Upgrade all the addons' },
  phases: (addonPhase.phases ?? []).map((phase) => ({
    name: phase.name,
    short: phase.name === 'coredns' ? 'Upgrade the CoreDNS addon' : 'Upgrade the kube-proxy addon',
    async run(context, signal) {
      const { init, client, controlPlane } = context;
      const skip = (why: string): void =>
        init.output.out(`[upgrade/addon] Skipping the addon/${phase.name} phase. ${why}\n`);
      if (!controlPlane) return skip('Not a control plane node.');
      if (phase.skipIf?.(init) !== undefined) return skip('The addon is disabled.');
      const deployed = await addonComponents(client);
      if (!deployed.some(({ name }) => name.toLowerCase() === phase.name)) return skip('The addon is not deployed.');
      const behind = await notUpgraded(context);
      if (behind.length > 0) {
        init.output.out(
          `[upgrade/addon] Skipping upgrade of addons because control plane instances [${behind.join(' ')}] have not been upgraded\n`,
        );
        return;
      }
      await phase.run?.(init, signal);
    },
  })),
};

/** Other control planes whose API server still runs an older release. */
async function notUpgraded({ client, init }: UpgradeContext): Promise<string[]> {
  const own = parseRelease(version);
  const servers = await controlPlaneComponents(client, ['kube-apiserver']);
  return servers
    .filter(({ node, version: text }) => {
      const release = parseRelease(text);
      return node !== init.config.node.name && own && release && compareReleases(release, own) < 0;
    })
    .map(({ node }) => `kube-apiserver-${node}`);
}
