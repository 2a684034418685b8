import { createPrivateKey, createPublicKey } from 'node:crypto';
import {
  apiServerFlags,
  builtInResources,
  completeConfig,
  loopbackUser,
  openEgress,
  openOtherStores,
  openTracing,
  startConfiguredServer,
  type UserInfo,
} from '@typernetes/apiserver';
import { systemClock } from '@typernetes/base';
import { silentLogger } from '@typernetes/base/testing';
import { type ApiClient, restClient, type Transport } from '@typernetes/client';
import { newPrivateKey, privateKeyPem } from '@typernetes/pki';
import { createMetrics, type Metrics, parseFlags } from '@typernetes/process';
import { MemoryStore, type Store } from '@typernetes/store';

/** An API server in this process that can be stopped and started again over the same store. */
export interface RestartableApi {
  readonly client: ApiClient;
  /** Stays valid over restarts; while the server is down, it fails like a closed port. */
  readonly transport: Transport;
  /** Sends requests as any user; fails while the server is down. */
  as(user: UserInfo): Transport;
  /** The server's store. */
  readonly store: Pick<Store, 'get'>;
  /** Metrics of the running server. */
  metrics(): Metrics;
  /** Ends all watches and refuses requests until `up`. */
  down(): Promise<void>;
  up(): Promise<void>;
}

/** Runs the configured API server: all resources, RBAC and admission, no network; ends it after `run`. */
export async function withRestartableApi(
  run: (api: RestartableApi) => Promise<void>,
  extraFlags: readonly string[] = [],
): Promise<void> {
  const { flags } = parseFlags(apiServerFlags, [
    '--storage-backend=memory',
    '--authorization-mode=Node,RBAC',
    '--service-account-issuer=https://kubernetes.default.svc.cluster.local',
    '--service-cluster-ip-range=10.96.0.0/12',
    '--enable-aggregator-routing=true',
    ...extraFlags,
  ]);
  const config = completeConfig(flags, { defaultAddress: () => '127.0.0.1' });
  const signingKey = createPrivateKey(privateKeyPem(await newPrivateKey()));
  const material = {
    tls: { cert: '', key: '' },
    clientCa: undefined,
    requestHeaderCa: undefined,
    serviceAccountKeys: [createPublicKey(signingKey)],
    serviceAccountSigningKey: signingKey,
    kubeletClient: undefined,
  };
  const store = new MemoryStore();
  const tracing = await openTracing(config.tracingFile, { log: silentLogger });
  const otherStores = await openOtherStores(config, { tracing });
  let egress: Awaited<ReturnType<typeof openEgress>>;
  const start = async () => {
    const own = { metrics: createMetrics(), log: silentLogger };
    egress = await openEgress(config.egressFile, own);
    return await startConfiguredServer({
      config,
      material,
      resources: builtInResources,
      store,
      otherStores,
      egress,
      tracing,
      ...own,
    });
  };
  let server: Awaited<ReturnType<typeof start>> | undefined = await start();
  let way: Transport | undefined = server.transport(loopbackUser);
  const current = (): Transport => {
    if (!way) throw new Error('connect ECONNREFUSED');
    return way;
  };
  const transport: Transport = {
    request: async (request) => current().request(request),
    upgrade: async (request) => current().upgrade(request),
    close: () => {},
  };
  const as = (user: UserInfo): Transport => {
    if (!server) throw new Error('connect ECONNREFUSED');
    return server.transport(user);
  };
  const down = async (): Promise<void> => {
    const [oldServer, oldWay] = [server, way];
    server = way = undefined;
    oldWay?.close();
    await oldServer?.close();
    egress?.close();
  };
  const up = async (): Promise<void> => {
    server = await start();
    way = server.transport(loopbackUser);
  };
  try {
    const metrics = (): Metrics => server?.metrics ?? createMetrics();
    await run({ client: restClient(transport), transport, as, store, metrics, down, up });
  } finally {
    await down();
    await Promise.all([store, ...otherStores.map((one) => one.store)].map((one) => one.close()));
    await tracing?.close();
  }
}

export function withApi(run: (client: ApiClient) => Promise<void>, extraFlags: readonly string[] = []): Promise<void> {
  return withRestartableApi(({ client }) => run(client), extraFlags);
}

/** The first value that `probe` yields; fails after two minutes, for the machine may be busy. */
export async function eventually<T>(probe: () => Promise<T | undefined> | T | undefined): Promise<T> {
  const deadline = systemClock.monotonic() + 120_000;
  for (;;) {
    const value = await probe();
    if (value !== undefined) return value;
    if (systemClock.monotonic() > deadline) throw new Error(`Still waiting after two minutes for ${probe}`);
    await systemClock.sleep(20);
  }
}
