import type { Node, NodeSelector, NodeSelectorTerm } from '@typernetes/api/core/v1';
import type {
  AllocationResult,
  DeviceAllocationConfiguration,
  DeviceRequestAllocationResult,
  ResourceClaim,
} from '@typernetes/api/resource/v1';
import { jsonEqual, keyOf, type Quantity } from '@typernetes/machinery';
import { type Amounts, amountTexts, ShareBook, shareOf } from './capacity.ts';
import { type Constraint, DistinctAttribute, isTainted, MatchAttribute } from './constraints.ts';
import { CounterBook } from './counters.ts';
import type { PooledDevice } from './pools.ts';
import { AllocationError, type Choice, type RequestSources, type Step, stepsOf } from './requests.ts';

/** The API's limit of devices per claim. */
const maxDevices = 32;

interface AllocationSources extends RequestSources {
  /** By {@link PooledDevice.id}. */
  isInUse(device: string): boolean;
  /** Whether claims have shares of it. */
  isShared(device: string): boolean;
  /** How much of a shared device's capacity is allocated. */
  consumed(device: string, capacity: string): Quantity;
  /** An identity for a share of a device. */
  newShareId(): string;
  /** Whether to give up searching. */
  isOver(): boolean;
}

/**
 * Allocates devices for all claims, in their order; undefined if the node does not have enough. An exhaustive search,
 * which ends with the first solution. Throws {@link AllocationError} for invalid claims and when the time is over.
 */
export function allocate(
  claims: readonly ResourceClaim[],
  node: Node,
  sources: AllocationSources,
): readonly AllocationResult[] | undefined {
  const steps = claims.flatMap((claim) => stepsOf(claim, sources));
  for (const claim of claims) {
    const least = leastDevices(steps.filter((step) => step.claim === claim));
    if (least > maxDevices)
      throw new AllocationError(
        `claim ${keyOf(claim)}: number of requested devices ${least} exceeds the claim limit of ${maxDevices}`,
      );
  }
  const search = new Search(claims, steps, sources);
  if (!search.run()) {
    if (sources.pools.some(({ isInvalid }) => isInvalid))
      throw new AllocationError('invalid resource pools were encountered', true);
    return undefined;
  }
  return claims.map((claim) =>
    resultOf(
      claim,
      search.taken.filter((one) => one.claim === claim),
      { node, newShareId: () => sources.newShareId() },
    ),
  );
}

interface Taken {
  readonly claim: ResourceClaim;
  readonly choice: Choice;
  readonly device: PooledDevice;
  /** The share of a device that several claims may use at once. */
  readonly share: Amounts | undefined;
  /** Whether the device takes from its hardware's counters; only its first share does. */
  readonly counts: boolean;
}

class Search {
  /** The solution so far, in the order of the requests. */
  readonly taken: Taken[] = [];
  readonly #steps: readonly Step[];
  readonly #sources: AllocationSources;
  readonly #constraints: ReadonlyMap<ResourceClaim, readonly Constraint[]>;
  readonly #counters: CounterBook;
  readonly #shares: ShareBook;

  constructor(claims: readonly ResourceClaim[], steps: readonly Step[], sources: AllocationSources) {
    this.#steps = steps;
    this.#sources = sources;
    this.#constraints = new Map(claims.map((claim) => [claim, constraintsOf(claim)]));
    this.#counters = new CounterBook((id) => sources.isInUse(id) || sources.isShared(id));
    this.#shares = new ShareBook((id, name) => sources.consumed(id, name));
  }

  run(): boolean {
    return this.#from(0);
  }

  /** Whether devices for the step and all after it can be found. */
  #from(index: number): boolean {
    const step = this.#steps[index];
    if (!step) return true;
    const held = this.taken.filter(({ claim }) => claim === step.claim).length;
    const later = leastDevices(this.#steps.slice(index + 1).filter(({ claim }) => claim === step.claim));
    return step.choices.some((choice) => {
      if (held + choice.count + later > maxDevices) return false;
      // All of nothing would be a claim without devices.
      if (choice.takesAll && choice.count === 0) return false;
      return this.#devices(index, choice, { wanted: choice.count, position: 0 });
    });
  }

  /**
   * Devices for one request are taken in the order of the pool: another order of the same devices is not another
   * solution.
   */
  #devices(index: number, choice: Choice, { wanted, position }: { wanted: number; position: number }): boolean {
    if (this.#sources.isOver()) throw new AllocationError('timed out trying to allocate devices', true);
    if (wanted === 0) return this.#from(index + 1);
    const { claim } = this.#steps[index] as Step;
    // One request may have several shares of a device.
    const last = choice.devices.length - (choice.takesAll || !choice.devices.some(isShareable) ? wanted : 1);
    for (let i = position; i <= last; i++) {
      const device = choice.devices[i] as PooledDevice;
      const isShared = isShareable(device) && !choice.adminAccess;
      const share = isShared ? shareOf(device.device, choice.capacity) : undefined;
      const again = isShared && (this.#sources.isShared(device.id) || this.taken.some((one) => one.device === device));
      if (this.#take({ claim, choice, device, share, counts: !choice.adminAccess && !again })) {
        if (this.#devices(index, choice, { wanted: wanted - 1, position: isShared && !choice.takesAll ? i : i + 1 }))
          return true;
        this.#putBack();
      }
      if (choice.takesAll) return false;
    }
    return false;
  }

  #take(one: Taken): boolean {
    const { claim, choice, device, share, counts } = one;
    if (this.#isTaken(one)) return false;
    if (isTainted(device.device, choice.tolerations)) return false;
    if (share && !this.#shares.take(device, share)) return false;
    if (counts && !this.#counters.take(device)) {
      if (share) this.#shares.giveBack(device, share);
      return false;
    }
    const constraints = this.#constraints.get(claim) ?? [];
    const subject = { driver: device.pool.driver, device: device.device };
    for (const [i, constraint] of constraints.entries()) {
      if (constraint.add(choice.names, subject)) continue;
      for (const before of constraints.slice(0, i)) before.remove(choice.names);
      if (counts) this.#counters.giveBack(device);
      if (share) this.#shares.giveBack(device, share);
      if (choice.takesAll)
        throw new AllocationError(
          `claim ${keyOf(claim)}, request ${choice.names.name}: cannot add device ${device.id} because a claim constraint would not be satisfied`,
        );
      return false;
    }
    this.taken.push(one);
    return true;
  }

  /** Administrative access may use devices in use; but a claim has a device only once. */
  #isTaken({ claim, choice, share, device: { id } }: Taken): boolean {
    if (share) return this.#sources.isInUse(id);
    if (choice.adminAccess) return this.taken.some((other) => other.device.id === id && other.claim === claim);
    return this.#sources.isInUse(id) || this.taken.some((other) => other.device.id === id);
  }

  #putBack(): void {
    const { claim, choice, device, share, counts } = this.taken.pop() as Taken;
    if (share) this.#shares.giveBack(device, share);
    for (const constraint of this.#constraints.get(claim) ?? []) constraint.remove(choice.names);
    if (counts) this.#counters.giveBack(device);
  }
}

const isShareable = ({ device }: PooledDevice): boolean => device.allowMultipleAllocations === true;

function constraintsOf(claim: ResourceClaim): readonly Constraint[] {
  return (claim.spec.devices?.constraints ?? []).map((constraint, i) => {
    if (constraint.distinctAttribute) return new DistinctAttribute(constraint);
    if (!constraint.matchAttribute)
      throw new AllocationError(
        `claim ${keyOf(claim)}, constraint #${i}: empty constraint (unsupported constraint type?)`,
      );
    return new MatchAttribute(constraint);
  });
}

function leastDevices(steps: readonly Step[]): number {
  return steps.reduce((sum, { choices }) => sum + Math.min(...choices.map(({ count }) => count)), 0);
}

function resultOf(
  claim: ResourceClaim,
  taken: readonly Taken[],
  { node, newShareId }: { node: Node; newShareId: () => string },
): AllocationResult {
  const results = taken.map(({ choice, device, share }): DeviceRequestAllocationResult => {
    const { driver, pool } = device.slice.spec;
    const { bindingConditions, bindingFailureConditions } = device.device;
    return {
      request: choice.names.full,
      driver,
      pool: pool.name,
      device: device.device.name,
      ...(choice.adminAccess ? { adminAccess: true } : {}),
      ...(choice.tolerations.length > 0 ? { tolerations: [...choice.tolerations] } : {}),
      ...(bindingConditions?.length ? { bindingConditions: [...bindingConditions] } : {}),
      ...(bindingFailureConditions?.length ? { bindingFailureConditions: [...bindingFailureConditions] } : {}),
      ...(share ? { shareID: newShareId(), consumedCapacity: amountTexts(share) } : {}),
    };
  });
  const config = configOf(claim, taken);
  const nodeSelector = nodeSelectorOf(taken, node);
  return {
    devices: { results, ...(config.length > 0 ? { config } : {}) },
    ...(nodeSelector ? { nodeSelector } : {}),
  };
}

/** The configuration for drivers: of each class once, then of the claim. Without request names it applies to all. */
function configOf(claim: ResourceClaim, taken: readonly Taken[]): DeviceAllocationConfiguration[] {
  const choices = [...new Set(taken.map(({ choice }) => choice))];
  const classes = new Set(choices.map(({ deviceClass }) => deviceClass));
  const fromClasses = [...classes].flatMap((deviceClass): DeviceAllocationConfiguration[] => {
    const requests = choices.filter((one) => one.deviceClass === deviceClass).map(({ names }) => names.full);
    return (deviceClass.spec.config ?? []).map((one) => ({ source: 'FromClass', requests: [...requests], ...one }));
  });
  const fromClaim = (claim.spec.devices?.config ?? []).flatMap((one): DeviceAllocationConfiguration[] => {
    const concerns =
      !one.requests?.length ||
      choices.some(({ names }) => one.requests?.includes(names.name) || one.requests?.includes(names.full));
    return concerns ? [{ source: 'FromClaim', ...one }] : [];
  });
  const total = claim.spec.devices?.requests?.length ?? 0;
  return [...fromClasses, ...fromClaim].map(({ requests, ...rest }) =>
    requests?.length && requests.length !== total ? { ...rest, requests } : rest,
  );
}

/** Where the devices can be used: on this node alone, on those that their slices select, or (undefined) anywhere. */
function nodeSelectorOf(taken: readonly Taken[], { metadata }: Node): NodeSelector | undefined {
  const term: Required<Pick<NodeSelectorTerm, 'matchFields' | 'matchExpressions'>> = {
    matchFields: [],
    matchExpressions: [],
  };
  for (const { device } of taken) {
    const place = device.slice.spec.perDeviceNodeSelection ? device.device : device.slice.spec;
    if (place.nodeName || device.device.bindsToNode)
      return {
        nodeSelectorTerms: [{ matchFields: [{ key: 'metadata.name', operator: 'In', values: [metadata.name] }] }],
      };
    const [wanted] = place.nodeSelector?.nodeSelectorTerms ?? [];
    for (const field of ['matchFields', 'matchExpressions'] as const)
      for (const requirement of wanted?.[field] ?? [])
        if (!term[field].some((known) => jsonEqual(known, requirement))) term[field].push(requirement);
  }
  const { matchFields, matchExpressions } = term;
  if (matchFields.length + matchExpressions.length === 0) return undefined;
  return {
    nodeSelectorTerms: [
      {
        ...(matchExpressions.length > 0 ? { matchExpressions } : {}),
        ...(matchFields.length > 0 ? { matchFields } : {}),
      },
    ],
  };
}
