import type { AuthenticationConfiguration } from '@typernetes/api/apiserver.config/v1';
import { duplicateValue, type FieldProblem, invalidValue, problemText, tooMany } from '@typernetes/machinery';
import { type ConfigKind, decodeConfigs, type Shape } from '@typernetes/process';
import { issuerProblems } from './oidc/issuer-problems.ts';
import { mappingProblems } from './oidc/mapping-problems.ts';

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

const mostIssuers = 64;

/**
 * Decodes `--authentication-config`; the issuers of service account tokens are `disallowed`. Throws an error that lists
 * all problems in the words of upstream's `apis/apiserver/validation`.
 */
export function decodeAuthenticationConfiguration(text: string, disallowed: readonly string[] = []): Configuration {
  const [document] = decodeConfigs(text, kinds);
  const { jwt: issuers = [], anonymous } = (document ?? {}) as unknown as Partial<Configuration>;
  const problems = [...configurationProblems({ issuers, anonymous }, disallowed)].map(problemText);
  if (problems.length > 0) throw new Error(problems.length === 1 ? problems[0] : `[${problems.join(', ')}]`);
  return { jwt: issuers, ...(anonymous ? { anonymous } : {}) };
}

function* configurationProblems(
  { issuers, anonymous }: { issuers: Configuration['jwt']; anonymous: Configuration['anonymous'] | undefined },
  disallowed: readonly string[],
): Generator<FieldProblem> {
  if (issuers.length > mostIssuers) {
    yield tooMany('jwt', issuers.length, mostIssuers);
    return;
  }
  const seen = { url: new Set<string>(), discoveryURL: new Set<string>() };
  for (const [i, one] of issuers.entries()) {
    const issuer: Partial<typeof one.issuer> = one.issuer ?? {};
    yield* issuerProblems(issuer, `jwt[${i}].issuer`, disallowed);
    yield* mappingProblems(one, `jwt[${i}]`);
    for (const field of ['url', 'discoveryURL'] as const) {
      const url = issuer[field] ?? '';
      if (url !== '' && seen[field].has(url)) yield duplicateValue(`jwt[${i}].issuer.${field}`, url);
      seen[field].add(url);
    }
  }
  const conditions = anonymous?.conditions ?? [];
  if (anonymous && !anonymous.enabled && conditions.length > 0)
    yield invalidValue(
      'anonymous.conditions',
      conditions.map(({ path }) => ({ Path: path })),
      'enabled should be set to true when conditions are defined',
    );
}
