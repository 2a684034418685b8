import type { ApiObject } from '@typernetes/machinery';

type Data = Readonly<Record<string, string>>;

/** Masks the data of a pair of Secrets: the result only shows which entries differ. */
export function maskedPair({ live, merged }: { live: ApiObject | undefined; merged: ApiObject | undefined }): {
  live: ApiObject | undefined;
  merged: ApiObject | undefined;
} {
  const any = merged ?? live;
  if (any?.kind !== 'Secret' || any.apiVersion !== 'v1') return { live, merged };
  const [before, after] = [dataOf(live), dataOf(merged)];
  const mask = (own: Data, other: Data, note: string): Data =>
    Object.fromEntries(
      Object.entries(own).map(([key, value]) => {
        const differs = Object.hasOwn(other, key) && other[key] !== value;
        return [key, differs ? `*** (${note})` : '***'];
      }),
    );
  return {
    live: live && withData(live, mask(before, after, 'before')),
    merged: merged && withData(merged, mask(after, before, 'after')),
  };
}

function dataOf(object: ApiObject | undefined): Data {
  return (object as { data?: Data } | undefined)?.data ?? {};
}

function withData(object: ApiObject, data: Data): ApiObject {
  return Object.keys(data).length === 0 ? object : ({ ...object, data } as ApiObject);
}
