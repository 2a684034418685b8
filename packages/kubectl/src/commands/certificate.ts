import { type CertificateSigningRequest, certificatesigningrequests } from '@typernetes/api/certificates/v1';
import { timestamp } from '@typernetes/base';
import { apiVersionOf, isConflict } from '@typernetes/machinery';
import type { Command } from '../command.ts';
import { defineCommand } from '../command.ts';
import { MissingNameError } from '../manifests/missing-name.ts';
import { filenameFlags, readManifests, refOf } from '../manifests/read.ts';
import type { AnyResource } from '../resources/any-resource.ts';
import { parseTypeAndName } from '../resources/arguments.ts';
import type { Session } from '../session.ts';
import { Failures } from './failures.ts';
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
    formatFirst: true,
    flags: {
      ...filenameFlags,
      ...resultFlags,
      force: { type: 'boolean', help: 'Update the CSR even if it is already approved.', default: false },
    } as const,
    async run({ flags, positional }, session) {
      const failures = new Failures();
      const requests = flags.filename
        ? await filesOf(flags, { names: positional, session, failures })
        : await namesOf(positional, { session, failures });
      for (const name of requests) {
        try {
          const object = await decide(name, { decision, force: flags.force, session });
          printResult(session, { type: requestType, object }, { verb: type.toLowerCase(), flags });
        } catch (error) {
          failures.add(error);
        }
      }
      return failures.report(session);
    },
  });
}

const requestType = certificatesigningrequests as unknown as AnyResource;
const onlyRequests = (type: AnyResource): Error =>
  new Error(`can only handle CertificateSigningRequest.certificates.k8s.io objects, got ${type.kind}`);

interface Naming {
  readonly session: Session;
  readonly failures: Failures;
}

/** The names of requests in files; whatever else is there has to exist, and is a failure all the same. */
async function filesOf(
  { filename = [], recursive }: { filename?: readonly string[] | undefined; recursive: boolean },
  { names, session, failures }: Naming & { names: readonly string[] },
): Promise<string[]> {
  if (names.length > 0) throw new Error('resource/name arguments cannot be provided when a path is specified');
  const found: string[] = [];
  for (const { type, name, written } of await readManifests({ filenames: filename, recursive }, session)) {
    const { namespace } = written.metadata;
    if (type.kind === requestType.kind && type.group === requestType.group) found.push(name);
    else if (type.namespaced && !namespace) {
      const version = type.group === '' ? '/v1' : apiVersionOf(type);
      failures.add(
        new Error(`no namespace set on resource ${version}, Resource=${type.plural} ${JSON.stringify(name)}`),
      );
    } else failures.add(await refusal({ type, name, namespace }, session));
  }
  return found;
}

/** The names of requests among `NAME` and `TYPE/NAME`. */
async function namesOf(names: readonly string[], { session, failures }: Naming): Promise<string[]> {
  if (names.length === 0) throw new Error('one or more CSRs must be specified as <name> or -f <filename>');
  const found: string[] = [];
  for (const given of names) {
    const { type, names: [name = ''] = [] } = given.includes('/')
      ? await parseTypeAndName(given, session.resources)
      : { type: requestType, names: [given] };
    if (name === '') failures.add(new MissingNameError());
    else if (type.kind === requestType.kind && type.group === requestType.group) found.push(name);
    else if (type.namespaced) throw new Error('namespace may not be empty when retrieving a resource by name');
    else failures.add(await refusal({ type, name, namespace: undefined }, session));
  }
  return found;
}

async function refusal(
  { type, name, namespace }: { type: AnyResource; name: string; namespace: string | undefined },
  { client }: Session,
): Promise<unknown> {
  try {
    await client.resource(type).get(refOf({ name, namespace }));
    return onlyRequests(type);
  } catch (error) {
    return error;
  }
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
