import { parseQuantity } from '@typernetes/machinery';
import { CelQuantity, quantityType } from '../library/quantity.ts';
import { parseSemver } from '../library/semver.ts';
import { type CompileOptions, compile, type Program } from '../program.ts';
import type { DeclaredType } from '../types/declared-type.ts';
import { boolType, dynType, mapType, objectType, runtimeTypeText, stringType } from '../types/type.ts';
import { CelError, CelMap, type CelValue } from '../values/value.ts';
import { extendEnvironment } from './environment.ts';
import { kubernetesEnvironment } from './kubernetes.ts';

/** A device as its driver describes it (resource.k8s.io). Names without a domain belong to the driver's domain. */
export interface SelectableDevice {
  readonly driver: string;
  readonly attributes?: Readonly<Record<string, DeviceAttributeValue>>;
  readonly capacity?: Readonly<Record<string, { readonly value: string }>>;
  readonly allowMultipleAllocations?: boolean;
}

/** Exactly one member is set. */
export interface DeviceAttributeValue {
  readonly int?: number;
  readonly bool?: boolean;
  readonly string?: string;
  readonly version?: string;
}

/** Upstream's limits on what drivers may report, for cost estimates. */
const [maxDomainLength, maxIdLength, maxValueLength, maxEntries] = [63, 32, 64, 32];

const text = (maxSize: number): DeclaredType => ({ type: stringType, maxSize });

function byDomain(value: DeclaredType): DeclaredType {
  const sizedByName = value.maxSize !== undefined;
  const inner: DeclaredType = {
    type: mapType(stringType, value.type),
    element: value,
    key: text(maxIdLength),
    sizedByName,
    maxSize: maxEntries,
  };
  return { type: mapType(stringType, inner.type), element: inner, key: text(maxDomainLength), maxSize: maxEntries };
}

const fields: Readonly<Record<string, DeclaredType>> = {
  driver: text(maxDomainLength),
  attributes: byDomain({ type: dynType, maxSize: maxValueLength }),
  capacity: byDomain({ type: quantityType }),
  allowMultipleAllocations: { type: boolType },
};

const deviceType: DeclaredType = {
  type: objectType('kubernetes.DRADevice'),
  fields: new Map(Object.entries(fields).map(([name, type]) => [name, { name, type }])),
};

/** The environment of selectors in device classes and claims. */
const deviceEnvironment = extendEnvironment(kubernetesEnvironment, {
  variables: { device: deviceType },
  bindings: true,
});

/** Throws as {@link compile} does, with upstream's message for other types. */
export const compileDeviceSelector = (expression: string): Program => compiled(expression, {});

/** The most that evaluating a selector for one device may cost. Throws as {@link compileDeviceSelector} does. */
export const deviceSelectorCost = (expression: string): number =>
  compiled(expression, { estimateCost: true }).maxCost ?? 0;

function compiled(expression: string, options: CompileOptions): Program {
  const program = compile(expression, deviceEnvironment, options);
  const { type } = program;
  if (type.kind === 'bool' || type.kind === 'dyn') return program;
  throw new Error(`must evaluate to bool or the unknown type, not ${runtimeTypeText(type)}`);
}

/** Whether the compiled selector matches the device. Throws CelError or CostLimitError. */
export function selectsDevice(selector: Program, device: SelectableDevice, costLimit: number): boolean {
  const { driver, attributes, capacity, allowMultipleAllocations = false } = device;
  const variable = {
    driver,
    attributes: new DomainMap(driver, attributes ?? {}, attributeValue),
    capacity: new DomainMap(driver, capacity ?? {}, ({ value }) => new CelQuantity(parseQuantity(value))),
    allowMultipleAllocations,
  };
  const { value } = selector.evaluate({ device: variable }, { costLimit });
  if (typeof value !== 'boolean') throw new CelError('the result of the selector is no bool');
  return value;
}

function attributeValue({ int, bool, string, version }: DeviceAttributeValue): CelValue {
  if (int !== undefined) return BigInt(int);
  if (bool !== undefined) return bool;
  if (string !== undefined) return string;
  const found = version === undefined ? undefined : parseSemver(version);
  if (!found) throw new CelError('unsupported attribute value');
  return found;
}

/**
 * Values by domain and name. An unused domain is empty rather than missing, so that selectors need not test for it
 * first.
 */
class DomainMap<T> extends CelMap {
  readonly #domains = new Map<string, NamedMap<T>>();
  readonly #of: (value: T) => CelValue;

  constructor(driver: string, values: Readonly<Record<string, T>>, of: (value: T) => CelValue) {
    super();
    this.#of = of;
    for (const [name, value] of Object.entries(values)) {
      const slash = name.indexOf('/');
      const domain = slash < 0 ? driver : name.slice(0, slash);
      const inner = this.#domains.get(domain) ?? new NamedMap<T>(of);
      inner.values.set(name.slice(slash + 1), value);
      this.#domains.set(domain, inner);
    }
  }
  get size(): number {
    return this.#domains.size;
  }
  get(key: CelValue): CelValue | undefined {
    return typeof key === 'string' ? (this.#domains.get(key) ?? new NamedMap<T>(this.#of)) : undefined;
  }
  override has(key: CelValue): boolean {
    return typeof key === 'string' && this.#domains.has(key);
  }
  keys(): Iterable<CelValue> {
    return this.#domains.keys();
  }
}

class NamedMap<T> extends CelMap {
  readonly values = new Map<string, T>();
  readonly #of: (value: T) => CelValue;

  constructor(of: (value: T) => CelValue) {
    super();
    this.#of = of;
  }
  get size(): number {
    return this.values.size;
  }
  get(key: CelValue): CelValue | undefined {
    const value = typeof key === 'string' ? this.values.get(key) : undefined;
    return value === undefined ? undefined : this.#of(value);
  }
  keys(): Iterable<CelValue> {
    return this.values.keys();
  }
}
