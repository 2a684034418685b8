/**
 * A set of fields in the form in which `managedFields` stores it (FieldsV1), so that nothing is encoded or decoded: members
 * are path elements (`f:spec`, `k:{"name":"web"}`, `v:"x"`). A path belongs to the set if its node is empty or has the
 * member `.`; other nodes only lead to longer paths. Nodes are shared between sets: never change one that you did not make.
 */
export interface Fields {
  readonly [element: string]: Fields;
}

type OpenFields = { [element: string]: Fields };

export const noFields: Fields = Object.freeze({});

const elements = new Map<string, string>();
const mostElements = 4096;

/**
 * The path element of a member: cached for common names, since a newly built text must be interned to be used as a key.
 */
export function elementOf(name: string): string {
  const known = elements.get(name);
  if (known !== undefined) return known;
  const element = `f:${name}`;
  if (elements.size < mostElements) elements.set(name, element);
  return element;
}

const self = '.';

export function isEmptySet(fields: Fields): boolean {
  for (const _ in fields) return false;
  return true;
}

/** Whether the path that leads to a node belongs to the set. */
export const isMember = (node: Fields): boolean => self in node || isEmptySet(node);

/** A node with these children, or undefined if neither it nor any child belongs to the set. */
function nodeOf(children: OpenFields, member: boolean): Fields | undefined {
  if (isEmptySet(children)) return member ? noFields : undefined;
  return member ? { [self]: noFields, ...children } : children;
}

function childrenOf(node: Fields): OpenFields {
  const { [self]: _, ...children } = node;
  return children;
}

/** Puts a path into a set under construction. */
export function insertPath(root: Fields, path: readonly string[]): void {
  let at = root as OpenFields;
  for (const [i, element] of path.entries()) {
    const last = i === path.length - 1;
    let next = at[element] as OpenFields | undefined;
    if (next === undefined) {
      next = {};
      at[element] = next;
    } else if (last ? !isEmptySet(next) : isEmptySet(next)) next[self] = noFields;
    at = next;
  }
}

/** Puts a whole subtree into a set under construction, at a path where it has nothing yet. */
export function attachFields(root: Fields, path: readonly string[], subtree: Fields): void {
  let at = root as OpenFields;
  for (let i = 0; i < path.length - 1; i++) {
    const element = path[i]!;
    at[element] ??= {};
    at = at[element] as OpenFields;
  }
  at[path.at(-1)!] = subtree;
}

/** `['status', 'metadata.labels']` as a set. */
export function fieldsOfPaths(paths: readonly string[]): Fields {
  const fields: OpenFields = {};
  for (const path of paths)
    insertPath(
      fields,
      path.split('.').map((name) => `f:${name}`),
    );
  return fields;
}

export function unionFields(a: Fields, b: Fields): Fields {
  if (a === b || isEmptySet(b)) return a;
  if (isEmptySet(a)) return b;
  const union: OpenFields = { ...a };
  for (const element in b) {
    const [left, right] = [a[element], b[element]!];
    union[element] = left === undefined || element === self ? right : unionNodes(left, right);
  }
  return union;
}

function unionNodes(a: Fields, b: Fields): Fields {
  if (a === b) return a;
  const union = unionFields(a, b);
  const member = isMember(a) || isMember(b);
  return member && !(self in union) && !isEmptySet(union) ? { [self]: noFields, ...union } : union;
}

/** The paths of `a` that are not in `b`. Returns `a` itself if they have none in common. */
export function differenceFields(a: Fields, b: Fields): Fields {
  return combine(a, { b, keep: (inB) => !inB, alone: true });
}

/** The paths that both sets have. */
export function intersectFields(a: Fields, b: Fields): Fields {
  return combine(a, { b, keep: (inB) => inB, alone: false });
}

interface Rule {
  readonly b: Fields;
  /** Whether to keep a path of `a`, depending on whether `b` has it too. */
  keep(inB: boolean): boolean;
  /** Whether nodes of `a` stay for which `b` has none. */
  readonly alone: boolean;
}

function combine(a: Fields, rule: Rule): Fields {
  const out: OpenFields = {};
  let same = true;
  for (const element in a) {
    if (element === self) continue;
    const [left, right] = [a[element]!, rule.b[element]];
    const kept = right === undefined ? (rule.alone ? left : undefined) : combineNodes(left, { ...rule, b: right });
    if (kept !== left) same = false;
    if (kept !== undefined) out[element] = kept;
  }
  return same ? a : out;
}

function combineNodes(a: Fields, rule: Rule): Fields | undefined {
  const combined = combine(a, rule);
  const children = childrenOf(combined);
  const member = isMember(a) && rule.keep(isMember(rule.b));
  const node = nodeOf(children, member);
  return node !== undefined && combined === a && member === isMember(a) ? a : node;
}

/** The paths of `a` that are neither in `b` nor below a path in it. */
export function withoutSubtrees(a: Fields, b: Fields): Fields {
  if (isEmptySet(b)) return a;
  const out: OpenFields = {};
  for (const element in a) {
    const [left, right] = [a[element]!, b[element]];
    if (right === undefined) out[element] = left;
    else if (!isMember(right)) {
      const inner = withoutSubtrees(left, right);
      const node = nodeOf(childrenOf(inner), isMember(left));
      if (node !== undefined) out[element] = node;
    }
  }
  return out;
}

export function equalFields(a: Fields, b: Fields): boolean {
  if (a === b) return true;
  let count = 0;
  for (const element in a) {
    const right = b[element];
    if (right === undefined || !equalFields(a[element]!, right)) return false;
    count++;
  }
  for (const _ in b) count--;
  return count === 0;
}

/**
 * The set with its elements in upstream's order: itself, fields, items by key, items by value, each by its text, with
 * numbers in keys by value. Returns the set itself if it is sorted already.
 */
export function orderedFields(fields: Fields): Fields {
  let previous: string | undefined;
  let inOrder = true;
  let inner: OpenFields | undefined;
  for (const element in fields) {
    if (inOrder && previous !== undefined && !isBefore(previous, element)) inOrder = false;
    previous = element;
    const node = fields[element]!;
    if (isEmptySet(node)) continue;
    const ordered = orderedFields(node);
    if (ordered === node) continue;
    inner ??= {};
    inner[element] = ordered;
  }
  if (inOrder && inner === undefined) return fields;
  const names = Object.keys(fields);
  if (!inOrder) names.sort(compareElements);
  const out: OpenFields = {};
  for (const name of names) out[name] = inner?.[name] ?? fields[name]!;
  return out;
}

const compareElements = (a: string, b: string): number => (isBefore(a, b) ? -1 : 1);

/** The first letters of element types sort in upstream's order, and the dot is before all of them. */
function isBefore(a: string, b: string): boolean {
  if (a.charCodeAt(0) === letterK && b.charCodeAt(0) === letterK) {
    const [left, right] = [firstNumber.exec(a), firstNumber.exec(b)];
    if (left && right && left[1] === right[1] && left[2] !== right[2]) return Number(left[2]) < Number(right[2]);
  }
  return a < b;
}

const letterK = 'k'.charCodeAt(0);

/** The number that the first key of an item has. */
const firstNumber = /^k:\{("[^"]*":)(-?\d+)/;

/** All paths of a set, in order. */
export function* pathsOf(fields: Fields, prefix: readonly string[] = []): Generator<readonly string[]> {
  for (const element of Object.keys(fields).sort()) {
    if (element === self) continue;
    const path = [...prefix, element];
    const node = fields[element]!;
    if (isMember(node)) yield path;
    yield* pathsOf(node, path);
  }
}

/** `.spec.containers[name="web"].image`, the form in conflicts. */
export function pathText(path: readonly string[]): string {
  return path
    .map((element) => {
      const rest = element.slice(2);
      if (element.startsWith('f:')) return `.${rest}`;
      if (element.startsWith('v:')) return `[=${rest}]`;
      if (element.startsWith('i:')) return `[${rest}]`;
      const keys = Object.entries(JSON.parse(rest) as Record<string, unknown>);
      return `[${keys.map(([key, value]) => `${key}=${JSON.stringify(value)}`).join(',')}]`;
    })
    .join('');
}
