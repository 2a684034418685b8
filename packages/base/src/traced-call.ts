/** Makes a call to `/service/Method`, with headers that propagate the trace. */
export type TracedCall = <T>(
  path: string,
  call: (headers: Readonly<Record<string, string>>) => Promise<T>,
) => Promise<T>;
