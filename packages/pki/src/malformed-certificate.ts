import { DerReader, derTag } from './der-reader.ts';

/**
 * Why these bytes are no certificate, in the words of Go's `x509.ParseCertificate` (1.17 and later): it names the first part that it cannot read. The
 * parts are read in Go's order; what is wrong inside of names, keys and extensions is not told apart.
 */
export function malformedCertificate(der: Buffer): string {
  const whole = new DerReader(der);
  const certificate = whole.read(derTag.sequence);
  if (!certificate) return 'x509: malformed certificate';
  const problem = partProblem(new DerReader(certificate));
  if (problem !== undefined) return `x509: ${problem}`;
  return whole.atEnd ? 'x509: malformed certificate' : 'x509: trailing data';
}

function partProblem(certificate: DerReader): string | undefined {
  const signed = certificate.read(derTag.sequence);
  if (!signed) return 'malformed tbs certificate';
  const tbs = new DerReader(signed);
  const version = versionProblem(tbs);
  if (version !== undefined) return version;
  const serial = tbs.read(derTag.integer);
  if (!serial || !isInteger(serial)) return 'malformed serial number';
  if (isNegative(serial)) return 'negative serial number';
  const algorithm = tbs.read(derTag.sequence);
  if (!algorithm) return 'malformed signature algorithm identifier';
  const outer = certificate.read(derTag.sequence);
  if (!outer) return 'malformed algorithm identifier';
  if (!outer.equals(algorithm)) return "inner and outer signature algorithm identifiers don't match";
  if (!new DerReader(algorithm).read(derTag.objectIdentifier)) return 'malformed OID';
  if (!tbs.read(derTag.sequence)) return 'malformed issuer';
  const validity = tbs.read(derTag.sequence);
  if (!validity) return 'malformed validity';
  const times = validityProblem(new DerReader(validity));
  if (times !== undefined) return times;
  // Go says "issuer" of the subject, too.
  if (!tbs.read(derTag.sequence)) return 'malformed issuer';
  if (!tbs.read(derTag.sequence)) return 'malformed spki';
  return certificate.read(derTag.bitString) ? undefined : 'malformed signature';
}

/** The version stands in a wrapper of its own; without one it is the first. */
function versionProblem(tbs: DerReader): string | undefined {
  if (tbs.tag !== derTag.firstContext) return undefined;
  const wrapped = tbs.read(derTag.firstContext);
  const reader = wrapped && new DerReader(wrapped);
  const version = reader?.read(derTag.integer);
  if (!version || !reader?.atEnd || !isInteger(version) || isNegative(version)) return 'malformed version';
  return version.length > 1 || (version[0] ?? 0) > 2 ? 'invalid version' : undefined;
}

function validityProblem(validity: DerReader): string | undefined {
  for (let i = 0; i < 2; i++) {
    if (validity.tag === derTag.utcTime) {
      const text = validity.read(derTag.utcTime)?.toString('latin1') ?? '';
      if (!/^\d{10}(\d\d)?(Z|[+-]\d{4})$/.test(text)) return 'malformed UTCTime';
    } else if (validity.tag === derTag.generalizedTime) {
      const text = validity.read(derTag.generalizedTime)?.toString('latin1') ?? '';
      if (!/^\d{14}(Z|[+-]\d{4})$/.test(text)) return 'malformed GeneralizedTime';
    } else return 'unsupported time format';
  }
  return undefined;
}

/** DER writes an integer in as few bytes as it needs. */
const isInteger = ({ length, 0: first = 0, 1: second = 0 }: Buffer): boolean =>
  length === 1 || (length > 1 && !(first === 0 && second < 0x80) && !(first === 0xff && second >= 0x80));

const isNegative = ([first = 0]: Buffer): boolean => first >= 0x80;
