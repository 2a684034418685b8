import assert from 'node:assert/strict';
import { test } from 'node:test';
import { emulatedGates, minCompatibility, type VersionFlags, versionProblems } from './effective-version.ts';

const flags = (given: Partial<VersionFlags>): VersionFlags => ({ emulated: [], minCompatibility: [], ...given });

test('versions are pairs of a component and a release that it can emulate', () => {
  const cases: [given: Partial<VersionFlags>, problems: string[]][] = [
    [{}, []],
    [{ emulated: ['kube=1.36'] }, []],
    [{ emulated: ['1.36'], minCompatibility: ['kube = v1.33'] }, []],
    [{ emulated: ['1.33'] }, []],
    [
      { emulated: ['1.32'] },
      [
        'emulation version 1.32 is not between [1.33, 1.36.0]',
        'minCompatibilityVersion version 1.33 is not between [1.33, 1.32]',
      ],
    ],
    [{ emulated: ['1.37'] }, ['emulation version 1.37 is not between [1.33, 1.36.0]']],
    [
      { emulated: ['1.34'], minCompatibility: ['1.35'] },
      ['minCompatibilityVersion version 1.35 is not between [1.33, 1.34]'],
    ],
    [{ minCompatibility: ['1.32'] }, ['minCompatibilityVersion version 1.32 is not between [1.33, 1.36]']],
    [{ minCompatibility: ['1.37'] }, ['minCompatibilityVersion version 1.37 is not between [1.33, 1.36]']],
    [{ emulated: ['kube=1.36.1'] }, ['patch version not allowed, got: kube=1.36.1']],
    [{ emulated: ['kube=1.36', '1.35'] }, ['duplicate version flag, kube=1.36 and kube=1.35']],
    [{ emulated: ['wardle=1.2'] }, ['component not registered: wardle']],
    [{ emulated: ['kube=new'] }, ['could not parse "new" as version']],
    [{ minCompatibility: ['kube=1'] }, ['illegal version string "1"']],
    [{ minCompatibility: ['01.36'] }, ['illegal zero-prefixed version component "01" in "01.36"']],
  ];
  for (const [given, problems] of cases)
    assert.deepEqual(versionProblems(flags(given)), problems, JSON.stringify(given));
});

test('a server is compatible with the release before its own unless configured otherwise', () => {
  assert.deepEqual(minCompatibility(flags({})), { major: 1, minor: 35 });
  assert.deepEqual(minCompatibility(flags({ minCompatibility: ['kube=1.34'] })), { major: 1, minor: 34 });
  assert.deepEqual(minCompatibility(flags({ emulated: ['1.35'] })), { major: 1, minor: 34 });
  assert.deepEqual(minCompatibility(flags({ emulated: ['1.33'] })), { major: 1, minor: 33 });
});

test('feature gates are those of the emulated release', () => {
  assert.equal(emulatedGates(flags({})), undefined);
  assert.equal(emulatedGates(flags({ emulated: ['1.36'] })), undefined);
  assert.equal(emulatedGates(flags({ emulated: ['nonsense'] })), undefined);
  assert.equal(emulatedGates(flags({ emulated: ['1.34'] }))?.gates.HostnameOverride?.stage, 'Alpha');
});
