import type { CertificateSigningRequest } from '@typernetes/api/certificates/v1';
import { type Clock, messageOf, timestamp } from '@typernetes/base';
import type { Lister, Reconciler, Result, Writer } from '@typernetes/client';
import { withCondition } from '@typernetes/machinery';
import type { Identity, Usage } from '@typernetes/pki';
import { readRequest } from '../certificates/read-request.ts';
import { isOurSigner, signingProblem } from '../certificates/signers.ts';
import { isApproved, isFailed } from '../certificates/states.ts';
import { lifetimeMs } from './plan.ts';

interface SignerDeps {
  readonly requests: Pick<Lister<CertificateSigningRequest>, 'get'>;
  readonly client: Pick<Writer<CertificateSigningRequest>, 'updateStatus'>;
  /** Undefined for signers that have none: their requests are somebody else's. */
  readonly authorityOf: (signerName: string) => Identity | undefined;
  readonly maxLifetimeMs: number;
  readonly clock: Clock;
}

/** Certificates begin a little in the past: the clocks of the machines differ. */
const backdateMs = 5 * 60_000;
/** Certificates that live less than this are not shortened by the backdating. */
const shortLifeMs = 8 * 3_600_000;

export function signer({ requests, client, authorityOf, maxLifetimeMs, clock }: SignerDeps): Reconciler {
  return {
    name: 'certificatesigningrequest-signing-controller',
    async reconcile(key): Promise<Result> {
      const csr = requests.get(key);
      if (!csr || !isApproved(csr) || isFailed(csr) || csr.status?.certificate || !isOurSigner(csr.spec.signerName))
        return {};
      const authority = authorityOf(csr.spec.signerName);
      if (!authority) return {};
      const outcome = await attempt(csr, authority);
      const now = timestamp(clock.now());
      if ('problem' in outcome) {
        const failed = { type: 'Failed', status: 'True', ...outcome.problem, lastUpdateTime: now };
        const conditions = withCondition(csr.status?.conditions, failed, { now });
        await client.updateStatus({ ...csr, status: { ...csr.status, conditions } });
      } else {
        const certificate = Buffer.from(outcome.certificate).toString('base64');
        await client.updateStatus({ ...csr, status: { ...csr.status, certificate } });
      }
      return {};
    },
  };

  async function attempt(
    csr: CertificateSigningRequest,
    authority: Identity,
  ): Promise<{ certificate: string } | { problem: { reason: string; message: string } }> {
    const { isUsage, readCertificates, signRequest } = await import('@typernetes/pki');
    const { spec } = csr;
    let read: Awaited<ReturnType<typeof readRequest>>;
    try {
      read = await readRequest(csr);
    } catch (error) {
      return { problem: { reason: 'SignerValidationFailure', message: messageOf(error) } };
    }
    const message = signingProblem(spec, read.names);
    if (message) return { problem: { reason: 'SignerValidationFailure', message } };
    const now = clock.now();
    const [ca] = readCertificates(authority.certificate);
    const life = lifetimeMs(spec.expirationSeconds, maxLifetimeMs);
    const wanted = now + life - (life < shortLifeMs ? 0 : backdateMs);
    const notAfter = Math.min(wanted, ca?.validToDate.getTime() ?? wanted);
    const usages: Usage[] = (spec.usages ?? []).filter(isUsage);
    return {
      certificate: await signRequest(authority, read.request, { notBefore: now - backdateMs, notAfter, usages }),
    };
  }
}
