import type {
  Device,
  DeviceAttribute,
  DeviceConstraint,
  DeviceTaint,
  DeviceToleration,
} from '@typernetes/api/resource/v1';

/** A claim's requirement on all its devices together. */
export interface Constraint {
  /** False if the device does not go with the others. */
  add(request: RequestNames, subject: { driver: string; device: Device }): boolean;
  /** Undoes a successful `add`, the last one first. */
  remove(request: RequestNames): void;
}

/** No two devices have the same value. */
export class DistinctAttribute implements Constraint {
  readonly #attribute: string;
  readonly #requests: ReadonlySet<string>;
  readonly #values: string[] = [];

  constructor({ distinctAttribute = '', requests = [] }: DeviceConstraint) {
    this.#attribute = distinctAttribute;
    this.#requests = new Set(requests);
  }

  add(request: RequestNames, { driver, device }: { driver: string; device: Device }): boolean {
    if (!concerns(this.#requests, request)) return true;
    const value = attributeText(device, driver, this.#attribute);
    if (value === undefined || this.#values.includes(value)) return false;
    this.#values.push(value);
    return true;
  }

  remove(request: RequestNames): void {
    if (concerns(this.#requests, request)) this.#values.pop();
  }
}

const concerns = (requests: ReadonlySet<string>, { name, full }: RequestNames): boolean =>
  requests.size === 0 || requests.has(name) || requests.has(full);

/** A constraint of a claim while its devices are being chosen: once a device is refused, more devices never change that. */
export class MatchAttribute implements Constraint {
  readonly #attribute: string;
  readonly #requests: ReadonlySet<string>;
  #common: string | undefined;
  #count = 0;

  constructor({ matchAttribute = '', requests = [] }: DeviceConstraint) {
    this.#attribute = matchAttribute;
    this.#requests = new Set(requests);
  }

  /** False if the device has not what the others have. */
  add(request: RequestNames, { driver, device }: { driver: string; device: Device }): boolean {
    if (!concerns(this.#requests, request)) return true;
    const value = attributeText(device, driver, this.#attribute);
    if (value === undefined || (this.#count > 0 && value !== this.#common)) return false;
    this.#common = value;
    this.#count++;
    return true;
  }

  /** Undoes a successful `add`. */
  remove(request: RequestNames): void {
    if (concerns(this.#requests, request)) this.#count--;
  }
}

/** A request's name; `full` is `name/sub` if one of several alternatives was chosen. */
export interface RequestNames {
  readonly name: string;
  readonly full: string;
}

/** The value with its type, so that `1` and `"1"` differ. Without a domain, attributes are in the driver's. */
function attributeText({ attributes = {} }: Device, driver: string, qualified: string): string | undefined {
  const slash = qualified.indexOf('/');
  const found =
    attributes[qualified] ??
    (qualified.slice(0, slash) === driver ? attributes[qualified.slice(slash + 1)] : undefined);
  return found && typedText(found);
}

function typedText({ string, int, bool, version }: DeviceAttribute): string | undefined {
  if (string !== undefined) return `s${string}`;
  if (int !== undefined) return `i${int}`;
  if (bool !== undefined) return `b${bool}`;
  return version === undefined ? undefined : `v${version}`;
}

/** Whether a taint of the device keeps new claims away. */
export function isTainted({ taints = [] }: Device, tolerations: readonly DeviceToleration[] = []): boolean {
  return taints.some((taint) => taint.effect !== 'None' && !tolerations.some((one) => tolerates(one, taint)));
}

function tolerates({ key, operator = 'Equal', value, effect }: DeviceToleration, taint: DeviceTaint): boolean {
  if (effect && effect !== taint.effect) return false;
  if (key && key !== taint.key) return false;
  return operator === 'Exists' || (value ?? '') === (taint.value ?? '');
}
