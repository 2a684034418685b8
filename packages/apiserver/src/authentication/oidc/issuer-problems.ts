import { X509Certificate } from 'node:crypto';
import type { JWTAuthenticator } from '@typernetes/api/apiserver.config/v1';
import { messageOf } from '@typernetes/base';
import { duplicateValue, type FieldProblem, invalidValue, requiredValue } from '@typernetes/machinery';

type Issuer = JWTAuthenticator['issuer'];

/** The problems with the issuer of one entry of `jwt`, after upstream's `apis/apiserver/validation`. */
export function* issuerProblems(
  issuer: Partial<Issuer>,
  at: string,
  disallowed: readonly string[],
): Generator<FieldProblem> {
  const { url = '', discoveryURL = '', certificateAuthority = '', egressSelectorType = '' } = issuer;
  if (url === '') yield requiredValue(`${at}.url`);
  else yield* urlProblems(url, `${at}.url`, disallowed);
  if (discoveryURL !== '') {
    if (url !== '' && bare(url) === bare(discoveryURL))
      yield invalidValue(`${at}.discoveryURL`, discoveryURL, 'discoveryURL must be different from URL');
    yield* urlProblems(discoveryURL, `${at}.discoveryURL`, []);
  }
  yield* audienceProblems(issuer, at);
  if (certificateAuthority !== '') {
    const problem = authorityProblem(certificateAuthority);
    if (problem !== undefined) yield invalidValue(`${at}.certificateAuthority`, '<omitted>', problem);
  }
  if (egressSelectorType !== '' && !['controlplane', 'cluster'].includes(egressSelectorType))
    yield invalidValue(
      `${at}.egressSelectorType`,
      egressSelectorType,
      'egress selector must be either controlplane or cluster',
    );
}

const bare = (url: string): string => url.replace(/\/+$/, '');

function* urlProblems(url: string, at: string, disallowed: readonly string[]): Generator<FieldProblem> {
  if (disallowed.includes(url))
    yield invalidValue(
      at,
      url,
      `URL must not overlap with disallowed issuers: [${[...new Set(disallowed)].sort().join(' ')}]`,
    );
  const [, scheme = '', authority = '', query = '', fragment = ''] =
    /^(?:([a-z][a-z0-9+.-]*):)?(?:\/\/([^/?#]*))?[^?#]*(?:\?([^#]*))?(?:#(.*))?$/is.exec(url) ?? [];
  if (scheme.toLowerCase() !== 'https') yield invalidValue(at, url, 'URL scheme must be https');
  if (authority.includes('@')) yield invalidValue(at, url, 'URL must not contain a username or password');
  if (query !== '') yield invalidValue(at, url, 'URL must not contain a query');
  if (fragment !== '') yield invalidValue(at, url, 'URL must not contain a fragment');
}

function* audienceProblems(
  { audiences = [], audienceMatchPolicy: policy }: Partial<Issuer>,
  at: string,
): Generator<FieldProblem> {
  if (audiences.length === 0) {
    yield requiredValue(`${at}.audiences`, `at least one ${at}.audiences is required`);
    return;
  }
  const seen = new Set<string>();
  for (const [i, audience] of audiences.entries()) {
    if (audience === '') yield requiredValue(`${at}.audiences[${i}]`);
    if (seen.has(audience)) yield duplicateValue(`${at}.audiences[${i}]`, audience);
    seen.add(audience);
  }
  if (policy === 'MatchAny') return;
  if (audiences.length > 1)
    yield invalidValue(
      `${at}.audienceMatchPolicy`,
      policy ?? '',
      'audienceMatchPolicy must be MatchAny for multiple audiences',
    );
  else if (policy)
    yield invalidValue(
      `${at}.audienceMatchPolicy`,
      policy,
      'audienceMatchPolicy must be empty or MatchAny for single audience',
    );
}

function authorityProblem(pem: string): string | undefined {
  const blocks = pem.match(/-----BEGIN CERTIFICATE-----[^-]*-----END CERTIFICATE-----/g) ?? [];
  if (blocks.length === 0) return 'data does not contain any valid RSA or ECDSA certificates';
  try {
    for (const block of blocks) new X509Certificate(block);
    return undefined;
  } catch (error) {
    return messageOf(error);
  }
}
