import type { Node, Pod } from '@typernetes/api/core/v1';
import { known, pathOf } from '../api/resource.ts';
import { rolesOf } from '../facts/node-verdict.ts';
import { amountsOf, cpuText, memoryText, podAmounts } from '../facts/usage.ts';
import { useObjects } from '../views/live.ts';
import { Fact, LiveState, Part } from '../views/marks.tsx';
import { OneNodeUsage } from '../views/node-usage.tsx';
import { UsageBar } from '../views/usage-bar.tsx';
import { ObjectTable } from './owned.tsx';

export function NodeFacts({ node }: { readonly node: Node }) {
  const { metadata, spec, status = {} } = node;
  const live = useObjects<Pod>({ path: pathOf(known.pods), fieldSelector: `spec.nodeName=${metadata.name}` });
  const running = live.entries.filter(({ status }) => !['Succeeded', 'Failed'].includes(status?.phase ?? ''));
  const requested = running
    .map((pod) => podAmounts(pod, 'requests'))
    .reduce((a, b) => ({ cpu: a.cpu + b.cpu, memory: a.memory + b.memory }), { cpu: 0, memory: 0 });
  const all = amountsOf(status.allocatable as Record<string, string> | undefined);
  const { nodeInfo } = status;
  return (
    <>
      <dl class="facts">
        <Fact name="Roles">{rolesOf(node).join(', ')}</Fact>
        <Fact name="Addresses">
          {(status.addresses ?? []).map(({ type, address }) => `${type} ${address}`).join(', ')}
        </Fact>
        <Fact name="Taints">
          {(spec?.taints ?? [])
            .map(({ key, value, effect }) => `${key}${value ? `=${value}` : ''}:${effect}`)
            .join(', ')}
        </Fact>
        <Fact name="Pod addresses">{(spec?.podCIDRs ?? []).join(', ')}</Fact>
        <Fact name="Kubelet">{nodeInfo?.kubeletVersion}</Fact>
        <Fact name="Runtime">{nodeInfo?.containerRuntimeVersion}</Fact>
        <Fact name="System">
          {[nodeInfo?.osImage, nodeInfo?.kernelVersion, nodeInfo?.architecture].filter(Boolean).join(', ')}
        </Fact>
        <Fact name="Images">{(status.images ?? []).length}</Fact>
      </dl>
      <Part title="Asked for by its pods">
        <UsageBar label="CPU" used={requested.cpu} of={all.cpu} text={cpuText} />
        <UsageBar label="Memory" used={requested.memory} of={all.memory} text={memoryText} />
        <UsageBar label="Pods" used={running.length} of={Number(status.allocatable?.pods ?? 0)} text={String} />
      </Part>
      <OneNodeUsage node={node} />
      <Part title="Pods">
        <LiveState live={live} what="pods on it" />
        <ObjectTable resource={known.pods} objects={live.entries} />
      </Part>
    </>
  );
}
