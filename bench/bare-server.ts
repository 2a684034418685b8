import { createPrivateKey, createPublicKey } from 'node:crypto';
import { join } from 'node:path';
import { silentLogger } from '@typernetes/base/testing';
import { type ApiRequest, readBody, type Transport } from '@typernetes/client';
import { newPrivateKey, privateKeyPem } from '@typernetes/pki';
import { parseFlags } from '@typernetes/process';
import { MemoryStore } from '@typernetes/store';

/** Sends a request and reads the whole response; throws the server's message if it fails. */
export type Call = (method: string, path: string, body?: object | string, type?: string) => Promise<void>;

/** The configured server in this process, without sockets, with its objects in memory. */
export interface BareServer {
  readonly transport: Transport;
  readonly call: Call;
  /** The same for requests with additional headers. */
  ask(request: ApiRequest): Promise<void>;
  close(): Promise<void>;
}

const userAgent = 'bench/1.0';

/** The server of this tree, or of another checkout with node_modules of its own; both use this tree's store. */
export async function startBareServer(root: string = join(import.meta.dirname, '..')): Promise<BareServer> {
  const api: typeof import('@typernetes/apiserver') = await import(join(root, 'packages/apiserver/src/index.ts'));
  const { flags } = parseFlags(api.apiServerFlags, [
    '--storage-backend=memory',
    '--authorization-mode=Node,RBAC',
    '--service-account-issuer=https://kubernetes.default.svc.cluster.local',
    '--service-cluster-ip-range=10.96.0.0/12',
  ]);
  const signingKey = createPrivateKey(privateKeyPem(await newPrivateKey()));
  const store = new MemoryStore();
  const server = await api.startConfiguredServer({
    config: api.completeConfig(flags, { defaultAddress: () => '127.0.0.1' }),
    resources: api.builtInResources,
    store,
    log: silentLogger,
    material: {
      tls: { cert: '', key: '' },
      clientCa: undefined,
      requestHeaderCa: undefined,
      serviceAccountKeys: [createPublicKey(signingKey)],
      serviceAccountSigningKey: signingKey,
      kubeletClient: undefined,
    },
  });
  const transport = server.transport(api.loopbackUser);
  const ask = async (request: ApiRequest): Promise<void> => {
    const headers = { 'user-agent': userAgent, ...request.headers };
    const response = await transport.request({ ...request, headers });
    const bytes = await readBody(response);
    if (response.status < 300) return;
    throw new Error(`${request.method} ${request.path}: ${response.status} ${Buffer.from(bytes)}`);
  };
  const call: Call = async (method, path, body, type = 'application/json') => {
    if (body === undefined) return ask({ method, path });
    const text = typeof body === 'object' ? JSON.stringify(body) : body;
    return ask({ method, path, headers: { 'content-type': type }, body: text });
  };
  await call('POST', '/api/v1/namespaces/default/serviceaccounts', { metadata: { name: 'default' } });
  return {
    transport,
    call,
    ask,
    close: async () => {
      transport.close();
      await server.close();
      await store.close();
    },
  };
}
