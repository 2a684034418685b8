import type { Backend, ServicePort } from '../services/service-port.ts';

/** A ready backend on port 8080. */
export const makeBackend = (ip: string, more: Partial<Backend> = {}): Backend => ({
  ip,
  port: 8080,
  ready: true,
  serving: true,
  terminating: false,
  nodeName: 'node-1',
  ...more,
});

/** A port of the Service `web` with a cluster IP alone, and without backends. */
export const makeServicePort = (more: Partial<ServicePort> = {}): ServicePort => ({
  id: 'default/web:http',
  service: { namespace: 'default', name: 'web' },
  protocol: 'tcp',
  port: 80,
  clusterIP: '10.96.0.10',
  externalIPs: [],
  loadBalancerIPs: [],
  loadBalancerSourceRanges: [],
  nodePort: 0,
  healthCheckNodePort: 0,
  affinitySeconds: undefined,
  externalPolicyLocal: false,
  internalPolicyLocal: false,
  backends: [],
  ...more,
});
