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

interface CertificateSetting {
  readonly nodeName: string;
  readonly nodeIps: readonly string[];
  readonly certDir: string;
  readonly config: CompleteConfiguration;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
  readonly certificateMetrics: CertificateMetrics;
  readonly tracing: Pick<Tracing, 'tracer'> | undefined;
}

/** The node's API client, and the rotation of its certificate if the configuration asks for it. */
export async function nodeClient(
  read: (signal?: AbortSignal) => Promise<Kubeconfig>,
  setting: CertificateSetting,
): Promise<{ readonly client: ApiClient; readonly parts: readonly Runnable[] }> {
  const { config, nodeName, certDir, clock, tracing } = setting;
  const kubeconfig = await read();
  const options = { ...transportOptions(resolveContext(kubeconfig)), userAgent };
  // Client-side limits apply only if configured: overloaded servers reject requests themselves.
  const { kubeAPIQPS = 0, kubeAPIBurst = 100 } = config;
  const limited = (own: Transport): Transport => {
    const transport = tracing ? tracedTransport(own, tracing.tracer) : own;
    return kubeAPIQPS > 0
      ? limitedTransport(transport, new TokenBucket(clock, { perSecond: kubeAPIQPS, burst: kubeAPIBurst }), clock)
      : transport;
  };
  const given = pairIn(kubeconfig);
  if (!config.rotateCertificates || !given) return { client: restClient(limited(httpTransport(options))), parts: [] };
  const stored = await readCurrent(certDir, 'kubelet-client');
  const current = isGood(stored, clock) ? stored : given;
  const transportWith = (pair: SignedPair) =>
    httpTransport({ ...options, tls: { ...options.tls, cert: pair.certificate, key: pair.privateKey } });
  const transport = replaceableTransport(transportWith(current));
  const client = restClient(limited(transport));
  const rotator = new CertificateRotator({
    ...setting,
    metrics: setting.certificateMetrics,
    client,
    clock,
    wish: { nodeName, purpose: 'client', dnsNames: [], ipAddresses: [] },
    current,
    isLent: current === given && holdsPair(kubeconfig),
    lend: async (signal) => {
      const fresh = await read(signal);
      const pair = pairIn(fresh);
      return pair && { pair, isLent: holdsPair(fresh) };
    },
    onPair: (pair) => transport.replace(transportWith(pair)),
  });
  return { client, parts: [rotator] };
}

/** Whether the kubeconfig itself contains the pair, rather than file names. */
const holdsPair = (kubeconfig: Kubeconfig): boolean =>
  resolveContext(kubeconfig).user['client-certificate-data'] !== undefined;

function pairIn(kubeconfig: Kubeconfig): SignedPair | undefined {
  const { cert, key } = transportOptions(resolveContext(kubeconfig)).tls ?? {};
  return cert === undefined || key === undefined ? undefined : { certificate: cert, privateKey: key };
}

/**
 * The pair of an earlier rotation is used while it is valid, whatever the kubeconfig has (upstream:
 * getCurrentCertificateOrBootstrap).
 */
const isGood = (pair: SignedPair | undefined, clock: Clock): pair is SignedPair =>
  (lifeOf(pair?.certificate)?.notAfter ?? 0) > clock.now();

/** Requests the serving certificate from the cluster; until it is signed, the server keeps the one it has. */
export async function servingRotator(
  serving: Pick<Serving, 'replaceIdentity'>,
  client: ApiClient,
  setting: CertificateSetting,
): Promise<Runnable> {
  const { nodeName, nodeIps, certDir, clock } = setting;
  const stored = await readCurrent(certDir, 'kubelet-server');
  const current = isGood(stored, clock) ? stored : undefined;
  if (current) serving.replaceIdentity(current);
  return new CertificateRotator({
    ...setting,
    metrics: setting.certificateMetrics,
    client,
    wish: { nodeName, purpose: 'serving', dnsNames: [nodeName], ipAddresses: nodeIps },
    current,
    onPair: (pair) => serving.replaceIdentity(pair),
  });
}
