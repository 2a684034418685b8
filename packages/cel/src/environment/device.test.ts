import assert from 'node:assert/strict';
import { test } from 'node:test';
import { compileDeviceSelector, deviceSelectorCost, selectsDevice } from './device.ts';
import { costLimits } from './kubernetes.ts';

const gpu = {
  driver: 'gpu.example.com',
  attributes: {
    model: { string: 'a100' },
    cores: { int: 8 },
    'other.example.com/shared': { bool: true },
    firmware: { version: '1.2.3' },
  },
  capacity: { memory: { value: '40Gi' } },
};

test('selectors see the attributes and capacities that a driver reports', () => {
  const cases: [string, boolean][] = [
    ['device.driver == "gpu.example.com"', true],
    ['device.attributes["gpu.example.com"].model == "a100"', true],
    ['device.attributes["gpu.example.com"].cores > 4 && device.attributes["gpu.example.com"].cores < 9', true],
    ['device.attributes["other.example.com"].shared', true],
    ['device.attributes["gpu.example.com"].firmware.isGreaterThan(semver("1.2.0"))', true],
    ['device.capacity["gpu.example.com"].memory.compareTo(quantity("50Gi")) >= 0', false],
    // Attributes of an unused domain are empty, so `has` is false.
    ['has(device.attributes["nobody.example.com"].model)', false],
    ['"nobody.example.com" in device.attributes', false],
    ['"gpu.example.com" in device.attributes', true],
    ['device.attributes["gpu.example.com"].all(name, name != "x")', true],
    ['cel.bind(dra, device.attributes["gpu.example.com"], dra.model == "a100" && dra.cores == 8)', true],
    ['device.allowMultipleAllocations', false],
  ];
  for (const [expression, expected] of cases)
    assert.equal(selectsDevice(compileDeviceSelector(expression), gpu, costLimits.perCall), expected, expression);
});

test('invalid selectors are rejected, when compiled or when evaluated', () => {
  assert.throws(() => compileDeviceSelector('device.model == "a"'), /undefined field 'model'/);
  assert.throws(() => compileDeviceSelector('device.driver'), /must evaluate to bool/);
  const asked = compileDeviceSelector('device.attributes["gpu.example.com"].speed > 1');
  assert.throws(() => selectsDevice(asked, gpu, costLimits.perCall), /no such key: speed/);
  const dear = compileDeviceSelector('[1,2,3,4,5].all(a, [1,2,3,4,5].all(b, a + b > 0))');
  assert.throws(() => selectsDevice(dear, gpu, 10), /cost limit/);
});

test('the cost of a selector is estimated before it runs', () => {
  assert.ok(deviceSelectorCost('device.attributes["gpu.example.com"].model.matches("^a[0-9]+$")') < 1000);
  const ten = '[1, 2, 3, 4, 5, 6, 7, 8, 9, 10]';
  const nested = ['a', 'b', 'c', 'd', 'e', 'f', 'g'].reduceRight(
    (inner, name) => `${ten}.all(${name}, ${inner})`,
    'true',
  );
  assert.ok(deviceSelectorCost(nested) > costLimits.perCall);
  assert.throws(
    () => deviceSelectorCost('device.driver'),
    /^Error: must evaluate to bool or the unknown type, not string$/,
  );
});
