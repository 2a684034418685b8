import type { CertificateSigningRequest } from '@typernetes/api/certificates/v1';
import { humanDuration } from '@typernetes/machinery';
import { labelsText } from '../printing/table.ts';
import { type RequestContent, requestContent } from './certificate-request.ts';
import type { Describer } from './describer.ts';
import type { Description } from './description.ts';
import { longTime } from './times.ts';

export const describeCertificateSigningRequest: Describer<CertificateSigningRequest> = async (object, text) => {
  const { metadata, spec } = object;
  const content = requestContent(spec.request);
  text.line(0, 'Name:', metadata.name);
  text.line(0, 'Labels:', labelsText(metadata.labels));
  text.line(0, 'Annotations:', labelsText(metadata.annotations));
  text.line(0, 'CreationTimestamp:', longTime(metadata.creationTimestamp));
  text.line(0, 'Requesting User:', spec.username ?? '');
  if (spec.signerName) text.line(0, 'Signer:', spec.signerName);
  if (spec.expirationSeconds !== undefined)
    text.line(0, 'Requested Duration:', humanDuration(spec.expirationSeconds * 1000));
  text.line(0, 'Status:', statusText(object));
  text.line(0, 'Subject:');
  text.line(0, '', 'Common Name:', content.subject.commonName?.[0] ?? '');
  text.line(0, '', 'Serial Number:', content.subject.serialNumber?.[0] ?? '');
  for (const [title, field] of subjectTitles) values(text, title, content.subject[field] ?? []);
  const { dns, emails, uris, addresses } = content.names;
  if (dns.length + emails.length + uris.length + addresses.length === 0) return;
  text.line(0, 'Subject Alternative Names:');
  values(text, 'DNS Names', dns);
  values(text, 'Email Addresses', emails);
  values(text, 'URIs', uris);
  values(text, 'IP Addresses', addresses);
};

const subjectTitles: readonly (readonly [string, keyof RequestContent['subject']])[] = [
  ['Organization', 'organization'],
  ['Organizational Unit', 'organizationalUnit'],
  ['Country', 'country'],
  ['Locality', 'locality'],
  ['Province', 'province'],
  ['StreetAddress', 'streetAddress'],
  ['PostalCode', 'postalCode'],
];

function values(text: Description, title: string, list: readonly string[]): void {
  for (const [i, value] of list.entries()) text.line(0, '', i === 0 ? `${title}:` : '', value);
}

/** `Pending`, `Approved,Issued`, `Denied`, `Approved,Failed`. */
function statusText({ status }: CertificateSigningRequest): string {
  const has = (type: string): boolean => status?.conditions?.some((condition) => condition.type === type) ?? false;
  const decision = has('Denied') ? 'Denied' : has('Approved') ? 'Approved' : 'Pending';
  return `${decision}${has('Failed') ? ',Failed' : ''}${status?.certificate ? ',Issued' : ''}`;
}
