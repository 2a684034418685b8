import { createPrivateKey, createPublicKey } from 'node:crypto';
import {
  apiServerFlags,
  builtInResources,
  completeConfig,
  loopbackUser,
  startConfiguredServer,
} from '@typernetes/apiserver';
import { systemClock } from '@typernetes/base';
import { silentLogger } from '@typernetes/base/testing';
import { type ApiClient, restClient } from '@typernetes/client';
import { newPrivateKey, privateKeyPem } from '@typernetes/pki';
import { parseFlags } from '@typernetes/process';
import { MemoryStore } from '@typernetes/store';

/** The configured API server in this process: all resources, RBAC and admission, nothing on the network; gone after `run`. */
export async function withApi(run: (client: ApiClient) => Promise<void>): Promise<void> {
  const { flags } = parseFlags(apiServerFlags, [
    '--storage-backend=memory',
    '--authorization-mode=Node,RBAC',
    '--service-account-issuer=https://kubernetes.default.svc.cluster.local',
    '--service-cluster-ip-range=10.96.0.0/12',
  ]);
  const config = completeConfig(flags, { defaultAddress: () => '127.0.0.1' });
  const signingKey = createPrivateKey(privateKeyPem(await newPrivateKey()));
  const store = new MemoryStore();
  const server = await startConfiguredServer({
    config,
    material: {
      tls: { cert: '', key: '' },
      clientCa: undefined,
      requestHeaderCa: undefined,
      serviceAccountKeys: [createPublicKey(signingKey)],
      serviceAccountSigningKey: signingKey,
      kubeletClient: undefined,
    },
    resources: builtInResources,
    store,
    log: silentLogger,
  });
  try {
    await run(restClient(server.transport(loopbackUser)));
  } finally {
    await server.close();
    await store.close();
  }
}

/** The first value that `probe` yields; fails after two minutes, for the machine may be busy. */
export async function eventually<T>(probe: () => Promise<T | undefined>): Promise<T> {
  const deadline = systemClock.monotonic() + 120_000;
  for (;;) {
    const value = await probe();
    if (value !== undefined) return value;
    if (systemClock.monotonic() > deadline) throw new Error(`Still waiting after two minutes for ${probe}`);
    await systemClock.sleep(20);
  }
}
