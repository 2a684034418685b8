import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { extendEnvironment } from './environment/environment.ts';
import { kubernetesEnvironment } from './environment/kubernetes.ts';
import { authorizerType, celAuthorizer } from './library/authorizer.ts';
import { compile } from './program.ts';
import { schemaType } from './types/schema-type.ts';
import { dynType } from './types/type.ts';

describe('The libraries of Kubernetes', () => {
  const truths = [
    "quantity('1.5Gi').isGreaterThan(quantity('1024Mi'))",
    "quantity('200M').add(quantity('1k')).compareTo(quantity('200001k')) == 0",
    "isQuantity('1Z') == false && quantity('50k').asInteger() == 50000 && quantity('-1').sign() == -1",
    "ip('192.168.0.1').family() == 4 && ip('::1').isLoopback() && !isIP('010.0.0.1') && !isIP('::ffff:1.2.3.4')",
    "ip.isCanonical('2001:db8::68') && !ip.isCanonical('2001:DB8::68') && string(ip('::1')) == '::1'",
    "cidr('192.168.0.0/24').containsIP('192.168.0.7') && !cidr('10.0.0.0/8').containsIP(ip('11.0.0.1'))",
    "cidr('10.0.0.0/8').containsCIDR('10.1.0.0/16') && cidr('10.1.2.3/8').masked().prefixLength() == 8",
    "url('https://[::1]:80/a%20b?k=1&k=2').getPort() == '80' && url('https://a/b').getHostname() == 'a'",
    "url('https://a:1/b?k=1&k=2').getQuery()['k'].size() == 2 && !isURL('a b')",
    "'abc 123'.find('[0-9]+') == '123' && 'a1b22'.findAll('[0-9]+') == ['1', '22'] && 'a1b2'.findAll('[0-9]', 1) == ['1']",
    "[1, 2, 2].isSorted() && [1, 2].sum() == 3 && [3, 1].min() == 1 && ['b', 'a'].max() == 'b' && [1, 2].indexOf(2) == 1",
    'sets.contains([1, 2], [1]) && sets.equivalent([1, 2], [2, 1]) && !sets.intersects([1], [2])',
    "format.dns1123Label().validate('Bad').hasValue() && !format.named('uuid').value().validate('2f3a0a8e-0000-4000-8000-000000000000').hasValue()",
    "semver('1.2.3').isLessThan(semver('1.10.0')) && isSemver('v1.2', true) && semver('1.0.0-rc.1').compareTo(semver('1.0.0')) == -1",
    "'a-b'.split('-').join('+') == 'a+b' && 'ABC'.lowerAscii() == 'abc' && ' x '.trim() == 'x'",
    "{'a': 1, 'b': 2}.all(k, v, k.size() == 1 && v > 0) && {'a': 1}.transformMap(k, v, v + 1) == {'a': 2}",
    '[[1], [2]].flatten() == [1, 2] && [3, 1, 2].sort() == [1, 2, 3] && [1, 2, 3].slice(1, 3) == [2, 3]',
  ];
  for (const expr of truths) {
    it(expr, () => assert.equal(compile(expr, kubernetesEnvironment).evaluate({}).value, true));
  }

  it('awaits the authorizer and caches its answers', async () => {
    const environment = extendEnvironment(kubernetesEnvironment, { variables: { authorizer: authorizerType } });
    const asked: string[] = [];
    const authorizer = celAuthorizer(async (question) => {
      asked.push(`${question.verb} ${question.group}/${question.resource} ${question.namespace}`);
      return { allowed: question.verb === 'get', reason: '' };
    });
    const expr =
      "authorizer.group('apps').resource('deployments').namespace('a').check('get').allowed() && !authorizer.group('apps').resource('deployments').namespace('a').check('delete').allowed()";
    const { value, cost } = await compile(expr, environment).evaluateAsync({ authorizer });
    assert.equal(value, true);
    assert.ok(cost > 700_000);
    assert.deepEqual(asked, ['get apps/deployments a', 'delete apps/deployments a']);
  });
});

describe('Values of structural schemas', () => {
  const self = schemaType(
    {
      type: 'object',
      properties: {
        replicas: { type: 'integer' },
        ratio: { type: 'number' },
        'dash-ed': { type: 'string' },
        namespace: { type: 'string' },
        port: { 'x-kubernetes-int-or-string': true },
        since: { type: 'string', format: 'date-time' },
        tags: { type: 'array', 'x-kubernetes-list-type': 'set', items: { type: 'string' } },
        labels: { type: 'object', additionalProperties: { type: 'string' } },
        hidden: { 'x-kubernetes-preserve-unknown-fields': true },
      },
    },
    'selfType',
    true,
  );
  assert.ok(self);
  const environment = extendEnvironment(kubernetesEnvironment, { variables: { self, any: dynType } });
  const value = {
    metadata: { name: 'x' },
    replicas: 3,
    ratio: 1,
    'dash-ed': 'd',
    namespace: 'n',
    port: 80,
    since: '2026-01-01T00:00:00Z',
    tags: ['a', 'b'],
    labels: { app: 'web' },
  };
  const truths = [
    "self.replicas == 3 && self.ratio == 1.0 && self.__namespace__ == 'n' && self.dash__dash__ed == 'd'",
    "(type(self.port) == int && self.port == 80) || self.port == 'http'",
    "self.since < timestamp('2026-02-01T00:00:00Z') && self.tags == ['b', 'a'] && self.tags + ['a'] == ['a', 'b'] && self.tags + ['c'] == ['c', 'b', 'a']",
    "self.labels.app == 'web' && 'app' in self.labels && !has(self.labels.other) && self.metadata.name == 'x'",
    "self.?labels[?'other'].orValue('none') == 'none' && self.labels.?app.optMap(v, v + '!').orValue('') == 'web!'",
    'any.list[0] == 1 && any.ratio == 1.5 && any.nothing == null',
  ];
  for (const expr of truths) {
    it(expr, () => {
      const any = { list: [1], ratio: 1.5, nothing: null };
      assert.equal(compile(expr, environment).evaluate({ self: value, any }).value, true);
    });
  }

  it('hides fields without a type', () => {
    assert.throws(() => compile('self.hidden == 1', environment), /undefined field 'hidden'/);
  });
});
