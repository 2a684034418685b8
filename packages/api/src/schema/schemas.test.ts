import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  applyMergePatch,
  compareObjects,
  decodeObject,
  duplicateFields,
  type ListSchema,
  memberProblems,
  memberSchema,
  parseAsWritten,
} from '@typernetes/machinery';
import { schemaOfKind, schemaOfType } from './schemas.ts';

const deployment = schemaOfKind({ group: 'apps', version: 'v1', kind: 'Deployment' })!;

test('inlined embeds are flattened, and lists know their merge keys', () => {
  assert.ok(schemaOfType('core/v1.Volume').fields.has('hostPath'));
  const ports = memberSchema(schemaOfType('core/v1.ServiceSpec'), 'ports') as ListSchema;
  assert.deepEqual([ports.type, ports.keys], ['map', ['port', 'protocol']]);
  assert.equal(schemaOfType('core/v1.ServiceSpec').fields.get('ports')?.patchMergeKey, 'port');
});

test('decoding yields the form that upstream writes', () => {
  const { object, unknownFields } = decodeObject(
    {
      kind: 'Deployment',
      apiVersion: 'apps/v1',
      metadata: { name: 'web', labels: {}, namespace: '' },
      spec: {
        template: {
          spec: {
            hostNetwork: false,
            containers: [{ name: 'c', img: 'nginx', resources: { limits: { cpu: '1000m', memory: 1024 } } }],
          },
        },
        replicas: 0,
        replica: 2,
        paused: null,
      },
    },
    deployment,
  );
  assert.deepEqual(unknownFields, ['spec.replica', 'spec.template.spec.containers[0].img'].sort().reverse());
  assert.deepEqual(object, {
    kind: 'Deployment',
    apiVersion: 'apps/v1',
    metadata: { name: 'web' },
    spec: {
      replicas: 0,
      template: {
        metadata: {},
        spec: { containers: [{ name: 'c', resources: { limits: { cpu: '1', memory: '1024' } } }] },
      },
      strategy: {},
    },
    status: {},
  });
});

const misfits: [spec: unknown, message: string][] = [
  [
    { replicas: 'two' },
    'json: cannot unmarshal string into Go struct field DeploymentSpec.spec.replicas of type int32',
  ],
  [
    { replicas: 1.5 },
    'json: cannot unmarshal number 1.5 into Go struct field DeploymentSpec.spec.replicas of type int32',
  ],
  [[], 'json: cannot unmarshal array into Go struct field Deployment.spec of type v1.DeploymentSpec'],
  [
    { template: { spec: { containers: [{ env: [{ name: 'a', value: 7 }] }] } } },
    'json: cannot unmarshal number into Go struct field EnvVar.spec.template.spec.containers.env.value of type string',
  ],
  [
    { template: { spec: { containers: {} } } },
    'json: cannot unmarshal object into Go struct field PodSpec.spec.template.spec.containers of type []v1.Container',
  ],
  [
    { template: { spec: { containers: [{ resources: { limits: { cpu: 'x' } } }] } } },
    "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'",
  ],
  [
    { template: { spec: { restartPolicy: true } } },
    'json: cannot unmarshal bool into Go struct field PodSpec.spec.template.spec.restartPolicy of type v1.RestartPolicy',
  ],
];

test('integers must be written as integers; quantities are decoded as written', () => {
  const read = (json: string) => decodeObject(parseAsWritten(json), deployment, { asWritten: true }).object;
  for (const written of ['1.0', '1e3', '2E0'])
    assert.throws(() => read(`{"spec":{"replicas":${written}}}`), {
      message: `json: cannot unmarshal number ${written} into Go struct field DeploymentSpec.spec.replicas of type int32`,
    });
  const rolling = (most: string) => `{"spec":{"strategy":{"rollingUpdate":{"maxSurge":${most}}}}}`;
  assert.throws(() => read(rolling('1.0')), {
    message: 'json: cannot unmarshal number 1.0 into Go value of type int32',
  });
  assert.throws(() => read('{"spec":1.0}'), /cannot unmarshal number into Go struct field Deployment.spec of type/);
  const amount = read(
    '{"spec":{"template":{"spec":{"containers":[{"name":"c","resources":{"limits":{"cpu":1e3}}}]}}}}',
  );
  assert.match(JSON.stringify(amount), /"limits":\{"cpu":"1e3"\}/);
});

test('64-bit integers keep their digits', () => {
  const grace = (json: string) => {
    const text = `{"spec":{"template":{"spec":{"terminationGracePeriodSeconds":${json}}}}}`;
    return JSON.stringify(decodeObject(parseAsWritten(text), deployment, { asWritten: true }).object);
  };
  assert.match(grace('9223372036854775807'), /"terminationGracePeriodSeconds":9223372036854775807/);
  assert.throws(() => grace('9223372036854775808'), /cannot unmarshal number 9223372036854775808 into Go struct field/);
});

for (const [spec, message] of misfits) {
  test(`rejects a value of the wrong type: ${message}`, () =>
    assert.throws(() => decodeObject({ spec }, deployment), { message }));
}

test('finds duplicate members in the text', () => {
  const text = '{"a":{"b":1,"c\\"":"}\\\\","b":2},"l":[{"x":1},{"x":1,"x":2}],"a":null}';
  assert.deepEqual(duplicateFields(text), ['a.b', 'l[1].x', 'a']);
  const many = Array.from({ length: 40 }, (_, i) => `"k${i % 39}":1`);
  assert.deepEqual(duplicateFields(`{${many.join()}}`), ['k0']);
});

test('reports problems of members in the order of the text, and unknown members once', () => {
  const text = '{"a":1,"a":2,"x":1,"l":[{"y":1,"y":2},{"z":1}],"b":1,"b":2}';
  const problems = ['duplicate field "a"', 'unknown field "x"', 'unknown field "l[0].y"', 'duplicate field "b"'];
  assert.deepEqual(memberProblems(text, undefined, ['l[0].y', 'x']), problems);
  assert.deepEqual(memberProblems('{"x":1}', { x: 1 }, ['x']), ['unknown field "x"']);
  assert.deepEqual(memberProblems('{"a":1,"a":2}', { a: 2 }, []), ['duplicate field "a"']);
});

test('map keys may be any string', () => {
  const schema = schemaOfType('core/v1.ConfigMap');
  const text = '{"data":{"__proto__":"a","constructor":"b"}}';
  const { object } = decodeObject(JSON.parse(text), schema);
  assert.equal(JSON.stringify(object.data), '{"__proto__":"a","constructor":"b"}');
  const { added } = compareObjects({ data: { x: '' } }, object, { schema });
  assert.deepEqual(added, { 'f:data': { 'f:__proto__': {}, 'f:constructor': {} }, 'f:metadata': {} });
  const patched = applyMergePatch({ data: {} }, JSON.parse(text));
  assert.equal(JSON.stringify(patched), text);
});

test('decoding distinguishes empty from absent where upstream does', () => {
  const spec = { maxReplicas: 1, behavior: { scaleUp: { policies: [] } }, metrics: [] };
  const { object } = decodeObject({ spec }, schemaOfType('autoscaling/v2.HorizontalPodAutoscaler'));
  assert.deepEqual(object.spec, {
    scaleTargetRef: { kind: '', name: '' },
    maxReplicas: 1,
    behavior: { scaleUp: { policies: [] } },
  });
  const revision = decodeObject({ data: {}, revision: 1 }, schemaOfType('apps/v1.ControllerRevision')).object;
  assert.deepEqual(revision.data, {});
});
