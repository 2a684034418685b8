import { nodes, type Taint } from '@typernetes/api/core/v1';
import { clientOf } from '../cluster/admin-client.ts';
import { poll } from '../cluster/poll.ts';
import type { InitContext } from '../init-context.ts';
import type { Phase } from '../phase.ts';

const labels = ['node-role.kubernetes.io/control-plane', 'node.kubernetes.io/exclude-from-external-load-balancers'];

export const markControlPlanePhase: Phase<InitContext> = {
  name: 'mark-control-plane',
  short: 'Mark a node as a control-plane',
  help: {
    examples: [
      {
        what: 'Give this node the label and the taint that init gives it',
        line: 'init phase mark-control-plane --config config.yaml',
      },
      { what: 'Give them to another node', line: 'init phase mark-control-plane --node-name myNode' },
    ],
  },
  async run(context, signal) {
    const { config, output, clock } = context;
    const { name, taints } = config.node;
    output.out(
      `[mark-control-plane] Marking the node ${name} as control-plane by adding the labels: [${labels.join(' ')}]\n`,
    );
    if (taints.length > 0) {
      output.out(
        `[mark-control-plane] Marking the node ${name} as control-plane by adding the taints [${taints.map(taintText).join(' ')}]\n`,
      );
    }
    const client = (await clientOf(context)).resource(nodes);
    // The kubelet registers the node when it first reaches the API server, and others write to the node too: hence the retries.
    await poll(
      async () => {
        const node = await client.get({ name }, { signal });
        const patch = {
          metadata: {
            resourceVersion: node.metadata.resourceVersion,
            labels: Object.fromEntries(labels.map((label) => [label, ''])),
          },
          spec: { taints: mergeTaints(node.spec?.taints ?? [], taints) },
        };
        return client.patch({ name }, patch, { type: 'merge', fieldManager: 'kubeadm', signal });
      },
      { clock, timeoutMs: config.timeouts.kubernetesApiCallMs, signal },
    );
  },
};

/** Adds our taints to the existing ones, replacing those of the same key and effect. */
function mergeTaints(present: readonly Taint[], added: readonly Taint[]): Taint[] {
  const same = (a: Taint, b: Taint): boolean => a.key === b.key && a.effect === b.effect;
  return [...present.filter((taint) => !added.some((other) => same(taint, other))), ...added];
}

function taintText(taint: Taint): string {
  return `${taint.key}${taint.value ? `=${taint.value}` : ''}:${taint.effect}`;
}
