/** Makes a call to `/service/Method`, with the headers by which the other side goes on with a trace. */
export type TracedCall = <T>(
  path: string,
  call: (headers: Readonly<Record<string, string>>) => Promise<T>,
) => Promise<T>;
