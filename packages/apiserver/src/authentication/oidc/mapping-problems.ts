import type { JWTAuthenticator } from '@typernetes/api/apiserver.config/v1';
import { boolType, type CelType, compile, type Environment, ResultTypeError, selectsField } from '@typernetes/cel';
import {
  duplicateValue,
  type FieldProblem,
  invalidValue,
  requiredValue,
  subdomainProblems,
} from '@typernetes/machinery';
import { compileProblem } from '../../expressions/compile-problem.ts';
import { claimsEnvironment, userEnvironment } from './claims.ts';

type Problems = Generator<FieldProblem>;
type Mappings = JWTAuthenticator['claimMappings'];

const both = "claim and expression can't both be set";

/** The problems with the rules and mappings of one entry of `jwt`, after upstream's `apis/apiserver/validation`. */
export function* mappingProblems(config: Partial<JWTAuthenticator>, at: string): Problems {
  const { claimValidationRules: rules = [], userValidationRules: judges = [] } = config;
  const mappings: Partial<Mappings> = config.claimMappings ?? {};
  yield* claimRuleProblems(rules, `${at}.claimValidationRules`);
  yield* nameProblems(mappings.username, `${at}.claimMappings.username`, true);
  yield* nameProblems(mappings.groups, `${at}.claimMappings.groups`, false);
  const { uid } = mappings;
  if (uid?.claim && uid.expression) yield invalidValue(`${at}.claimMappings.uid`, '', both);
  else if (uid?.expression)
    yield* expressionProblems(uid.expression, `${at}.claimMappings.uid.expression`, claimsEnvironment);
  yield* extraProblems(mappings.extra ?? [], `${at}.claimMappings.extra`);
  yield* emailProblems(mappings, rules, `${at}.claimMappings.username.expression`);
  yield* userRuleProblems(judges, `${at}.userValidationRules`);
}

function* expressionProblems(
  expression: string,
  at: string,
  environment: Environment,
  resultTypes?: readonly CelType[],
): Problems {
  try {
    compile(expression, environment, resultTypes ? { resultTypes } : {});
  } catch (error) {
    yield invalidValue(at, expression, error instanceof ResultTypeError ? error.wanted : compileProblem(error));
  }
}

function* claimRuleProblems(rules: NonNullable<JWTAuthenticator['claimValidationRules']>, at: string): Problems {
  const [claims, expressions] = [new Set<string>(), new Set<string>()];
  for (const [i, { claim = '', requiredValue: value = '', expression = '', message = '' }] of rules.entries()) {
    const path = `${at}[${i}]`;
    if (claim !== '' && expression !== '') yield invalidValue(path, claim, both);
    else if (claim === '' && expression === '') yield requiredValue(path, 'claim or expression is required');
    else if (claim !== '') {
      if (message !== '') yield invalidValue(`${path}.message`, message, 'may not be specified when claim is set');
      if (claims.has(claim)) yield duplicateValue(`${path}.claim`, claim);
      claims.add(claim);
    } else {
      if (value !== '')
        yield invalidValue(`${path}.requiredValue`, value, 'may not be specified when expression is set');
      if (expressions.has(expression)) yield duplicateValue(`${path}.expression`, expression);
      else yield* expressionProblems(expression, `${path}.expression`, claimsEnvironment, [boolType]);
      expressions.add(expression);
    }
  }
}

function* nameProblems(mapping: Partial<Mappings['username']> | undefined, at: string, isRequired: boolean): Problems {
  const { claim = '', prefix, expression = '' } = mapping ?? {};
  if (claim !== '' && expression !== '') yield invalidValue(at, '', both);
  else if (expression !== '') {
    if (prefix !== undefined) yield invalidValue(`${at}.prefix`, prefix, 'may not be specified when expression is set');
    yield* expressionProblems(expression, `${at}.expression`, claimsEnvironment);
  } else if (claim !== '') {
    if (prefix === undefined)
      yield requiredValue(
        `${at}.prefix`,
        'prefix is required when claim is set. It can be set to an empty string to disable prefixing',
      );
  } else if (isRequired) yield requiredValue(at, 'claim or expression is required');
}

function* extraProblems(extra: NonNullable<Mappings['extra']>, at: string): Problems {
  const keys = new Set<string>();
  for (const [i, { key = '', valueExpression = '' }] of extra.entries()) {
    const path = `${at}[${i}]`;
    yield* keyProblems(key, `${path}.key`);
    if (keys.has(key)) {
      yield duplicateValue(`${path}.key`, key);
      continue;
    }
    keys.add(key);
    if (valueExpression === '') yield requiredValue(`${path}.valueExpression`);
    else yield* expressionProblems(valueExpression, `${path}.valueExpression`, claimsEnvironment);
  }
}

const pathCharacters = "[A-Za-z0-9/\\-._~%!$&'()*+,;=:]+";

/** Keys belong to a domain, but not to Kubernetes' own. */
function* keyProblems(key: string, at: string): Problems {
  const slash = key.indexOf('/');
  const [domain, path] = slash < 0 ? ['', ''] : [key.slice(0, slash), key.slice(slash + 1)];
  if (key === '') yield requiredValue(at);
  else if (domain === '' || path === '')
    yield invalidValue(at, key, 'must be a domain-prefixed path (such as "acme.io/foo")');
  else {
    for (const problem of subdomainProblems(domain)) yield invalidValue(at, domain, problem);
    if (!new RegExp(`^${pathCharacters}$`).test(path))
      yield invalidValue(at, path, `Invalid path (regex used for validation is '${pathCharacters}')`);
  }
  if (key !== key.toLowerCase()) yield invalidValue(at, key, 'must be lowercase');
  if (/(^|\.)(kubernetes|k8s)\.io$/.test(domain))
    yield invalidValue(at, key, 'k8s.io, kubernetes.io and their subdomains are reserved for Kubernetes use');
}

/** A user named by an email address must have a verified one. */
function* emailProblems(
  { username, extra = [] }: Partial<Mappings>,
  rules: NonNullable<JWTAuthenticator['claimValidationRules']>,
  at: string,
): Problems {
  const name = username?.expression ?? '';
  const others = [...extra.map(({ valueExpression }) => valueExpression), ...rules.map(({ expression }) => expression)];
  if (!selects(name, 'email') || [name, ...others].some((one) => selects(one, 'email_verified'))) return;
  yield invalidValue(
    at,
    name,
    'claims.email_verified must be used in claimMappings.username.expression or claimMappings.extra[*].valueExpression or claimValidationRules[*].expression when claims.email is used in claimMappings.username.expression',
  );
}

/** Whether an expression reads the claim; false if it is invalid. */
function selects(expression: string | undefined, field: string): boolean {
  if (!expression) return false;
  try {
    return selectsField(expression, claimsEnvironment, { variable: 'claims', field });
  } catch (error) {
    if (error instanceof Error && error.name === 'CelCompileError') return false;
    throw error;
  }
}

function* userRuleProblems(rules: NonNullable<JWTAuthenticator['userValidationRules']>, at: string): Problems {
  const seen = new Set<string>();
  for (const [i, { expression = '' }] of rules.entries()) {
    const path = `${at}[${i}].expression`;
    if (expression === '') yield requiredValue(path);
    else if (seen.has(expression)) yield duplicateValue(path, expression);
    else yield* expressionProblems(expression, path, userEnvironment, [boolType]);
    seen.add(expression);
  }
}
