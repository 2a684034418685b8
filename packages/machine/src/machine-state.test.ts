import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { freeAddress, type MachineRecord, machineNames, phaseOf, readMachine, writeMachine } from './machine-state.ts';
import { identifyProcess } from './process-identity.ts';

const home = mkdtempSync(join(tmpdir(), 'machine-state-'));
after(() => rmSync(home, { recursive: true }));

const here = identifyProcess(process.pid);
/** The number of a running process with another start time: a different process. */
const gone = { ...here, startTime: '1' };

const makeMachine = (overrides: Partial<MachineRecord>): MachineRecord => ({
  name: 'm',
  cluster: undefined,
  address: '172.30.0.10',
  systemd: false,
  phase: 'running',
  creator: gone,
  init: here,
  template: 't',
  programs: '/programs',
  created: '2026-01-01T00:00:00Z',
  ...overrides,
});

test('a machine is what its processes say, whatever is written down', () => {
  const cases: [Partial<MachineRecord>, string][] = [
    [{ phase: 'running', init: here }, 'running'],
    [{ phase: 'running', init: gone }, 'stopped'],
    [{ phase: 'running', init: undefined }, 'stopped'],
    [{ phase: 'stopped', init: undefined }, 'stopped'],
    [{ phase: 'creating', creator: here }, 'creating'],
    [{ phase: 'creating', creator: gone }, 'broken'],
  ];
  for (const [overrides, phase] of cases)
    assert.equal(phaseOf(makeMachine(overrides)), phase, JSON.stringify(overrides));
});

test('a record is read as it was written', () => {
  const machine = makeMachine({ name: 'written', cluster: 'c' });
  writeMachine(home, machine);
  assert.deepEqual(readMachine(home, 'written'), machine);
  assert.equal(readMachine(home, 'other'), undefined);
  assert.deepEqual(machineNames(home), ['written']);
});

test('addresses are given out once', () => {
  const taken = [makeMachine({ address: 'a' }), makeMachine({ address: 'c' })];
  assert.equal(freeAddress(['a', 'b', 'c'], taken), 'b');
  assert.throws(() => freeAddress(['a', 'c'], taken), /all 2 addresses are taken/);
});
