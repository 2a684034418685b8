import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { test } from 'node:test';
import { silentLogger } from '@typernetes/base/testing';
import type { ServicePort } from '../services/service-port.ts';
import { HealthCheckPorts, healthChecks } from './health-check-ports.ts';

/** A port that nobody listens on. */
async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

const backend = (ip: string, nodeName: string, ready = true) => ({
  ip,
  port: 80,
  ready,
  serving: ready,
  terminating: false,
  nodeName,
});
const port = (healthCheckNodePort: number, externalPolicyLocal = true) =>
  ({
    service: { namespace: 'shop', name: 'web' },
    healthCheckNodePort,
    externalPolicyLocal,
    backends: [backend('10.0.0.1', 'n1'), backend('10.0.0.2', 'n2'), backend('10.0.0.3', 'n1', false)],
  }) as unknown as ServicePort;

test('services with externalTrafficPolicy Local have health check ports; an address counts once', () => {
  const check = { namespace: 'shop', name: 'web', port: 31_000, local: 1 };
  assert.deepEqual(
    [...healthChecks([port(31_000), port(31_000), port(0), port(31_001, false)], 'n1').values()],
    [check],
  );
  assert.equal(healthChecks([port(31_000)], 'n3').get(31_000)?.local, 0);
});

test('a load balancer learns whether this node has backends', async () => {
  let isHealthy = true;
  const ports = new HealthCheckPorts({ log: silentLogger, isHealthy: () => isHealthy });
  const at = await freePort();
  const ask = async () => {
    const answer = await fetch(`http://127.0.0.1:${at}/`, { headers: { connection: 'close' } });
    return [answer.status, answer.headers.get('x-load-balancing-endpoint-weight'), await answer.json()] as const;
  };
  const said = (localEndpoints: number, serviceProxyHealthy = true) => ({
    service: { namespace: 'shop', name: 'web' },
    localEndpoints,
    serviceProxyHealthy,
  });
  try {
    await ports.sync('IPv4', healthChecks([port(at)], 'n1'));
    await ports.sync('IPv6', healthChecks([port(at)], 'n1'));
    assert.deepEqual(await ask(), [200, '1', said(1)]);
    await ports.sync('IPv6', new Map());
    await ports.sync('IPv4', healthChecks([port(at)], 'n3'));
    assert.deepEqual(await ask(), [503, '0', said(0)]);
    await ports.sync('IPv4', healthChecks([port(at)], 'n1'));
    isHealthy = false;
    assert.deepEqual(await ask(), [503, '1', said(1, false)]);
  } finally {
    await ports.sync('IPv4', new Map());
  }
  await assert.rejects(ask());
});
