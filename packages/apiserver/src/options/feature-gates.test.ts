import assert from 'node:assert/strict';
import { test } from 'node:test';
import { gatesBy, isOnByDefault } from './feature-gates.ts';

test('a gate is as the flag says, by name or by its stage, else as it is by default', () => {
  assert.deepEqual(['HostnameOverride', 'GenericWorkload', 'Nope'].map(isOnByDefault), [true, false, false]);
  const cases: [given: Record<string, string>, gate: string, isOn: boolean][] = [
    [{}, 'HostnameOverride', true],
    [{ HostnameOverride: 'false' }, 'HostnameOverride', false],
    [{ GenericWorkload: 'true' }, 'GenericWorkload', true],
    [{ AllAlpha: 'true' }, 'GenericWorkload', true],
    [{ AllAlpha: 'true', GenericWorkload: 'false' }, 'GenericWorkload', false],
    [{ AllBeta: 'false' }, 'HostnameOverride', false],
    [{ DynamicResourceAllocation: 'false' }, 'DynamicResourceAllocation', true],
  ];
  for (const [given, gate, isOn] of cases)
    assert.equal(gatesBy(given)(gate), isOn, `${gate} by ${JSON.stringify(given)}`);
});
