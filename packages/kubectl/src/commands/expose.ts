import type { ParsedFlags } from '@typernetes/process';
import { defineCommand } from '../command.ts';
import { filenameFlags } from '../manifests/read.ts';
import { createGenerated } from './create/generator.ts';
import { exposedBy, servicePortsOf } from './expose-service.ts';
import { Failures } from './failures.ts';
import { parseLabels } from './labels.ts';
import { overridden, overrideFlags } from './overrides.ts';
import { dryRunFlag, dryRunOf, fieldManagerFlag, recordFlag, resultFlags, saveConfigFlag } from './result.ts';
import { type SelectedObject, selectObjects } from './selected-objects.ts';

const flagSpecs = {
  ...dryRunFlag,
  ...fieldManagerFlag('kubectl-expose'),
  ...filenameFlags,
  ...overrideFlags,
  ...recordFlag,
  ...resultFlags,
  ...saveConfigFlag,
  'cluster-ip': { type: 'string', help: 'ClusterIP to be assigned to the service.', default: '' },
  'external-ip': {
    type: 'string',
    help: 'Additional external IP address (not managed by Kubernetes) to accept for the service.',
    default: '',
  },
  labels: { type: 'string', short: 'l', help: 'Labels to apply to the service created by this call.', default: '' },
  'load-balancer-ip': { type: 'string', help: 'IP to assign to the LoadBalancer.', default: '' },
  name: { type: 'string', help: 'The name for the newly created object.', default: '' },
  port: { type: 'string', help: 'The port that the service should serve on.', default: '' },
  protocol: {
    type: 'string',
    help: "The network protocol for the service to be created. Default is 'TCP'.",
    default: '',
  },
  selector: { type: 'string', help: 'A label selector to use for this service.', default: '' },
  'session-affinity': {
    type: 'string',
    help: "If non-empty, set the session affinity for the service to this; legal values: 'None', 'ClientIP'",
    default: '',
  },
  'target-port': {
    type: 'string',
    help: 'Name or number for the port on the container that the service should direct traffic to.',
    default: '',
  },
  type: {
    type: 'string',
    help: "Type for this service: ClusterIP, NodePort, LoadBalancer, or ExternalName. Default is 'ClusterIP'.",
    default: '',
  },
} as const;

type Flags = ParsedFlags<typeof flagSpecs>;

export const exposeCommand = defineCommand({
  use: 'expose (-f FILENAME | TYPE NAME) [--port=port] [--protocol=TCP|UDP|SCTP] [--target-port=number-or-name] [--name=name] [--external-ip=external-ip-of-service] [--type=type]',
  short: 'Take a replication controller, service, deployment or pod and expose it as a new Kubernetes service',
  formatFirst: true,
  flags: flagSpecs,
  async run({ flags, positional }, session, signal) {
    dryRunOf(flags['dry-run']);
    const selection = { filename: flags.filename, recursive: flags.recursive };
    const serviceType = await session.resources.byName('services');
    const failures = new Failures();
    // Files are believed: what they describe need not be there yet.
    const found = await selectObjects(
      { args: positional, flags: selection, believed: true, failed: failures.add },
      session,
    );
    for (const selected of found) {
      try {
        const service = serviceOf(selected, flags);
        const generated = await overridden(service, flags, serviceType);
        const creation = { name: service.metadata.name, flags, session, signal, verb: 'exposed' };
        await createGenerated(generated, creation);
      } catch (error) {
        failures.add(error);
      }
    }
    return failures.report(session);
  },
});

function serviceOf({ type, object }: SelectedObject, flags: Flags) {
  const exposed = exposedBy(type, object);
  const selector = flags.selector ? parseLabels(flags.selector) : exposed.selector;
  const headless = flags['cluster-ip'] === 'None';
  const ports = flags.port ? flags.port.split(',') : exposed.ports.map(({ port }) => port);
  if (ports.length === 0 && !headless) throw new Error("couldn't find port via --port flag or introspection");
  for (const port of ports)
    if (!/^[+-]?\d+$/.test(port)) throw new Error(`strconv.Atoi: parsing ${JSON.stringify(port)}: invalid syntax`);
  if (!['', 'None', 'ClientIP'].includes(flags['session-affinity']))
    throw new Error(`unknown session affinity: ${flags['session-affinity']}`);
  const known = new Map(exposed.ports.map(({ port, protocol }) => [port, protocol]));
  const labels = flags.labels ? parseLabels(flags.labels) : object.metadata.labels;
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { ...(labels ? { labels } : {}), name: flags.name || object.metadata.name },
    spec: {
      ...(flags['cluster-ip'] ? { clusterIP: flags['cluster-ip'] } : {}),
      ...(flags['external-ip'] ? { externalIPs: [flags['external-ip']] } : {}),
      ...(flags['load-balancer-ip'] ? { loadBalancerIP: flags['load-balancer-ip'] } : {}),
      ...(ports.length > 0
        ? {
            ports: servicePortsOf({
              ports,
              protocolOf: (port) => flags.protocol || (known.get(port) ?? 'TCP'),
              target: flags['target-port'],
            }),
          }
        : {}),
      selector,
      ...(flags['session-affinity'] ? { sessionAffinity: flags['session-affinity'] } : {}),
      ...(flags.type ? { type: flags.type } : {}),
    },
    status: { loadBalancer: {} },
  };
}
