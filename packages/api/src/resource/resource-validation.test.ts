import assert from 'node:assert/strict';
import { test } from 'node:test';
import { problemText } from '@typernetes/machinery';
import { assertProblems } from '../testing/problem-lines.ts';
import { validateResourceClaimStatus } from './claim-status-validation.ts';
import { validateResourceClaim, validateResourceClaimUpdate } from './claim-validation.ts';
import { validateResourceSlice, validateResourceSliceUpdate } from './slice-validation.ts';
import type { ResourceClaim, ResourceSlice } from './v1.gen.ts';

const exactly = { deviceClassName: 'gpu.example.com', allocationMode: 'ExactCount', count: 1 };
const claim = (devices: object, status?: object): ResourceClaim =>
  ({ metadata: { name: 'c' }, spec: { devices }, status }) as unknown as ResourceClaim;
const texts = (problems: readonly Parameters<typeof problemText>[0][]): string[] => problems.map(problemText);

test('a claim names its requests and the devices they want', () => {
  assert.deepEqual(validateResourceClaim(claim({ requests: [{ name: 'gpu', exactly }] })), []);
  const wrong = claim({
    requests: [
      { name: 'gpu' },
      { name: 'gpu', exactly: { ...exactly, allocationMode: 'All' }, firstAvailable: [{ name: 'Big', ...exactly }] },
      { name: 'net', exactly: { ...exactly, deviceClassName: '', count: 0, selectors: [{}] } },
    ],
    constraints: [{ requests: ['disk'], matchAttribute: 'model' }, {}],
    config: [{ requests: ['net', 'net'], opaque: { driver: 'x', parameters: [] } }, {}],
  });
  assert.deepEqual(texts(validateResourceClaim(wrong)), [
    'spec.devices.requests[0]: Required value: exactly one of `exactly` or `firstAvailable` is required',
    'spec.devices.requests[1]: Invalid value: null: exactly one of `exactly` or `firstAvailable` is required, but multiple fields are set',
    'spec.devices.requests[2].exactly.deviceClassName: Required value',
    'spec.devices.requests[2].exactly.selectors[0].cel: Required value',
    'spec.devices.requests[2].exactly.count: Invalid value: 0: must be greater than zero',
    'spec.devices.requests[1]: Duplicate value: "gpu"',
    'spec.devices.constraints[0].requests[0]: Invalid value: "disk": must be the name of a request in the claim or the name of a request and a subrequest separated by \'/\'',
    'spec.devices.constraints[0].matchAttribute: Invalid value: "model": a fully qualified name must be a domain and a name separated by a slash',
    'spec.devices.constraints[1]: Required value: exactly one of "matchAttribute" or "distinctAttribute" is required, but multiple fields are set',
    'spec.devices.config[0].requests[1]: Duplicate value: "net"',
    'spec.devices.config[0].opaque.parameters: Invalid value: "<value omitted>": must be a valid JSON object',
    'spec.devices.config[1].opaque: Required value',
  ]);
});

test("a claim's spec and its allocation are immutable", () => {
  const one = claim({ requests: [{ name: 'gpu', exactly }] });
  const other = claim({ requests: [] });
  assert.match(texts(validateResourceClaimUpdate(other, one))[0] ?? '', /^spec: Invalid value: .*field is immutable$/);
  const reserved = claim({}, { reservedFor: [{ resource: 'pods', name: 'web', uid: '' }] });
  assert.deepEqual(texts(validateResourceClaimStatus(reserved, claim({}))), [
    'status.reservedFor[0].uid: Required value',
    'status.reservedFor: Forbidden: may not be specified when `allocated` is not set',
  ]);
});

const slice = (spec: object): ResourceSlice =>
  ({
    metadata: { name: 's' },
    spec: { driver: 'gpu.example.com', pool: { name: 'p', generation: 0, resourceSliceCount: 1 }, ...spec },
  }) as unknown as ResourceSlice;

test('a slice says where its devices are and describes them', () => {
  const device = { name: 'gpu-0', attributes: { model: { string: 'a' } }, capacity: { 'example.com/memory': {} } };
  assert.deepEqual(validateResourceSlice(slice({ nodeName: 'n', devices: [device] })), []);
  const wrong = slice({
    driver: '',
    pool: { name: '', generation: -1, resourceSliceCount: 0 },
    nodeName: 'n',
    allNodes: true,
    devices: [{ name: 'gpu-0', attributes: { 'a/': { version: '1', int: 1 } }, taints: [{ key: 'k', effect: 'No' }] }],
  });
  assert.deepEqual(texts(validateResourceSlice(wrong)), [
    'spec.driver: Required value',
    'spec.pool.name: Required value',
    'spec.pool.resourceSliceCount: Invalid value: 0: must be greater than zero',
    'spec.pool.generation: Invalid value: -1: must be greater than or equal to zero',
    'spec: Invalid value: "{`nodeName`, `allNodes`}": exactly one of `nodeName`, `nodeSelector`, `allNodes`, `perDeviceNodeSelection` is required, but multiple fields are set',
    'spec.devices[0].attributes: Invalid value: "": the name must not be empty',
    'spec.devices[0].attributes[a/].version: Invalid value: "1": must be a string compatible with semver.org spec 2.0.0',
    'spec.devices[0].attributes[a/]: Invalid value: {"version":"1","int":1}: exactly one value must be specified',
    'spec.devices[0].taints[0].effect: Unsupported value: "No": supported values: "NoExecute", "NoSchedule", "None"',
  ]);
  const moved = validateResourceSliceUpdate(slice({ nodeName: 'm' }), slice({ nodeName: 'n' }));
  assert.deepEqual(texts(moved), ['spec.nodeName: Invalid value: "m": field is immutable']);
});

test('devices consume counters of their pool, and limit how requests may divide them', () => {
  const sets = slice({
    allNodes: true,
    sharedCounters: [
      { name: 'Set', counters: {} },
      { name: 'Set', counters: { a: { value: '1' } } },
    ],
  });
  assertProblems(validateResourceSlice(sets), [
    "spec.sharedCounters[0].name: regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')",
    'spec.sharedCounters[0].counters: Required value',
    "spec.sharedCounters[1].name: regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')",
    'spec.sharedCounters[1]: Duplicate value: "Set"',
  ]);
  const capacity = (requestPolicy: object) => ({ value: '10Gi', requestPolicy });
  const device = {
    name: 'gpu-0',
    allowMultipleAllocations: true,
    consumesCounters: [{ counterSet: 'one', counters: {} }],
    bindingConditions: ['ready', 'ready'],
    nodeName: 'n',
    capacity: {
      a: capacity({ default: '1Gi', validValues: ['2Gi', '1Gi', '20Gi'] }),
      b: capacity({ default: '1Gi', validRange: { min: '2Gi', max: '12Gi', step: '3Gi' } }),
      c: capacity({ validRange: { min: '1' } }),
    },
  };
  assertProblems(validateResourceSlice(slice({ allNodes: true, devices: [device] })), [
    'spec.devices[0].capacity[a].requestPolicy.validValues[1]: values must be sorted in ascending order',
    'spec.devices[0].capacity[a].requestPolicy.validValues[2]: option is larger than capacity value: 10Gi',
    'spec.devices[0].capacity[b].requestPolicy.validRange.min: default is less than min: 2Gi',
    'spec.devices[0].capacity[b].requestPolicy.validRange.max: max is larger than capacity value: 10Gi',
    'spec.devices[0].capacity[b].requestPolicy.validRange.step: value is not a multiple of a given step (3Gi) from (2Gi)',
    'spec.devices[0].capacity[b].requestPolicy.validRange.step: value is not a multiple of a given step (3Gi) from (2Gi)',
    'spec.devices[0].capacity[c].requestPolicy.default: required when validRange is defined',
    'spec.devices[0].consumesCounters[0].counters: Required value',
    'spec.devices[0]: `nodeName`, `nodeSelector` and `allNodes` can only be set if `perDeviceNodeSelection` is set to true in the ResourceSlice spec',
    'spec.devices[0].bindingConditions[1]: Duplicate value: "ready"',
    'spec.devices[0].bindingFailureConditions: bindingFailureConditions are required to use bindingConditions',
  ]);
  // Stored slices were checked by the rules of their time.
  const stored = slice({ allNodes: true, devices: [{ ...device, allowMultipleAllocations: false }] });
  assert.ok(!texts(validateResourceSliceUpdate(stored, stored)).some((text) => text.includes('capacity')));
});

test('an allocation refers to requests of the claim, and only allocated devices have a status', () => {
  const request = { name: 'gpu', exactly };
  const result = { request: 'net', driver: 'GPU.example.com', pool: 'p', device: 'd', shareID: 'x' };
  const before = claim({ requests: [request] });
  const devices = [
    { driver: 'gpu.example.com', pool: 'p', device: 'd', conditions: [{ type: '', status: 'Maybe' }], data: [1] },
    { ...result, networkData: { ips: ['10.0.0.1', '10.0.0.01/24', '2001:DB8::1/64'] } },
  ];
  const next = claim({ requests: [request] }, { allocation: { devices: { results: [result] } }, devices });
  assertProblems(validateResourceClaimStatus(next, before), [
    'status.devices[0]: must be an allocated device in the claim',
    'status.devices[0].conditions[0].type: name part must be non-empty',
    "status.devices[0].conditions[0].type: regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')",
    'status.devices[0].conditions[0].status: supported values: "False", "True", "Unknown"',
    'status.devices[0].conditions[0].lastTransitionTime: must be set',
    'status.devices[0].conditions[0].reason: must be set',
    'status.devices[0].data: must be a valid JSON object',
    'status.devices[1].shareID: error validating uid: invalid UUID length: 1',
    'status.devices[1].networkData.ips[0]: must be a valid address in CIDR form, (e.g. 10.9.8.7/24 or 2001:db8::1/64)',
    'status.devices[1].networkData.ips[1]: must be in canonical form ("10.0.0.1/24")',
    'status.devices[1].networkData.ips[2]: must be in canonical form ("2001:db8::1/64")',
    "status.allocation.devices.results[0].request: must be the name of a request in the claim or the name of a request and a subrequest separated by '/'",
    'status.allocation.devices.results[0].shareID: error validating uid: invalid UUID length: 1',
  ]);
});
