import { createPublicKey } from 'node:crypto';
import { type AddressInfo, createConnection, createServer, type Socket } from 'node:net';
import { KubeConfig } from '@kubernetes/client-node';
import { apiServerFlags, builtInResources, completeConfig, startConfiguredServer } from '@typernetes/apiserver';
import { systemClock } from '@typernetes/base';
import { silentLogger } from '@typernetes/base/testing';
import { createAuthority, createLeaf, newPrivateKey } from '@typernetes/pki';
import { parseFlags } from '@typernetes/process';
import { MemoryStore } from '@typernetes/store';

const hour = 3_600_000;
const base64 = (pem: string): string => Buffer.from(pem).toString('base64');

/** Faults that a test can cause between the client and its server. */
export interface Disturbances {
  /** Breaks every connection. */
  cut(): void;
  /** Stops the server and starts another one over the same store. */
  restart(): Promise<void>;
}

/** Runs with the Kubernetes project's JavaScript client, connected as an administrator over TLS on loopback. */
export async function withSecondClient(
  run: (config: KubeConfig, disturbances: Disturbances) => Promise<void>,
): Promise<void> {
  const validity = { notBefore: systemClock.now() - hour, notAfter: systemClock.now() + hour };
  const ca = await createAuthority({ commonName: 'kubernetes', ...validity });
  const serving = await createLeaf(ca, {
    commonName: 'kube-apiserver',
    ipAddresses: ['127.0.0.1'],
    usages: ['digital signature', 'server auth'],
    ...validity,
  });
  const admin = await createLeaf(ca, {
    commonName: 'admin',
    organizations: ['system:masters'],
    usages: ['digital signature', 'client auth'],
    ...validity,
  });
  const signingKey = await newPrivateKey();
  const { flags } = parseFlags(apiServerFlags, [
    '--storage-backend=memory',
    '--authorization-mode=Node,RBAC',
    '--service-account-issuer=https://kubernetes.default.svc.cluster.local',
    '--service-cluster-ip-range=10.96.0.0/12',
    '--enable-aggregator-routing=true',
  ]);
  const tls = { cert: serving.certificate, key: serving.privateKey, clientCa: ca.certificate };
  const store = new MemoryStore();
  const start = async () => {
    const server = await startConfiguredServer({
      config: completeConfig(flags, { defaultAddress: () => '192.0.2.10' }),
      material: {
        tls,
        clientCa: ca.certificate,
        requestHeaderCa: undefined,
        serviceAccountKeys: [createPublicKey(signingKey)],
        serviceAccountSigningKey: signingKey,
        kubeletClient: undefined,
      },
      resources: builtInResources,
      store,
      log: silentLogger,
    });
    const { port } = await server.listen({ host: '127.0.0.1', port: 0, material: tls });
    return { server, port };
  };
  let running = await start();
  // The client's address stays the same over restarts, whatever the server's port.
  const sockets = new Set<Socket>();
  const way = createServer((socket) => {
    const onward = createConnection(running.port, '127.0.0.1');
    for (const [one, other] of [
      [socket, onward],
      [onward, socket],
    ] as const) {
      sockets.add(one);
      one.on('error', () => other.destroy());
      one.on('close', () => {
        sockets.delete(one);
        other.destroy();
      });
      one.pipe(other);
    }
  });
  await new Promise<void>((resolve) => way.listen(0, '127.0.0.1', resolve));
  const cut = (): void => {
    for (const socket of sockets) socket.destroy();
  };
  const restart = async (): Promise<void> => {
    await running.server.close();
    running = await start();
  };
  try {
    const { port } = way.address() as AddressInfo;
    const config = new KubeConfig();
    config.loadFromClusterAndUser(
      { name: 'c', server: `https://127.0.0.1:${port}`, caData: base64(ca.certificate), skipTLSVerify: false },
      { name: 'admin', certData: base64(admin.certificate), keyData: base64(admin.privateKey) },
    );
    await run(config, { cut, restart });
  } finally {
    cut();
    way.close();
    await running.server.close();
    await store.close();
  }
}
