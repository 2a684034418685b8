import { type Clock, type Logger, type Random, type Runnable, TokenBucket } from '@typernetes/base';
import {
  type ApiClient,
  httpTransport,
  type Kubeconfig,
  limitedTransport,
  resolveContext,
  restClient,
  type Transport,
  transportOptions,
} from '@typernetes/client';
import {
  type CertificateMetrics,
  CertificateRotator,
  type CompleteConfiguration,
  lifeOf,
  readCurrent,
  replaceableTransport,
  type SignedPair,
  tracedTransport,
  userAgent,
} from '@typernetes/kubelet';
import type { Serving } from '@typernetes/process';
import type { Tracing } from '@typernetes/process/tracing';

export interface CertificateSetting {
  readonly nodeName: string;
  readonly nodeIps: readonly string[];
  readonly certDir: string;
  readonly config: CompleteConfiguration;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
  readonly told: CertificateMetrics;
  readonly tracing: Pick<Tracing, 'tracer'> | undefined;
}

/** The node's client, and what keeps its certificate valid if the configuration asks for that. */
export async function nodeClient(
  kubeconfig: Kubeconfig,
  setting: CertificateSetting,
): Promise<{ readonly client: ApiClient; readonly parts: readonly Runnable[] }> {
  const { config, nodeName, certDir, clock, tracing } = setting;
  const options = { ...transportOptions(resolveContext(kubeconfig)), userAgent };
  // Only where the owner says so: what the servers cannot take they refuse by themselves.
  const { kubeAPIQPS = 0, kubeAPIBurst = 100 } = config;
  const limited = (own: Transport): Transport => {
    const transport = tracing ? tracedTransport(own, tracing.tracer) : own;
    return kubeAPIQPS > 0
      ? limitedTransport(transport, new TokenBucket(clock, { perSecond: kubeAPIQPS, burst: kubeAPIBurst }), clock)
      : transport;
  };
  const { cert, key } = options.tls ?? {};
  if (!config.rotateCertificates || cert === undefined || key === undefined)
    return { client: restClient(limited(httpTransport(options))), parts: [] };
  const given: SignedPair = { certificate: cert, privateKey: key };
  const current = newest(given, await readCurrent(certDir, 'kubelet-client'));
  const transportWith = (pair: SignedPair) =>
    httpTransport({ ...options, tls: { ...options.tls, cert: pair.certificate, key: pair.privateKey } });
  const transport = replaceableTransport(transportWith(current));
  const client = restClient(limited(transport));
  const rotator = new CertificateRotator({
    ...setting,
    client,
    clock,
    wish: { nodeName, purpose: 'client', dnsNames: [], ipAddresses: [] },
    current,
    onPair: (pair) => transport.replace(transportWith(pair)),
  });
  return { client, parts: [rotator] };
}

/** An earlier rotation's pair, unless the kubeconfig brings a newer one. */
function newest(given: SignedPair, stored: SignedPair | undefined): SignedPair {
  const until = (pair: SignedPair | undefined): number => lifeOf(pair?.certificate)?.notAfter ?? 0;
  return stored && until(stored) > until(given) ? stored : given;
}

/** What asks the cluster for the server's certificate; until it is signed, the server shows what it has. */
export async function servingRotator(
  serving: Pick<Serving, 'replaceIdentity'>,
  client: ApiClient,
  setting: CertificateSetting,
): Promise<Runnable> {
  const { nodeName, nodeIps, certDir, clock } = setting;
  const stored = await readCurrent(certDir, 'kubelet-server');
  const current = (lifeOf(stored?.certificate)?.notAfter ?? 0) > clock.now() ? stored : undefined;
  if (current) serving.replaceIdentity(current);
  return new CertificateRotator({
    ...setting,
    client,
    wish: { nodeName, purpose: 'serving', dnsNames: [nodeName], ipAddresses: nodeIps },
    current,
    onPair: (pair) => serving.replaceIdentity(pair),
  });
}
