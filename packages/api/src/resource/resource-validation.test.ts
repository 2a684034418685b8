import assert from 'node:assert/strict';
import { test } from 'node:test';
import { problemText } from '@typernetes/machinery';
import { validateResourceClaim, validateResourceClaimStatus, validateResourceClaimUpdate } from './claim-validation.ts';
import { validateResourceSlice, validateResourceSliceUpdate } from './slice-validation.ts';
import type { ResourceClaim, ResourceSlice } from './v1.gen.ts';

const exactly = { deviceClassName: 'gpu.example.com', allocationMode: 'ExactCount', count: 1 };
const claim = (devices: object, status?: object): ResourceClaim =>
  ({ metadata: { name: 'c' }, spec: { devices }, status }) as unknown as ResourceClaim;
const texts = (problems: readonly Parameters<typeof problemText>[0][]): string[] => problems.map(problemText);

test('a claim names its requests and what they want', () => {
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
    'spec.devices.requests[1].name: Duplicate value: "gpu"',
    'spec.devices.requests[0]: Required value: exactly one of `exactly` or `firstAvailable` is required',
    'spec.devices.requests[1]: Invalid value: null: exactly one of `exactly` or `firstAvailable` is required, but multiple fields are set',
    "spec.devices.requests[1].exactly.count: Invalid value: 1: must not be specified when allocationMode is 'All'",
    "spec.devices.requests[1].firstAvailable[0].name: Invalid value: \"Big\": a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')",
    'spec.devices.requests[2].exactly.deviceClassName: Required value',
    'spec.devices.requests[2].exactly.selectors[0].cel: Required value',
    'spec.devices.requests[2].exactly.count: Invalid value: 0: must be greater than zero',
    'spec.devices.constraints[0].requests[0]: Invalid value: "disk": must be the name of a request in the claim or the name of a request and a subrequest separated by \'/\'',
    'spec.devices.constraints[0].matchAttribute: Invalid value: "model": a fully qualified name must be a domain and a name separated by a slash',
    'spec.devices.constraints[1].matchAttribute: Required value',
    'spec.devices.config[0].requests[1]: Duplicate value: "net"',
    'spec.devices.config[0].opaque.parameters: Invalid value: []: must be a valid JSON object',
    'spec.devices.config[1].opaque: Required value',
  ]);
});

test('what a claim wants stays, and so does what it got', () => {
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

test('a slice says where its devices are and what they are', () => {
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
    'spec: Invalid value: null: exactly one of `nodeName`, `nodeSelector`, `allNodes`, `perDeviceNodeSelection` is required, but multiple fields are set',
    'spec.devices[0].attributes: Invalid value: "": the name must not be empty',
    'spec.devices[0].attributes[a/].version: Invalid value: "1": must be a string compatible with semver.org spec 2.0.0',
    'spec.devices[0].attributes[a/]: Invalid value: {"version":"1","int":1}: exactly one value must be specified',
    'spec.devices[0].taints[0].effect: Unsupported value: "No": supported values: "NoExecute", "NoSchedule", "None"',
  ]);
  const moved = validateResourceSliceUpdate(slice({ nodeName: 'm' }), slice({ nodeName: 'n' }));
  assert.deepEqual(texts(moved), ['spec.nodeName: Invalid value: "m": field is immutable']);
});
