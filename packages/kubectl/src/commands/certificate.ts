import { type CertificateSigningRequest, certificatesigningrequests } from '@typernetes/api/certificates/v1';
import { timestamp } from '@typernetes/base';
import { isConflict } from '@typernetes/machinery';
import type { Command } from '../command.ts';
import { defineCommand } from '../command.ts';
import { filenameFlags, readManifests } from '../manifests/read.ts';
import type { AnyResource } from '../resources/finder.ts';
import type { Session } from '../session.ts';
import { printResult, resultFlags } from './result.ts';

interface Decision {
  readonly word: 'approve' | 'deny';
  readonly type: 'Approved' | 'Denied';
  readonly reason: string;
  readonly message: string;
}

function certificateCommand(decision: Decision): Command {
  const { word, type } = decision;
  return defineCommand({
    use: `certificate ${word} (-f FILENAME | NAME)`,
    short: `${word === 'approve' ? 'Approve' : 'Deny'} a certificate signing request`,
    flags: {
      ...filenameFlags,
      ...resultFlags,
      force: { type: 'boolean', help: 'Update the CSR even if it is already approved.', default: false },
    } as const,
    async run({ flags, positional }, session) {
      const files = flags.filename
        ? await readManifests({ filenames: flags.filename, recursive: flags.recursive }, session)
        : [];
      const names = [
        ...positional.map((name) => name.replace(/^(csr|certificatesigningrequests?)\//, '')),
        ...files.map(({ name }) => name),
      ];
      if (names.length === 0) throw new Error('one or more CSRs must be specified as <name> or -f <filename>');
      for (const name of names) {
        const object = await decide(name, { decision, force: flags.force, session });
        const resource = certificatesigningrequests as unknown as AnyResource;
        printResult(session, { type: resource, object }, { verb: type.toLowerCase(), flags });
      }
      return 0;
    },
  });
}

const attempts = 10;

/** Writes the decision, again when somebody wrote in between. */
async function decide(
  name: string,
  { decision, force, session }: { decision: Decision; force: boolean; session: Session },
): Promise<CertificateSigningRequest> {
  const client = session.client.resource(certificatesigningrequests);
  for (let attempt = 1; ; attempt++) {
    const request = await client.get({ name });
    const conditions = request.status?.conditions ?? [];
    const decided = conditions.some(({ type }) => type === decision.type);
    const other = decision.type === 'Approved' ? 'Denied' : 'Approved';
    if (conditions.some(({ type }) => type === other))
      throw new Error(`certificate signing request ${JSON.stringify(name)} is already ${other}`);
    if (decided && !force) return request;
    const now = timestamp(session.clock.now());
    const { type, reason, message } = decision;
    const condition = { type, status: 'True' as const, reason, message, lastUpdateTime: now };
    const kept = conditions.filter((known) => known.type !== type);
    const next = { ...request, status: { ...request.status, conditions: [...kept, condition] } };
    const path = `/apis/certificates.k8s.io/v1/certificatesigningrequests/${encodeURIComponent(name)}/approval`;
    try {
      const written = { ...next, apiVersion: 'certificates.k8s.io/v1', kind: 'CertificateSigningRequest' };
      return await session.client.json<CertificateSigningRequest>('PUT', path, written);
    } catch (error) {
      if (!isConflict(error) || attempt === attempts) throw error;
    }
  }
}

export const certificateApproveCommand = certificateCommand({
  word: 'approve',
  type: 'Approved',
  reason: 'KubectlApprove',
  message: 'This CSR was approved by kubectl certificate approve.',
});

export const certificateDenyCommand = certificateCommand({
  word: 'deny',
  type: 'Denied',
  reason: 'KubectlDeny',
  message: 'This CSR was denied by kubectl certificate deny.',
});
