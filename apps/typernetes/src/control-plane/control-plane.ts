import {
  apiServerFlags,
  builtInResources,
  type CompletedConfig,
  completeConfig,
  connectionRules,
  loopbackUser,
  openEgress,
  openOtherStores,
  openStore,
  openTracing,
  readMaterial,
  startConfiguredServer,
  validateConfig,
} from '@typernetes/apiserver';
import { type Logger, runAll, silentLogger, systemClock } from '@typernetes/base';
import { type ApiClient, restClient } from '@typernetes/client';
import type { AlternativeNames, Identity } from '@typernetes/pki';
import { createMetrics, parseFlags } from '@typernetes/process';
import { type Authority, newAuthority, newTokenKey } from './authority.ts';
import type { ControlPlaneOptions } from './control-plane-options.ts';
import { kubeconfigOf } from './kubeconfig.ts';
import { optionProblems } from './option-problems.ts';
import { partsOf, serviceRange, untilPodsHaveAccounts } from './parts.ts';
import { PrivateFolder } from './private-folder.ts';
import { Teardown } from './teardown.ts';

/** The user of a kubeconfig. */
export interface User {
  readonly name: string;
  readonly groups?: readonly string[];
}

/** A control plane that runs in this process. */
export interface ControlPlane extends AsyncDisposable {
  /** `https://127.0.0.1:PORT` */
  readonly url: string;
  /** The certificate authority of the server, in PEM. */
  readonly ca: string;
  /** An administrator's kubeconfig, as YAML. */
  readonly kubeconfig: string;
  /** The path of a file with that kubeconfig, for kubectl and Helm; written when first asked for, removed by `stop`. */
  readonly kubeconfigFile: string;
  /** An administrator's client, which calls the API server without a network. */
  readonly client: ApiClient;
  /** A kubeconfig for another user, subject to RBAC. */
  kubeconfigFor(user: User): Promise<string>;
  /** A certificate for a server that the API server calls, such as a webhook; put `ca` into its `caBundle`. */
  certificateFor(names?: AlternativeNames): Promise<Identity>;
  /** Stops everything and waits for it. If a part of the control plane has failed, throws its error. */
  stop(): Promise<void>;
}

/**
 * Starts an API server, the controllers and the scheduler in this process. Throws for an invalid option, with its name,
 * and for an invalid flag, with the message of the program's command line. Any number of control planes can run side by
 * side.
 */
export async function startControlPlane(options: ControlPlaneOptions = {}): Promise<ControlPlane> {
  const problems = optionProblems(options);
  if (problems.length > 0) throw new Error(`Cannot start a control plane: ${problems.join('; ')}`);
  const { log = silentLogger, controllers = ['*'] } = options;
  const folder = new PrivateFolder();
  const teardown = new Teardown();
  teardown.add(() => folder.remove());
  const stop = (): Promise<void> => teardown.run();
  try {
    // The key is generated on another thread, in parallel to the certificates.
    const [{ authority, serving, admin }, tokenKey] = await Promise.all([newCertificates(), newTokenKey()]);
    const config = configured(options, {
      'client-ca-file': folder.write('ca.crt', authority.identity.certificate),
      'tls-cert-file': folder.write('apiserver.crt', serving.certificate),
      'tls-private-key-file': folder.write('apiserver.key', serving.privateKey),
      'service-account-signing-key-file': folder.write('sa.key', tokenKey),
    });
    const { server, port } = await startServer(options, { config, log, teardown });
    // All of them have been read. A test run that is interrupted cannot clean up.
    folder.remove();
    const url = `https://127.0.0.1:${port}`;
    const clientOf = (program: string): ApiClient => restClient(server.transport(loopbackUser, program));
    const client = clientOf('typernetes');
    const ca = authority.identity.certificate;
    const kubeconfig = kubeconfigOf({ url, ca }, { name: 'kubernetes-admin', identity: admin });

    const ending = new AbortController();
    const running = runAll(
      partsOf({ ...options, controllers }, { clientOf, authority, tokenKey, log, gateIsOn: config.featureGates.isOn }),
      ending.signal,
    );
    // A failure is reported by `stop`.
    running.catch(() => {});
    teardown.add(() => {
      ending.abort();
      return running;
    });
    if (controllers.length > 0) await Promise.race([untilPodsHaveAccounts(client, controllers), running]);
    return {
      url,
      ca,
      kubeconfig,
      get kubeconfigFile() {
        return folder.write('kubeconfig', kubeconfig);
      },
      client,
      kubeconfigFor: async ({ name, groups = [] }) => {
        const identity = await authority.forClient({ commonName: name, organizations: groups });
        return kubeconfigOf({ url, ca }, { name, identity });
      },
      certificateFor: (names) => authority.forServer(names),
      stop,
      [Symbol.asyncDispose]: stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

interface ServerSetting {
  readonly config: CompletedConfig;
  readonly log: Logger;
  readonly teardown: Teardown;
}

/** Starts the API server with its stores on a port of loopback. */
async function startServer(options: ControlPlaneOptions, { config, log, teardown }: ServerSetting) {
  const metrics = createMetrics();
  const egress = await openEgress(config.egressFile, { metrics, log });
  teardown.add(() => egress?.close());
  const tracing = await openTracing(config.tracingFile, { log, egress });
  teardown.add(() => tracing?.close());
  const outlets = { egress, tracing };
  const store = await openStoreOf(options, config, outlets);
  teardown.add(() => store.close());
  const otherStores = await openOtherStores(config, outlets);
  for (const other of otherStores) teardown.add(() => other.store.close());
  const material = readMaterial(config);
  const server = await startConfiguredServer({
    config,
    material,
    store,
    otherStores,
    log,
    metrics,
    ...outlets,
    resources: builtInResources,
  });
  teardown.add(() => server.close());
  const { port } = await server.listen({
    host: '127.0.0.1',
    port: options.port ?? 0,
    material: material.tls,
    rules: connectionRules(config.tls.flags),
  });
  return { server, port };
}

/** Adds the file's name to a failure to open it: SQLite's message has none. */
async function openStoreOf({ storage }: ControlPlaneOptions, ...how: Parameters<typeof openStore>) {
  try {
    return await openStore(...how);
  } catch (error) {
    if (typeof storage !== 'object') throw error;
    throw new Error(`Cannot open the file "${storage.file}" of the option "storage"`, { cause: error });
  }
}

async function newCertificates(): Promise<{ authority: Authority; serving: Identity; admin: Identity }> {
  const authority = await newAuthority(systemClock);
  const [serving, admin] = await Promise.all([
    authority.forServer(),
    authority.forClient({ commonName: 'kubernetes-admin', organizations: ['system:masters'] }),
  ]);
  return { authority, serving, admin };
}

/** Flags that name an etcd are enough: nothing is kept in memory then, unless the option says so. */
function storageFlags(storage: ControlPlaneOptions['storage'], more: readonly string[]): string[] {
  if (typeof storage === 'object') return [`--storage-path=${storage.file}`];
  const usesEtcd = more.some((flag) => /^--?etcd-servers\b(?!-)/.test(flag));
  return storage === undefined && usesEtcd ? [] : ['--storage-backend=memory'];
}

/** The API server's configuration: this control plane's own flags, then the user's. */
function configured({ storage, apiServerFlags: more = [] }: ControlPlaneOptions, own: Record<string, string>) {
  const { flags } = parseFlags(apiServerFlags, [
    ...storageFlags(storage, more),
    '--authorization-mode=Node,RBAC',
    // A documentation address: the Service "kubernetes" must have an endpoint, at which nothing is reachable.
    '--advertise-address=192.0.2.1',
    '--bind-address=127.0.0.1',
    '--service-account-issuer=https://kubernetes.default.svc.cluster.local',
    `--service-cluster-ip-range=${serviceRange}`,
    // There is no kube-proxy to route cluster IPs.
    '--enable-aggregator-routing=true',
    ...Object.entries(own).map(([name, value]) => `--${name}=${value}`),
    ...more,
  ]);
  const config = completeConfig(flags, { defaultAddress: () => '127.0.0.1' });
  const problems = validateConfig(config);
  if (problems.length > 0) throw new Error(problems.join(', '));
  return config;
}
