import { affinityPrefix, type Chain, type Container, type Element, isServiceChain, type NftTable } from './table.ts';

/** What is in the kernel, as far as it is known. */
export interface ExistingTable {
  /** The names of its chains; their rules are not known. */
  readonly chains: readonly string[];
  /** Definitions of its sets. */
  readonly sets: ReadonlyMap<string, string>;
}

/** Input for `nft -f -`, which the kernel takes as a whole or not at all. */
export interface Transaction {
  /** `''`: nothing differs. */
  readonly input: string;
  /** Service chains that are not used any more: empty from now on, to be deleted later. */
  readonly stale: readonly string[];
}

/** Turns `applied`, which is what the kernel has, into `wanted`. Pure. */
export function changeOf(table: string, wanted: NftTable, applied: NftTable): Transaction {
  return transaction(table, wanted, applied, []);
}

/** Makes the table `wanted` whatever there is, which is all deleted. Pure. */
export function recreationOf(table: string, wanted: NftTable): Transaction {
  const before = [`add table ${table}`, `delete table ${table}`, tableLine(table)];
  return transaction(table, wanted, { chains: new Map(), containers: new Map() }, before);
}

/**
 * Makes the table `wanted`; which clients belong to which backends stays remembered. Chains with a hook are made anew, because the kernel
 * changes neither the hook nor the priority of one. Pure.
 */
export function replacementOf(table: string, wanted: NftTable, existing: ExistingTable): Transaction {
  const hooked = [...wanted.chains].filter(([, { hook }]) => hook !== undefined);
  const filled = [...wanted.containers].filter(([, { elements }]) => elements !== undefined);
  const before = [
    tableLine(table),
    ...hooked.flatMap(([name]) => [`add chain ${table} ${name}`, `delete chain ${table} ${name}`]),
    ...filled.flatMap(([name, container]) => [
      additionOf(table, name, container),
      `flush ${container.kind} ${table} ${name}`,
    ]),
  ];
  const unknownRules: Chain = { rules: ['unknown'] };
  const applied: NftTable = {
    chains: new Map(existing.chains.filter(isServiceChain).map((name) => [name, unknownRules])),
    containers: new Map<string, Container>([
      ...[...existing.sets]
        .filter(([name]) => name.startsWith(affinityPrefix))
        .map(([name, definition]): [string, Container] => [name, { kind: 'set', definition, elements: undefined }]),
      ...filled.map(([name, container]): [string, Container] => [name, { ...container, elements: new Map() }]),
    ]),
  };
  return transaction(table, wanted, applied, before);
}

const tableLine = (table: string): string => `add table ${table} { comment "rules for kube-proxy" ; }`;

const additionOf = (table: string, name: string, { kind, definition }: Container): string =>
  `add ${kind} ${table} ${name} { ${definition} }`;

/** The order matters: what is referred to has to be there, and what is deleted must not be referred to. */
function transaction(table: string, wanted: NftTable, applied: NftTable, before: readonly string[]): Transaction {
  const dropped = [...applied.containers].filter(
    ([name, { definition }]) => wanted.containers.get(name)?.definition !== definition,
  );
  const droppedNames = new Set(dropped.map(([name]) => name));
  const containers = [...wanted.containers].map(([name, container]) => {
    const known = droppedNames.has(name) ? undefined : applied.containers.get(name);
    return { name, container, known };
  });
  const chains = [...wanted.chains].filter(
    ([name, chain]) => !isSameChain(chain, applied.chains.get(name)) || usesOneOf(chain, droppedNames),
  );
  const stale = [...applied.chains.keys()].filter((name) => !wanted.chains.has(name));
  const lines = [
    ...before,
    ...chains.flatMap(([name, chain]) => [
      `add chain ${table} ${name}${headOf(chain)}`,
      `flush chain ${table} ${name}`,
    ]),
    ...stale.map((name) => `flush chain ${table} ${name}`),
    ...dropped.map(([name, { kind }]) => `delete ${kind} ${table} ${name}`),
    ...containers.flatMap(({ name, container, known }) => (known ? [] : [additionOf(table, name, container)])),
    ...chains.flatMap(([name, { rules }]) => rules.map((rule) => `add rule ${table} ${name} ${rule}`)),
    ...containers.flatMap(({ name, container, known }) =>
      elementLines(`${table} ${name}`, container.elements, known?.elements),
    ),
  ];
  return { input: lines.map((line) => `${line}\n`).join(''), stale };
}

function elementLines(
  where: string,
  wanted: Container['elements'] = new Map(),
  applied: Container['elements'] = new Map(),
): string[] {
  const isKept = (key: string): boolean => isSameElement(wanted.get(key), applied.get(key));
  const deleted = [...applied.keys()].filter((key) => !isKept(key));
  const added = [...wanted].filter(([key]) => !isKept(key));
  return [
    ...deleted.map((key) => `delete element ${where} { ${key} }`),
    ...added.map(([key, element]) => `add element ${where} { ${key}${elementText(element)} }`),
  ];
}

const elementText = ({ verdict, comment }: Element): string =>
  `${comment === undefined ? '' : ` comment "${comment}"`}${verdict === '' ? '' : ` : ${verdict}`}`;

function headOf({ hook, comment }: Chain): string {
  if (hook !== undefined) return ` { ${hook} ; }`;
  return comment === undefined ? '' : ` { comment "${comment}" ; }`;
}

const isSameElement = (a: Element | undefined, b: Element | undefined): boolean =>
  a !== undefined && b !== undefined && a.verdict === b.verdict && a.comment === b.comment;

const isSameChain = ({ rules }: Chain, applied: Chain | undefined): boolean =>
  rules === applied?.rules ||
  (applied !== undefined &&
    rules.length === applied.rules.length &&
    rules.every((rule, i) => rule === applied.rules[i]));

/** Whether a rule refers to one of the containers. */
const usesOneOf = ({ rules }: Chain, names: ReadonlySet<string>): boolean =>
  names.size > 0 && rules.some((rule) => [...rule.matchAll(/@(\S+)/g)].some(([, name = '']) => names.has(name)));
