import type { JWTAuthenticator } from '@typernetes/api/apiserver.config/v1';
import {
  boolType,
  compile,
  costLimits,
  dynType,
  extendEnvironment,
  kubernetesEnvironment,
  listOf,
  mapOf,
  type Program,
  recordType,
  stringType,
  toJson,
} from '@typernetes/cel';
import type { JwtClaims } from '@typernetes/pki';
import type { UserInfo } from '../../identity/user-info.ts';

/** The variables of expressions about claims. */
export const claimsEnvironment = extendEnvironment(kubernetesEnvironment, { variables: { claims: dynType } });
/** The variables of expressions about the resulting user. */
const userType = recordType('kubernetes.UserInfo', {
  username: stringType,
  uid: stringType,
  groups: listOf(stringType),
  extra: mapOf(listOf(stringType)),
});

export const userEnvironment = extendEnvironment(kubernetesEnvironment, { variables: { user: userType } });

type Read<T> = (claims: JwtClaims) => T;

/** Maps the claims of a token to a user; throws when they do not meet the configuration. */
type ClaimsReader = Read<UserInfo>;

/** Compiles the mappings and rules of one issuer. Throws for an invalid expression. */
export function claimsReader(
  config: Pick<JWTAuthenticator, 'claimMappings' | 'claimValidationRules' | 'userValidationRules'>,
): ClaimsReader {
  const { username, groups, uid, extra = [] } = config.claimMappings;
  const rules = (config.claimValidationRules ?? []).map(claimRule);
  const readName = usernameReader(username);
  const readGroups = groupsReader(groups);
  const readUid = uid?.expression ? evaluated(uid.expression) : uid?.claim ? claimed(uid.claim) : () => undefined;
  const extras = extra.map(({ key, valueExpression }) => ({ key, read: evaluated(valueExpression) }));
  const judges = (config.userValidationRules ?? []).map(userRule);
  return (claims) => {
    for (const rule of rules) rule(claims);
    const more: Record<string, string[]> = {};
    for (const { key, read } of extras) {
      const values = stringsOf(read(claims), `extra ${JSON.stringify(key)}`).filter((value) => value !== '');
      if (values.length > 0) more[key] = values;
    }
    if (typeof claims.jti === 'string' && claims.jti !== '')
      more['authentication.kubernetes.io/credential-id'] = [`JTI=${claims.jti}`];
    const id = readUid(claims);
    if (id !== undefined && typeof id !== 'string') throw new Error('oidc: the uid must be a string');
    const user: UserInfo = {
      username: readName(claims),
      groups: readGroups(claims),
      ...(id ? { uid: id } : {}),
      ...(Object.keys(more).length > 0 ? { extra: more } : {}),
    };
    for (const judge of judges) judge(user);
    return user;
  };
}

type Mapping = JWTAuthenticator['claimMappings']['username'];

function usernameReader({ claim = '', prefix = '', expression }: Mapping): Read<string> {
  if (expression) {
    const read = evaluated(expression);
    return (claims) => {
      const name = read(claims);
      if (typeof name !== 'string' || name === '')
        throw new Error('oidc: the username must be a string that is not empty');
      return name;
    };
  }
  return (claims) => {
    const name = claims[claim];
    if (name === undefined) throw new Error(`oidc: parse username claims ${JSON.stringify(claim)}: claim not present`);
    if (typeof name !== 'string' || name === '')
      throw new Error(`oidc: parse username claims ${JSON.stringify(claim)}: it must be a string that is not empty`);
    if (claim === 'email' && claims.email_verified !== undefined && claims.email_verified !== true)
      throw new Error('oidc: email not verified');
    return prefix + name;
  };
}

function groupsReader({ claim = '', prefix = '', expression }: Partial<Mapping> = {}): Read<string[]> {
  if (expression) {
    const read = evaluated(expression);
    return (claims) => stringsOf(read(claims), 'groups').filter((group) => group !== '');
  }
  if (claim === '') return () => [];
  return (claims) => {
    if (claims[claim] === undefined) return [];
    return stringsOf(claims[claim], `groups claim ${JSON.stringify(claim)}`).map((group) => prefix + group);
  };
}

const claimed =
  (claim: string): Read<unknown> =>
  (claims) => {
    if (claims[claim] === undefined) throw new Error(`oidc: claim ${JSON.stringify(claim)} not present`);
    return claims[claim];
  };

/** A string, or several: what claims and expressions give for groups and the like. */
function stringsOf(value: unknown, what: string): string[] {
  if (value === null || value === undefined) return [];
  if (typeof value === 'string') return [value];
  if (Array.isArray(value) && value.every((one) => typeof one === 'string')) return value;
  throw new Error(`oidc: ${what} must be a string or a list of strings`);
}

function evaluated(expression: string): Read<unknown> {
  const program = compile(expression, claimsEnvironment);
  return (claims) => toJson(program.evaluate({ claims }, { costLimit: costLimits.perCall }).value);
}

type ClaimRule = NonNullable<JWTAuthenticator['claimValidationRules']>[number];

function claimRule({ claim, requiredValue = '', expression, message }: ClaimRule): (claims: JwtClaims) => void {
  if (expression) {
    const program = compile(expression, claimsEnvironment, { resultTypes: [boolType] });
    return (claims) => holds(program, { claims }, 'claims', message);
  }
  return (claims) => {
    const value = claims[claim ?? ''];
    if (value === undefined) throw new Error(`oidc: required claim ${claim} not present in ID token`);
    if (value !== requiredValue)
      throw new Error(
        `oidc: required claim ${claim} value does not match. Got = ${String(value)}, want = ${requiredValue}`,
      );
  };
}

type UserRule = NonNullable<JWTAuthenticator['userValidationRules']>[number];

function userRule({ expression, message }: UserRule): (user: UserInfo) => void {
  const program = compile(expression, userEnvironment, { resultTypes: [boolType] });
  return (user) => {
    const shown = { username: user.username, uid: user.uid ?? '', groups: user.groups, extra: user.extra ?? {} };
    holds(program, { user: shown }, 'user info', message);
  };
}

function holds(program: Program, variables: Record<string, unknown>, what: string, message = ''): void {
  if (program.evaluate(variables, { costLimit: costLimits.perCall }).value === true) return;
  const why = message === '' ? `validation expression '${program.source}' failed` : message;
  throw new Error(`oidc: error evaluating ${what} validation expression: ${why}`);
}
