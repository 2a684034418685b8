import type { AuthenticationConfiguration } from '@typernetes/api/apiserver.config/v1';
import { messageOf } from '@typernetes/base';
import { type ConfigKind, decodeConfigs, type Shape } from '@typernetes/process';
import { claimsReader } from './oidc/claims.ts';

const mapping: Shape = { fields: { claim: 'string', prefix: 'string', expression: 'string' } };
const rules: Shape = {
  list: { fields: { claim: 'string', requiredValue: 'string', expression: 'string', message: 'string' } },
};
const jwt: Shape = {
  fields: {
    issuer: {
      fields: {
        url: 'string',
        discoveryURL: 'string',
        certificateAuthority: 'string',
        audiences: { list: 'string' },
        audienceMatchPolicy: 'string',
        egressSelectorType: 'string',
      },
    },
    claimValidationRules: rules,
    claimMappings: {
      fields: {
        username: mapping,
        groups: mapping,
        uid: { fields: { claim: 'string', expression: 'string' } },
        extra: { list: { fields: { key: 'string', valueExpression: 'string' } } },
      },
    },
    userValidationRules: { list: { fields: { expression: 'string', message: 'string' } } },
  },
};

const kinds: readonly ConfigKind[] = ['v1', 'v1beta1', 'v1alpha1'].map((version) => ({
  apiVersion: `apiserver.config.k8s.io/${version}`,
  kind: 'AuthenticationConfiguration',
  fields: {
    jwt: { list: jwt },
    anonymous: { fields: { enabled: 'boolean', conditions: { list: { fields: { path: 'string' } } } } },
  },
}));

type Configuration = Pick<AuthenticationConfiguration, 'jwt' | 'anonymous'>;

/** What `--authentication-config` says. Throws an error that says everything that is wrong. */
export function decodeAuthenticationConfiguration(text: string): Configuration {
  const [document] = decodeConfigs(text, kinds);
  const { jwt: issuers = [], anonymous } = (document ?? {}) as unknown as Partial<Configuration>;
  const problems: string[] = [];
  const urls = new Set<string>();
  issuers.forEach((one, i) => {
    const at = `jwt[${i}]`;
    problems.push(...issuerProblems(one, at));
    if (urls.has(one.issuer?.url))
      problems.push(`${at}.issuer.url: Duplicate value: ${JSON.stringify(one.issuer.url)}`);
    urls.add(one.issuer?.url);
  });
  if (anonymous && !anonymous.enabled && anonymous.conditions?.length)
    problems.push('anonymous.conditions: Invalid value: enabled should be set to true when conditions are defined');
  if (problems.length > 0) throw new Error(problems.length === 1 ? problems[0] : `[${problems.join(', ')}]`);
  return { jwt: issuers, ...(anonymous ? { anonymous } : {}) };
}

function issuerProblems(one: Configuration['jwt'][number], at: string): string[] {
  const problems: string[] = [];
  const { url = '', discoveryURL = '', audiences = [], audienceMatchPolicy = '' } = one.issuer ?? {};
  if (url === '') problems.push(`${at}.issuer.url: Required value: URL is required`);
  else if (!url.startsWith('https://'))
    problems.push(`${at}.issuer.url: Invalid value: ${JSON.stringify(url)}: URL scheme must be https`);
  if (discoveryURL !== '' && !discoveryURL.startsWith('https://'))
    problems.push(
      `${at}.issuer.discoveryURL: Invalid value: ${JSON.stringify(discoveryURL)}: URL scheme must be https`,
    );
  if (discoveryURL !== '' && discoveryURL.replace(/\/+$/, '') === url.replace(/\/+$/, ''))
    problems.push(
      `${at}.issuer.discoveryURL: Invalid value: ${JSON.stringify(discoveryURL)}: discoveryURL must be different from URL`,
    );
  if (audiences.length === 0)
    problems.push(
      `${at}.issuer.audiences: Required value: at least one jwt[${at.slice(4, -1)}].issuer.audiences is required`,
    );
  if (audiences.length > 1 && audienceMatchPolicy !== 'MatchAny')
    problems.push(
      `${at}.issuer.audienceMatchPolicy: Invalid value: ${JSON.stringify(audienceMatchPolicy)}: audienceMatchPolicy must be MatchAny for multiple audiences`,
    );
  const { username } = one.claimMappings ?? {};
  if (!username?.claim && !username?.expression) {
    problems.push(`${at}.claimMappings.username: Required value: claim or expression is required`);
    return problems;
  }
  if (username.claim && username.expression)
    problems.push(`${at}.claimMappings.username: Invalid value: "": claim and expression can't both be set`);
  if (username.claim && username.prefix === undefined)
    problems.push(
      `${at}.claimMappings.username.prefix: Required value: prefix is required when claim is set. It can be set to an empty string to disable prefixing`,
    );
  try {
    claimsReader(one);
  } catch (error) {
    problems.push(`${at}: Invalid value: ${messageOf(error)}`);
  }
  return problems;
}
