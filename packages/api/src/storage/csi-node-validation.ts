import {
  duplicateValue,
  type FieldProblem,
  invalidValue,
  jsonEqual,
  qualifiedNameProblems,
  requiredValue,
} from '@typernetes/machinery';
import { driverNameProblems } from '../core/csi-driver-name.ts';
import { immutableDetail, notNegative, type Problems } from '../meta/field-checks.ts';
import type { CSINode, CSINodeDriver } from './v1.gen.ts';

export function validateCSINode({ spec }: CSINode): FieldProblem[] {
  return [...driversProblems(spec?.drivers ?? [])];
}

/** Drivers may be added and removed; their entries are immutable, except for the number of volumes. */
export function validateCSINodeUpdate(next: CSINode, current: CSINode): FieldProblem[] {
  const before = new Map((current.spec?.drivers ?? []).map((driver) => [driver.name, driver]));
  return [...driversProblems(next.spec?.drivers ?? []), ...changeProblems(next.spec?.drivers ?? [], before)];
}

function* changeProblems(drivers: readonly CSINodeDriver[], before: ReadonlyMap<string, CSINodeDriver>): Problems {
  for (const [i, driver] of drivers.entries()) {
    const old = before.get(driver.name);
    if (!old) continue;
    const at = `spec.drivers[${i}]`;
    if (driver.nodeID !== old.nodeID) yield invalidValue(`${at}.nodeID`, driver.nodeID, immutableDetail);
    if (!jsonEqual(driver.topologyKeys, old.topologyKeys)) {
      yield invalidValue(`${at}.topologyKeys`, driver.topologyKeys ?? null, immutableDetail);
    }
  }
}

const maxNodeIdBytes = 256;

function* driversProblems(drivers: readonly CSINodeDriver[]): Problems {
  const names = new Set<string>();
  for (const [i, { name, nodeID, topologyKeys, allocatable }] of drivers.entries()) {
    const at = `spec.drivers[${i}]`;
    yield* driverNameProblems(name, `${at}.name`);
    if (!nodeID) yield requiredValue(`${at}.nodeID`);
    else if (nodeID.length > maxNodeIdBytes) {
      yield invalidValue(`${at}.nodeID`, nodeID, `must be ${maxNodeIdBytes} characters or less`);
    }
    yield* notNegative(allocatable?.count, `${at}.allocatable.count`);
    if (names.has(name)) yield duplicateValue(`${at}.name`, name);
    names.add(name);
    yield* topologyProblems(topologyKeys ?? [], `${at}.topologyKeys`);
  }
}

function* topologyProblems(keys: readonly string[], at: string): Problems {
  for (const [i, key] of keys.entries()) {
    if (!key) yield requiredValue(at);
    if (keys.indexOf(key) < i) yield duplicateValue(at, key);
    for (const detail of qualifiedNameProblems(key)) yield invalidValue(at, key, detail);
  }
}
