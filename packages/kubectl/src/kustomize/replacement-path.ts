import { isJsonObject, type JsonObject } from '@typernetes/machinery';
import type { Slot } from './field-spec.ts';

/** `spec.containers.[name=nginx].image`: escaped dots and dots in brackets do not separate. */
export function splitPath(path: string): string[] {
  const parts: string[] = [];
  let part = '';
  let depth = 0;
  for (let at = 0; at < path.length; at++) {
    const letter = path[at] as string;
    if (letter === '\\' && path[at + 1] === '.') part += path[++at];
    else if (letter === '.' && depth === 0) {
      parts.push(part);
      part = '';
    } else {
      if (letter === '[') depth++;
      if (letter === ']') depth--;
      part += letter;
    }
  }
  return [...parts, part].filter((one) => one !== '');
}

/** `[name=nginx]`; without a name the item itself is compared. */
function condition(part: string): { key: string; value: string } | undefined {
  const [, key = '', value = ''] = /^\[([^=]*)=(.*)\]$/s.exec(part) ?? [];
  return part.startsWith('[') && part.includes('=') ? { key, value } : undefined;
}

const heldIn = ({ holder, member }: Slot): unknown => holder[member];

function itemsOf(list: unknown[]): Slot[] {
  return list.map((_item, i) => ({ holder: list as unknown as JsonObject, member: String(i) }));
}

const scalarText = (value: unknown): string | undefined =>
  typeof value === 'object' || value === undefined ? undefined : String(value);

/** The value at a path; of several the first. Undefined if there is none. */
export function lookedUp(object: JsonObject, path: readonly string[]): unknown {
  let value: unknown = object;
  for (const part of path) {
    const wanted = condition(part);
    if (wanted && Array.isArray(value))
      value = value.find(
        (item) => scalarText(wanted.key === '' ? item : (item as JsonObject)?.[wanted.key]) === wanted.value,
      );
    else if (Array.isArray(value)) value = /^\d+$/.test(part) ? value[Number(part)] : undefined;
    else value = isJsonObject(value) && Object.hasOwn(value, part) ? value[part] : undefined;
  }
  return value;
}

/**
 * All places that a path leads to: `*` is every item of a list, the value of a condition a regular expression. What is missing is made with
 * `create`, which tells what the last of them holds at first.
 */
export function slotsAt(object: JsonObject, path: readonly string[], create: { initial: unknown } | undefined): Slot[] {
  let slots: Slot[] = [{ holder: { object }, member: 'object' }];
  for (const [i, part] of path.entries()) {
    const next = path[i + 1];
    const initial = (): unknown => (next === undefined ? create?.initial : /^\[.*\]$|^\*$|^-$/.test(next) ? [] : {});
    slots = slots.flatMap((slot) => steps(slot, part, create ? { initial } : undefined));
  }
  return slots;
}

function steps(slot: Slot, part: string, create: { initial: () => unknown } | undefined): Slot[] {
  const value = heldIn(slot);
  const wanted = condition(part);
  if (Array.isArray(value)) {
    const items = itemsOf(value);
    if (part === '*') return items;
    if (wanted) return matching(value, wanted, create !== undefined);
    if (part === '-' && create) {
      value.push(create.initial());
      return itemsOf(value).slice(-1);
    }
    if (!/^\d+$/.test(part)) return [];
    const index = Number(part);
    if (index === value.length && create) value.push(create.initial());
    return itemsOf(value).slice(index, index + 1);
  }
  if (!isJsonObject(value) || wanted || part === '*') return [];
  if (!Object.hasOwn(value, part) || value[part] === null) {
    if (!create) return Object.hasOwn(value, part) ? [{ holder: value, member: part }] : [];
    value[part] = create.initial();
  }
  return [{ holder: value, member: part }];
}

function matching(list: unknown[], wanted: { key: string; value: string }, create: boolean): Slot[] {
  const pattern = new RegExp(wanted.value);
  const textOf = (item: unknown): string | undefined =>
    scalarText(wanted.key === '' ? item : isJsonObject(item) ? item[wanted.key] : undefined);
  const found = itemsOf(list).filter((slot) => {
    const text = textOf(heldIn(slot));
    return text !== undefined && pattern.test(text);
  });
  if (found.length > 0 || !create) return found;
  list.push(wanted.key === '' ? wanted.value : { [wanted.key]: wanted.value });
  return itemsOf(list).slice(-1);
}
