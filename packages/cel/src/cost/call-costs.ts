import type { Overload } from '../library/overload.ts';
import type { Expr } from '../syntax/ast.ts';
import type { CelType } from '../types/type.ts';
import { exactly, nothing, one, product, type Range, scaled, sum, traversed, unknown } from './range.ts';

/** An operand of a call. */
export interface Operand {
  readonly expr: Expr;
  readonly type: CelType;
  readonly size: Range;
  /** The size of each item, for lists. */
  itemSize(): Range;
}

interface Call {
  readonly overload: Overload;
  /** The operands; for methods the receiver is the first. */
  readonly operands: readonly Operand[];
}

/** The size of the result, where the call tells more than the result's type does. */
interface CallCost {
  readonly cost: Range;
  readonly size?: Range;
}

type Rule = (call: Call) => CallCost | undefined;

const sizeAt = ({ operands }: Call, i: number): Range => operands[i]?.size ?? unknown;

const constant = (cost: Range): Rule => {
  const result = { cost };
  return () => result;
};
const nominal = constant(one);
const reads: Rule = (call) => ({ cost: traversed(sizeAt(call, 0)) });
const keepsSize: Rule = (call) => ({ cost: traversed(sizeAt(call, 0)), size: sizeAt(call, 0) });

/** The value of a numeric literal. */
function literal(operand: Operand | undefined, otherwise: number): number {
  const value = operand?.expr.kind === 'const' ? operand.expr.value : undefined;
  return typeof value === 'bigint' ? Math.max(0, Number(value)) : otherwise;
}

const matchesPattern: Rule = (call) => {
  // One more character: matching costs something even when the text is empty.
  const text = traversed(sum(sizeAt(call, 0), one));
  return { cost: product(text, scaled(sizeAt(call, 1), 0.25)) };
};

const find: Rule = (call) => {
  const matched = matchesPattern(call);
  return matched && { ...matched, size: { min: 0, max: sizeAt(call, 0).max } };
};

/** Each item is compared once; strings are also read. */
const visits: Rule = (call) => {
  const [target] = call.operands;
  if (target?.type.kind !== 'list') return reads(call);
  const item = target.type.params[0]?.kind;
  const each = item === 'string' || item === 'bytes' ? sum(one, traversed(target.itemSize())) : one;
  return { cost: product(target.size, each) };
};

const replace: Rule = (call) => {
  const [text, from, to] = [0, 1, 2].map((i) => sizeAt(call, i)) as [Range, Range, Range];
  // The longest possible result: the shortest matches, each replaced by the longest replacement.
  let most = 0;
  let kept = 0;
  if (from.min === 0) [most, kept] = [text.max + 1, text.max];
  else if (to.max <= from.min) kept = text.max;
  else most = Math.ceil(text.max / from.min);
  let least = 0;
  let keptAtLeast = 0;
  if (from.max === 0) [least, keptAtLeast] = [text.min + 1, text.min];
  else if (from.max <= to.min) keptAtLeast = text.min;
  else least = Math.ceil(text.min / from.max);
  const size = sum(product({ min: least, max: most }, to), { min: keptAtLeast, max: kept });
  return { cost: scaled(text, 0.2), size };
};

const split: Rule = (call) => {
  const text = sizeAt(call, 0);
  return { cost: scaled(text, 0.2), size: { min: 0, max: literal(call.operands[2], text.max) } };
};

const join: Rule = (call) => {
  const [list] = call.operands;
  if (!list) return undefined;
  let size = product(list.size, list.itemSize());
  if (call.operands.length > 1) {
    const gaps = { min: Math.max(0, list.size.min - 1), max: Math.max(0, list.size.max - 1) };
    size = sum(size, product(sizeAt(call, 1), gaps));
  }
  return { cost: traversed(size), size };
};

const address: Range = { min: 4, max: 16 };

function containsAddress(call: Call, more: Range): CallCost {
  const compared = sum(traversed(sum(address, address)), more);
  const isText = call.overload.params[1]?.kind === 'string';
  return { cost: isText ? sum(compared, traversed(sizeAt(call, 1))) : compared };
}

/** Requirements are at least two characters long, and each costs a list and a struct. */
const selector: Rule = (call) => {
  const size = sizeAt(call, 1);
  return { cost: sum(exactly(10), sum(traversed(size), scaled(scaled(size, 0.5), 50))) };
};

const setsCost =
  (factor: number): Rule =>
  (call) => ({ cost: sum(one, scaled(product(sizeAt(call, 0), sizeAt(call, 1)), factor)) });

const makesList = (factor: number, size: Range): CallCost => ({ cost: sum(scaled(size, factor), exactly(11)), size });

const sorts =
  (keysAt: number): Rule =>
  (call) => {
    const keys = call.operands[keysAt];
    const item = call.overload.params[keysAt]?.params[0]?.kind;
    const size = keys?.size ?? unknown;
    return makesList(item === 'string' || item === 'bytes' ? 2.1 : 2, product(size, size));
  };

const reverse: Rule = (call) => (call.operands[0]?.type.kind === 'list' ? makesList(1, sizeAt(call, 0)) : undefined);

const addition: Rule = ({ overload, operands: [left, right] }) => {
  const kind = overload.params[0]?.kind;
  if (!left || !right || (kind !== 'string' && kind !== 'bytes' && kind !== 'list')) return undefined;
  const size = sum(left.size, right.size);
  return { cost: kind === 'list' ? one : traversed(size), size };
};

const shorter: Rule = ({ operands: [left, right] }) => {
  const max = Math.min((left?.size ?? unknown).max, (right?.size ?? unknown).max);
  return { cost: traversed({ min: max > 0 ? 1 : 0, max }) };
};

const ordering: Rule = (call) => {
  const kind = call.overload.params[0]?.kind;
  return kind === 'string' || kind === 'bytes' ? shorter(call) : undefined;
};

const maxFormatSize = 64;

const equality: Rule = (call) => {
  const [left, right] = call.operands;
  if (left?.type.kind === 'opaque' && right?.type.name === left.type.name) {
    if (left.type.name === 'kubernetes.NamedFormat') return { cost: traversed({ min: 1, max: maxFormatSize }) };
    if (left.type.name === 'kubernetes.URL') return { cost: traversed({ min: 1, max: right.size.max }) };
    if (left.type.name !== 'optional_type') return { cost: one };
  }
  return shorter(call);
};

/** Functions and methods of one name share a rule; a call without a rule costs one. Numbers are upstream's. */
const rules: Readonly<Record<string, Rule>> = {
  '_+_': addition,
  '_==_': equality,
  '_!=_': shorter,
  '_<_': ordering,
  '_<=_': ordering,
  '_>_': ordering,
  '_>=_': ordering,
  '@in': (call) => (call.overload.params[1]?.kind === 'list' ? { cost: sizeAt(call, 1) } : undefined),
  bytes: (call) => {
    const size = sizeAt(call, 0);
    return call.overload.params[0]?.kind === 'string'
      ? { cost: traversed(size), size: sum(size, { min: 0, max: size.max * 3 }) }
      : undefined;
  },
  string: (call) => {
    const size = sizeAt(call, 0);
    return call.overload.params[0]?.kind === 'bytes'
      ? { cost: traversed(size), size: { min: Math.floor(size.min / 4), max: size.max } }
      : undefined;
  },
  startsWith: (call) => ({ cost: traversed(sizeAt(call, 1)) }),
  endsWith: (call) => ({ cost: traversed(sizeAt(call, 1)) }),
  contains: (call) => ({ cost: product(traversed(sizeAt(call, 0)), traversed(sizeAt(call, 1))) }),
  matches: (call) => (call.overload.method ? matchesPattern(call) : undefined),
  find,
  findAll: find,
  format: reads,
  'strings.quote': (call) => {
    const size = sizeAt(call, 0);
    return { cost: traversed(size), size: { min: size.min + 2, max: size.max * 2 + 2 } };
  },
  lowerAscii: keepsSize,
  upperAscii: keepsSize,
  substring: keepsSize,
  trim: keepsSize,
  url: keepsSize,
  'jsonpatch.escapeKey': keepsSize,
  replace,
  split,
  join,
  isSorted: visits,
  sum: visits,
  max: visits,
  min: visits,
  indexOf: visits,
  lastIndexOf: visits,
  slice: (call) => {
    const [list, from, to] = call.operands;
    const length = literal(to, list?.size.max ?? unknown.max) - literal(from, 0);
    return makesList(1, exactly(Math.max(0, length)));
  },
  flatten: (call) => {
    const depth = call.operands.length > 1 ? literal(call.operands[1], unknown.max) : 1;
    return makesList(depth, sizeAt(call, 0));
  },
  distinct: (call) => makesList(2, product(sizeAt(call, 0), sizeAt(call, 0))),
  reverse,
  sort: sorts(0),
  '@sortByAssociatedKeys': sorts(1),
  'lists.range': (call) => makesList(1, exactly(literal(call.operands[0], unknown.max))),
  'sets.contains': setsCost(1),
  'sets.intersects': setsCost(1),
  'sets.equivalent': setsCost(2),
  check: constant(exactly(350_000)),
  fieldSelector: selector,
  labelSelector: selector,
  containsIP: (call) => containsAddress(call, nothing),
  containsCIDR: (call) => containsAddress(call, sum(traversed(address), one)),
  validate: (call) => ({ cost: scaled(traversed(sizeAt(call, 1)), 128 * 0.25) }),
};

/** The cost of a call without that of its operands. */
export function callCost(call: Call): CallCost {
  const rule = Object.hasOwn(rules, call.overload.name) ? rules[call.overload.name] : undefined;
  return (rule ?? nominal)(call) ?? { cost: one };
}
