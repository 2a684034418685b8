import type { CertificateSigningRequest } from '@typernetes/api/certificates/v1';
import { humanDuration } from '@typernetes/machinery';
import { age } from '../cells.ts';
import { ageColumn, nameColumn, text } from '../columns.ts';
import type { Printer } from '../printer.ts';

export const certificateSigningRequestPrinter: Printer<CertificateSigningRequest> = {
  columns: [nameColumn, ageColumn, text('SignerName'), text('Requestor'), text('RequestedDuration'), text('Condition')],
  cells: (request, now) => [
    request.metadata.name,
    age(request.metadata.creationTimestamp, now),
    request.spec.signerName || '<none>',
    request.spec.username ?? '',
    request.spec.expirationSeconds == null ? '<none>' : humanDuration(request.spec.expirationSeconds * 1000),
    conditionWords(request),
  ],
};

function conditionWords({ status }: CertificateSigningRequest): string {
  const types = new Set(status?.conditions?.map(({ type }) => type));
  const words = [types.has('Denied') ? 'Denied' : types.has('Approved') ? 'Approved' : 'Pending'];
  if (types.has('Failed')) words.push('Failed');
  if (status?.certificate) words.push('Issued');
  return words.join(',');
}
