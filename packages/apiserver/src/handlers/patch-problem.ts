import { invalid, invalidValue, isJsonObject, reasonOf, undecodable } from '@typernetes/machinery';
import type { PatchKind } from './patchers.ts';

type Kind = Parameters<typeof undecodable>[0];

/**
 * Upstream's error for a patched object that cannot be decoded: for a JSON or merge patch it shows the result, for a
 * strategic merge patch the patch. Other errors are returned unchanged.
 */
export function patchProblem(
  error: unknown,
  { kind, type, patch, patched }: { kind: PatchKind; type: Kind; patch: unknown; patched: unknown },
): unknown {
  if (!(error instanceof Error)) return error;
  const [, why] = /^\S* in version "[^"]*" cannot be handled as a \S+: (.*)$/s.exec(error.message) ?? [];
  if (why === undefined || reasonOf(error) !== 'BadRequest') return error;
  const isOfType = error.message.startsWith(undecodable(type, '').message);
  const problem =
    kind === 'strategic' && isOfType
      ? invalidValue('patch', goText(patch), conversionText(why))
      : invalidValue('patch', JSON.stringify(inKeyOrder(patched)), why);
  return invalid({ group: '', kind: '' }, '', [problem]);
}

/** The members of the document in the order of their names: upstream's patches go through maps. */
function inKeyOrder(value: unknown): unknown {
  if (!isJsonObject(value)) return value;
  return Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** A value in Go's format: `map[data:map[a:1] list:[x y]]`. */
function goText(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(goText).join(' ')}]`;
  if (!isJsonObject(value)) return value === null ? '<nil>' : String(value);
  const members = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return `map[${members.map(([key, member]) => `${key}:${goText(member)}`).join(' ')}]`;
}

/** Strategic merge patches pass through untyped values, whose conversion has its own messages. */
function conversionText(why: string): string {
  const [, given, wanted = ''] = /^json: cannot unmarshal (\w+) into Go .*of type (.+)$/.exec(why) ?? [];
  if (given === undefined) return why;
  const from = { string: 'string', bool: 'bool', array: 'slice', object: 'map' }[given] ?? 'int64';
  if (wanted.startsWith('map[')) return `cannot restore map from ${from}`;
  if (wanted.startsWith('[]')) return `cannot restore slice from ${from}`;
  if (!/^(string|bool|u?int\d*|float\d*)$/.test(wanted)) return `cannot restore struct from: ${from}`;
  return from === 'int64' && wanted === 'string' ? 'cannot convert int64 to string' : `unrecognized type: ${wanted}`;
}
