import type { CredentialProvider } from '@typernetes/api/kubelet.config/v1';
import {
  duplicateValue,
  type FieldProblem,
  forbiddenValue,
  invalidValue,
  qualifiedNameProblems,
  requiredValue,
  unsupportedValue,
} from '@typernetes/machinery';
import { parseDuration } from '@typernetes/process';
import { patternProblem } from './match-image.ts';

const [current = '', ...older] = ['v1', 'v1alpha1', 'v1beta1'].map((v) => `credentialprovider.kubelet.k8s.io/${v}`);
const cacheTypes = ['ServiceAccount', 'Token'];

/** The problems with a file's providers, in upstream's words (upstream: validateCredentialProviderConfig). */
export function providerProblems(providers: readonly CredentialProvider[]): readonly FieldProblem[] {
  if (providers.length === 0) return [requiredValue('providers', 'at least 1 item in plugins is required')];
  return providers.flatMap((provider) => [
    ...nameProblems(provider.name ?? ''),
    ...fieldProblems(provider),
    ...tokenProblems(provider),
  ]);
}

function nameProblems(name: string): readonly FieldProblem[] {
  const wrong = (is: boolean, detail: string) => (is ? [invalidValue('providers.name', name, detail)] : []);
  return [
    ...wrong(name.includes('/'), "provider name cannot contain '/'"),
    ...wrong(name.includes(' '), 'provider name cannot contain spaces'),
    ...wrong(name === '.' || name === '..', `provider name cannot be '${name}'`),
  ];
}

function fieldProblems(provider: Partial<CredentialProvider>): readonly FieldProblem[] {
  const { apiVersion = '', matchImages = [], defaultCacheDuration: duration } = provider;
  const problems: FieldProblem[] = [];
  const at = (field: string): string => `providers.${field}`;
  if (apiVersion === '') problems.push(requiredValue(at('apiVersion')));
  else if (apiVersion !== current && !older.includes(apiVersion))
    problems.push(unsupportedValue(at('apiVersion'), apiVersion, [current, ...older]));
  if (matchImages.length === 0)
    problems.push(requiredValue(at('matchImages'), 'at least 1 item in matchImages is required'));
  for (const image of matchImages) {
    const problem = patternProblem(image);
    if (problem) problems.push(invalidValue(at('matchImages'), image, `match image is invalid: ${problem}`));
  }
  const tooShort = 'defaultCacheDuration must be greater than or equal to 0';
  if (duration === undefined) problems.push(requiredValue(at('defaultCacheDuration')));
  else if ((parseDuration(duration) ?? 0) < 0)
    problems.push(invalidValue(at('defaultCacheDuration'), duration, tooShort));
  return problems;
}

function tokenProblems({ apiVersion, tokenAttributes: tokens }: CredentialProvider): readonly FieldProblem[] {
  if (!tokens) return [];
  const {
    serviceAccountTokenAudience: audience,
    requireServiceAccount: needed,
    requiredServiceAccountAnnotationKeys: required = [],
    optionalServiceAccountAnnotationKeys: optional = [],
    cacheType = '',
  } = tokens as Partial<typeof tokens>;
  const at = (field?: string): string => `providers.tokenAttributes${field ? `.${field}` : ''}`;
  const problems: FieldProblem[] = [];
  if (!audience) problems.push(requiredValue(at('serviceAccountTokenAudience')));
  if (needed === undefined) problems.push(requiredValue(at('requireServiceAccount')));
  if (apiVersion !== current)
    problems.push(forbiddenValue(at(), `tokenAttributes is only supported for ${current} API version`));
  const contradiction = 'requireServiceAccount cannot be false when requiredServiceAccountAnnotationKeys is set';
  if (needed === false && required.length > 0)
    problems.push(forbiddenValue(at('requiredServiceAccountAnnotationKeys'), contradiction));
  problems.push(...keyProblems(at('requiredServiceAccountAnnotationKeys'), required));
  problems.push(...keyProblems(at('optionalServiceAccountAnnotationKeys'), optional));
  const both = required.filter((key) => optional.includes(key)).sort();
  if (both.length > 0) problems.push(invalidValue(at(), both, 'annotation keys cannot be both required and optional'));
  const wanted = `cacheType is required to be set when tokenAttributes is specified. Supported values are: ${cacheTypes.join(', ')}`;
  if (cacheType === '') problems.push(requiredValue(at('cacheType'), wanted));
  else if (!cacheTypes.includes(cacheType)) problems.push(unsupportedValue(at('cacheType'), cacheType, cacheTypes));
  return problems;
}

function keyProblems(at: string, keys: readonly string[]): readonly FieldProblem[] {
  return keys.flatMap((key, i) => [
    ...qualifiedNameProblems(key.toLowerCase()).map((problem) => invalidValue(at, key, problem)),
    ...(keys.indexOf(key) < i ? [duplicateValue(at, key)] : []),
  ]);
}
