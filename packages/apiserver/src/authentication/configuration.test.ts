import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decodeAuthenticationConfiguration } from './configuration.ts';

const issuer = { url: 'https://a.example', audiences: ['app'] };
const username = { claim: 'sub', prefix: '' };
const good = { issuer, claimMappings: { username } };

/** All problems in one text; empty if there are none. */
function problemsOf(content: object): string {
  const kind = { apiVersion: 'apiserver.config.k8s.io/v1', kind: 'AuthenticationConfiguration' };
  try {
    decodeAuthenticationConfiguration(JSON.stringify({ ...kind, ...content }), ['https://kubernetes.default.svc']);
    return '';
  } catch (error) {
    return (error as Error).message;
  }
}

const ofIssuer = (changes: object) => problemsOf({ jwt: [{ ...good, issuer: { ...issuer, ...changes } }] });
const ofMappings = (changes: object) => problemsOf({ jwt: [{ ...good, claimMappings: { username, ...changes } }] });
const ofRules = (rules: object[]) => problemsOf({ jwt: [{ ...good, claimValidationRules: rules }] });
const ofUserRules = (rules: object[]) => problemsOf({ jwt: [{ ...good, userValidationRules: rules }] });

test('accepts a valid configuration', () => {
  assert.equal(problemsOf({}), '');
  assert.equal(problemsOf({ jwt: [good], anonymous: { enabled: true, conditions: [{ path: '/livez' }] } }), '');
  assert.equal(ofIssuer({ discoveryURL: 'https://b.example/d', audienceMatchPolicy: 'MatchAny' }), '');
  const verified = { expression: 'claims.email_verified ? claims.email : claims.sub' };
  assert.equal(ofMappings({ username: verified }), '');
});

test('issuers are judged as upstream judges them', () => {
  const [url, at] = ['jwt[0].issuer.url', 'jwt[0].issuer'];
  const cases: [changes: object, problem: string][] = [
    [{ url: '' }, `${url}: Required value`],
    [{ url: 'http://a' }, `${url}: Invalid value: "http://a": URL scheme must be https`],
    [{ url: 'https://u:p@a' }, `${url}: Invalid value: "https://u:p@a": URL must not contain a username or password`],
    [{ url: 'https://a?b' }, `${url}: Invalid value: "https://a?b": URL must not contain a query`],
    [{ url: 'https://a#b' }, `${url}: Invalid value: "https://a#b": URL must not contain a fragment`],
    [
      { url: 'https://kubernetes.default.svc' },
      `${url}: Invalid value: "https://kubernetes.default.svc": URL must not overlap with disallowed issuers: [https://kubernetes.default.svc]`,
    ],
    [
      { discoveryURL: 'https://a.example/' },
      `${at}.discoveryURL: Invalid value: "https://a.example/": discoveryURL must be different from URL`,
    ],
    [{ audiences: [] }, `${at}.audiences: Required value: at least one jwt[0].issuer.audiences is required`],
    [{ audiences: [''] }, `${at}.audiences[0]: Required value`],
    [{ audiences: ['a', 'a'], audienceMatchPolicy: 'MatchAny' }, `${at}.audiences[1]: Duplicate value: "a"`],
    [
      { audiences: ['a', 'b'] },
      `${at}.audienceMatchPolicy: Invalid value: "": audienceMatchPolicy must be MatchAny for multiple audiences`,
    ],
    [
      { audienceMatchPolicy: 'All' },
      `${at}.audienceMatchPolicy: Invalid value: "All": audienceMatchPolicy must be empty or MatchAny for single audience`,
    ],
    [
      { certificateAuthority: 'x' },
      `${at}.certificateAuthority: Invalid value: "<omitted>": data does not contain any valid RSA or ECDSA certificates`,
    ],
    [
      { egressSelectorType: 'etcd' },
      `${at}.egressSelectorType: Invalid value: "etcd": egress selector must be either controlplane or cluster`,
    ],
  ];
  for (const [changes, problem] of cases) assert.equal(ofIssuer(changes), problem, JSON.stringify(changes));
  assert.equal(problemsOf({ jwt: [good, good] }), 'jwt[1].issuer.url: Duplicate value: "https://a.example"');
  const found = (url: string) => ({ ...good, issuer: { ...issuer, url, discoveryURL: 'https://d.example' } });
  assert.equal(
    problemsOf({ jwt: [found('https://b'), found('https://c')] }),
    'jwt[1].issuer.discoveryURL: Duplicate value: "https://d.example"',
  );
  assert.equal(problemsOf({ jwt: Array(65).fill(good) }), 'jwt: Too many: 65: must have at most 64 items');
  assert.equal(
    problemsOf({ anonymous: { enabled: false, conditions: [{ path: '/x' }] } }),
    'anonymous.conditions: Invalid value: [{"Path":"/x"}]: enabled should be set to true when conditions are defined',
  );
});

test('mappings are judged as upstream judges them', () => {
  const at = 'jwt[0].claimMappings';
  const both = `Invalid value: "": claim and expression can't both be set`;
  const extra = (key: string, valueExpression = 'claims.a') => ({ extra: [{ key, valueExpression }] });
  const reserved = 'k8s.io, kubernetes.io and their subdomains are reserved for Kubernetes use';
  const cases: [changes: object, problem: string | RegExp][] = [
    [{ username: {} }, `${at}.username: Required value: claim or expression is required`],
    [{ username: { ...username, expression: 'claims.sub' } }, `${at}.username: ${both}`],
    [{ username: { claim: 'sub' } }, /username\.prefix: Required value: prefix is required when claim is set\./],
    [
      { username: { expression: 'claims.sub', prefix: 'a' } },
      `${at}.username.prefix: Invalid value: "a": may not be specified when expression is set`,
    ],
    [
      { username: { expression: 'claims.' } },
      /username\.expression: Invalid value: "claims\.": compilation failed: ERROR/,
    ],
    [{ username: { expression: 'claims.email' } }, /claims\.email_verified must be used in claimMappings\.username/],
    [{ groups: { claim: 'a' } }, /groups\.prefix: Required value/],
    [{ groups: { expression: 'nope' } }, /groups\.expression: Invalid value: "nope": compilation failed: ERROR/],
    [{ uid: { claim: 'a', expression: 'claims.b' } }, `${at}.uid: ${both}`],
    [extra(''), `${at}.extra[0].key: Required value`],
    [extra('a'), `${at}.extra[0].key: Invalid value: "a": must be a domain-prefixed path (such as "acme.io/foo")`],
    [extra('a.b/C'), `${at}.extra[0].key: Invalid value: "a.b/C": must be lowercase`],
    [extra('x.k8s.io/a'), `${at}.extra[0].key: Invalid value: "x.k8s.io/a": ${reserved}`],
    [extra('a.b/c', ''), `${at}.extra[0].valueExpression: Required value`],
    [{ extra: [...extra('a.b/c').extra, ...extra('a.b/c').extra] }, `${at}.extra[1].key: Duplicate value: "a.b/c"`],
  ];
  for (const [changes, problem] of cases) {
    const message = ofMappings(changes);
    if (typeof problem === 'string') assert.equal(message, problem, JSON.stringify(changes));
    else assert.match(message, problem, JSON.stringify(changes));
  }
});

test('rules are judged as upstream judges them', () => {
  const at = 'jwt[0].claimValidationRules';
  const holds = { expression: 'claims.a == 1' };
  const cases: [rules: object[], problem: string][] = [
    [[{}], `${at}[0]: Required value: claim or expression is required`],
    [[{ claim: 'a', ...holds }], `${at}[0]: Invalid value: "a": claim and expression can't both be set`],
    [[{ claim: 'a', message: 'm' }], `${at}[0].message: Invalid value: "m": may not be specified when claim is set`],
    [[{ claim: 'a' }, { claim: 'a' }], `${at}[1].claim: Duplicate value: "a"`],
    [
      [{ ...holds, requiredValue: 'v' }],
      `${at}[0].requiredValue: Invalid value: "v": may not be specified when expression is set`,
    ],
    [[holds, holds], `${at}[1].expression: Duplicate value: "claims.a == 1"`],
    [[{ expression: '1' }], `${at}[0].expression: Invalid value: "1": must evaluate to bool`],
  ];
  for (const [rules, problem] of cases) assert.equal(ofRules(rules), problem, JSON.stringify(rules));
  const users = 'jwt[0].userValidationRules';
  const named = { expression: "user.username != ''" };
  assert.equal(ofUserRules([{ expression: '' }]), `${users}[0].expression: Required value`);
  assert.equal(ofUserRules([named, named]), `${users}[1].expression: Duplicate value: "user.username != ''"`);
  assert.match(
    ofUserRules([{ expression: 'claims.a' }]),
    /userValidationRules\[0\]\.expression: Invalid value: "claims\.a": comp/,
  );
  // The user has the type that upstream gives it.
  const good = ["user.groups.exists(group, group.startsWith('a'))", "user.extra['a'].all(one, one != user.uid)"];
  for (const expression of good) assert.equal(ofUserRules([{ expression }]), '', expression);
  assert.match(ofUserRules([{ expression: "user.name == ''" }]), /undefined field 'name'/);
  assert.match(ofUserRules([{ expression: 'user.username == 1' }]), /found no matching overload for '_==_'/);
});
