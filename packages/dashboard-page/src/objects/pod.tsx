import type { Pod } from '@typernetes/api/core/v1';
import { type ContainerFacts, containersOf } from '../facts/container-facts.ts';
import { restartsOf } from '../facts/pod-verdict.ts';
import { volumesOf } from '../facts/references.ts';
import { amountsOf, cpuText, memoryText } from '../facts/usage.ts';
import { usePolled } from '../views/live.ts';
import { Explained, Fact, ObjectLink, Part } from '../views/marks.tsx';
import { metricsMs } from '../views/node-usage.tsx';
import { PlainTable } from '../views/plain-table.tsx';
import { useSurroundings } from '../views/surroundings.ts';
import { UsageBar } from '../views/usage-bar.tsx';

interface PodMetrics {
  readonly containers: readonly { readonly name: string; readonly usage: Readonly<Record<string, string>> }[];
}

export function PodFacts({ pod }: { readonly pod: Pod }) {
  const { metadata, spec, status = {} } = pod;
  const { catalogue } = useSurroundings();
  const isMeasured = catalogue.named('pods.metrics.k8s.io') !== undefined;
  const path = `/apis/metrics.k8s.io/v1beta1/namespaces/${metadata.namespace}/pods/${metadata.name}`;
  const metrics = usePolled<PodMetrics>(isMeasured ? path : undefined, metricsMs);
  const volumes = volumesOf(pod);
  return (
    <>
      <dl class="facts">
        <Fact name="Node">{spec?.nodeName ? <ObjectLink resource="nodes" name={spec.nodeName} /> : 'none yet'}</Fact>
        <Fact name="Addresses">{(status.podIPs ?? []).map(({ ip }) => ip).join(', ')}</Fact>
        <Fact name="Restarts">{restartsOf(pod)}</Fact>
        <Fact name="Service account">
          {spec?.serviceAccountName ? (
            <ObjectLink resource="serviceaccounts" namespace={metadata.namespace} name={spec.serviceAccountName} />
          ) : null}
        </Fact>
        <Fact name="Priority">{spec?.priorityClassName ?? spec?.priority}</Fact>
        <Fact name="Quality of service">{status.qosClass}</Fact>
        <Fact name="Restart policy">{spec?.restartPolicy}</Fact>
      </dl>
      <Part title="Containers">
        <div class="cards">
          {containersOf(pod).map((container) => (
            <ContainerCard
              key={`${container.role} ${container.name}`}
              container={container}
              usage={metrics?.containers.find(({ name }) => name === container.name)?.usage}
            />
          ))}
        </div>
      </Part>
      {volumes.length > 0 ? (
        <Part title="Volumes">
          <PlainTable columns={['Name', 'Source', 'Mounted at']}>
            {volumes.map(({ name, source, detail, reference, mounts }) => (
              <tr key={name}>
                <th scope="row">{name}</th>
                <td>
                  {source} {reference ? <ObjectLink {...reference} namespace={metadata.namespace} /> : detail}
                </td>
                <td>{mounts.join(', ')}</td>
              </tr>
            ))}
          </PlainTable>
        </Part>
      ) : null}
    </>
  );
}

interface ContainerCardProperties {
  readonly container: ContainerFacts;
  readonly usage: Readonly<Record<string, string>> | undefined;
}

function ContainerCard({ container, usage }: ContainerCardProperties) {
  const { name, role, spec, status, verdict, last } = container;
  const used = usage ? amountsOf(usage) : undefined;
  const limits = amountsOf(spec.resources?.limits as Record<string, string> | undefined);
  return (
    <article class="card" aria-label={`${role} ${name}`}>
      <h3>
        {name} {role === 'container' ? null : <small class="dim">{role}</small>}
      </h3>
      <Explained verdict={verdict} />
      <dl class="facts">
        <Fact name="Image">{spec.image}</Fact>
        <Fact name="Restarts">{status?.restartCount}</Fact>
        <Fact name="Ended before">{last}</Fact>
        <Fact name="Command">{[...(spec.command ?? []), ...(spec.args ?? [])].join(' ')}</Fact>
        <Fact name="Ports">
          {(spec.ports ?? [])
            .map(({ containerPort, protocol = 'TCP', name }) => `${name ? `${name} ` : ''}${containerPort}/${protocol}`)
            .join(', ')}
        </Fact>
        <Fact name="Requests">{amountText(spec.resources?.requests as Record<string, string> | undefined)}</Fact>
        <Fact name="Limits">{amountText(spec.resources?.limits as Record<string, string> | undefined)}</Fact>
        <Fact name="Probes">
          {(['startupProbe', 'readinessProbe', 'livenessProbe'] as const)
            .filter((probe) => spec[probe] !== undefined)
            .map((probe) => probe.replace('Probe', ''))
            .join(', ')}
        </Fact>
      </dl>
      {used ? (
        <>
          <UsageBar label="CPU" used={used.cpu} of={limits.cpu} text={cpuText} />
          <UsageBar label="Memory" used={used.memory} of={limits.memory} text={memoryText} />
        </>
      ) : null}
      {(spec.env ?? []).length > 0 ? (
        <details>
          <summary>Environment ({spec.env?.length})</summary>
          <ul class="pairs">
            {spec.env?.map(({ name, value, valueFrom }) => (
              <li key={name}>
                <span class="dim">{name}</span>
                {valueFrom ? ` from ${originOf(valueFrom)}` : `=${value ?? ''}`}
              </li>
            ))}
          </ul>
        </details>
      ) : null}
    </article>
  );
}

/** Where a variable comes from: `secret user, key password`. */
function originOf(source: NonNullable<NonNullable<ContainerFacts['spec']['env']>[number]['valueFrom']>): string {
  const { fieldRef, resourceFieldRef, configMapKeyRef: map, secretKeyRef: secret } = source;
  if (map) return `config map ${map.name}, key ${map.key}`;
  if (secret) return `secret ${secret.name}, key ${secret.key}`;
  return fieldRef?.fieldPath ?? resourceFieldRef?.resource ?? 'elsewhere';
}

const amountText = (amounts: Readonly<Record<string, string>> = {}): string =>
  Object.entries(amounts)
    .map(([name, amount]) => `${name} ${amount}`)
    .join(', ');
