import { portNameProblems, subdomainProblems } from '@typernetes/machinery';
import { type Generated, generatorCommand } from './generator.ts';

const tcpFlag = {
  tcp: { type: 'list', help: "Port pairs can be specified as '<port>:<targetPort>'.", default: [] },
} as const;

interface ServicePort {
  readonly name: string;
  readonly port: number;
  readonly protocol: 'TCP';
  readonly targetPort: number | string;
  nodePort?: number;
}

/** `5678:8080`, `80` (both), `80:http` */
export function servicePorts(pairs: readonly string[]): ServicePort[] {
  return pairs.map((pair) => {
    const [port = '', target = port] = pair.split(':');
    const number = Number(port);
    const unparsed = `strconv.ParseUint: parsing ${JSON.stringify(port)}:`;
    if (!/^\d+$/.test(port)) throw new Error(`${unparsed} invalid syntax`);
    if (number > 65_535) throw new Error(`${unparsed} value out of range`);
    const isNumber = /^\d+$/.test(target);
    const problems = isNumber ? [] : portNameProblems(target);
    if (problems.length > 0) throw new Error(problems.join(','));
    const targetPort = isNumber ? Number(target) : target;
    return { name: target === port ? port : pair.replaceAll(':', '-'), port: number, protocol: 'TCP', targetPort };
  });
}

function serviceOf(name: string, spec: Record<string, unknown>): Generated {
  const labels = { app: name };
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { labels },
    spec: { ...spec, selector: labels },
    status: { loadBalancer: {} },
  };
}

function requiredPorts(pairs: readonly string[]): ServicePort[] {
  if (pairs.length === 0) throw new Error('at least one tcp port specifier must be provided');
  return servicePorts(pairs);
}

export const createServiceClusterIpCommand = generatorCommand({
  words: 'create service clusterip',
  failure: 'failed to create ClusterIP service:',
  use: 'NAME [--tcp=<port>:<targetPort>]',
  short: 'Create a ClusterIP service',
  flags: {
    clusterip: {
      type: 'string',
      help: "Assign your own ClusterIP or set to 'None' for a 'headless' service (no loadbalancing).",
      default: '',
    },
    ...tcpFlag,
  },
  build(name, { flags }) {
    const headless = flags.clusterip === 'None';
    if (headless && flags.tcp.length === 0) {
      return serviceOf(name, { clusterIP: 'None', type: 'ClusterIP' });
    }
    const ports = requiredPorts(flags.tcp);
    return serviceOf(name, { ...(flags.clusterip ? { clusterIP: flags.clusterip } : {}), ports, type: 'ClusterIP' });
  },
});

export const createServiceNodePortCommand = generatorCommand({
  words: 'create service nodeport',
  failure: 'failed to create NodePort service:',
  use: 'NAME [--tcp=port:targetPort]',
  short: 'Create a NodePort service',
  flags: {
    'node-port': { type: 'number', help: 'Port used to expose the service on each node in a cluster.', default: 0 },
    ...tcpFlag,
  },
  build(name, { flags }) {
    const ports = requiredPorts(flags.tcp);
    const nodePort = flags['node-port'];
    return serviceOf(name, {
      ports: nodePort !== 0 ? ports.map((port) => ({ ...port, nodePort })) : ports,
      type: 'NodePort',
    });
  },
});

export const createServiceLoadBalancerCommand = generatorCommand({
  words: 'create service loadbalancer',
  failure: 'failed to create LoadBalancer service:',
  use: 'NAME [--tcp=port:targetPort]',
  short: 'Create a LoadBalancer service',
  flags: tcpFlag,
  build: (name, { flags }) => serviceOf(name, { ports: requiredPorts(flags.tcp), type: 'LoadBalancer' }),
});

export const createServiceExternalNameCommand = generatorCommand({
  words: 'create service externalname',
  failure: 'failed to create ExternalName service:',
  use: 'NAME --external-name external.name',
  short: 'Create an ExternalName service',
  flags: { 'external-name': { type: 'string', help: 'External name of service', default: '' }, ...tcpFlag },
  required: ['external-name'],
  build(name, { flags }) {
    if (subdomainProblems(flags['external-name']).length > 0)
      throw new Error(`invalid service external name ${flags['external-name']}`);
    const ports = servicePorts(flags.tcp);
    return serviceOf(name, {
      externalName: flags['external-name'],
      ...(ports.length > 0 ? { ports } : {}),
      type: 'ExternalName',
    });
  },
});
