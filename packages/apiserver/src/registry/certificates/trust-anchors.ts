import { X509Certificate } from 'node:crypto';
import { type FieldProblem, invalidValue } from '@typernetes/machinery';
import { pemBlocks } from './pem-blocks.ts';

const at = 'spec.trustBundle';

/** The problems with the certificates of a trust bundle. Upstream: validateTrustBundle. */
export function trustAnchorProblems(bundle: string): FieldProblem[] {
  const seen = new Map<string, number[]>();
  const problems: FieldProblem[] = [];
  const wrong = (detail: string): void => void problems.push(invalidValue(at, '<value omitted>', detail));
  for (const [i, { type, headers, der }] of pemBlocks(bundle).entries()) {
    if (type !== 'CERTIFICATE') wrong(`entry ${i} has bad block type: ${type}`);
    else if (headers) wrong(`entry ${i} has PEM block headers`);
    else {
      const detail = certificateDetail(der);
      if (detail) wrong(`entry ${i} ${detail}`);
      const key = der.toString('base64');
      seen.set(key, [...(seen.get(key) ?? []), i]);
    }
  }
  if (problems.length > 0) return problems;
  if (seen.size === 0) wrong('at least one trust anchor must be provided');
  for (const indices of seen.values()) {
    if (indices.length > 1) wrong(`duplicate trust anchor (indices [${indices.join(' ')}])`);
  }
  return problems;
}

function certificateDetail(der: Buffer): string | undefined {
  try {
    return new X509Certificate(der).ca ? undefined : 'does not have the CA bit set';
  } catch {
    return 'does not parse as X.509';
  }
}
