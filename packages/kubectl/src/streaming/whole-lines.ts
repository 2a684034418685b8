/** Lines with their ends as they become complete, and what is left at the end, also where the stream ends in an error. */
export async function* wholeLines(body: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  let begun: Uint8Array[] = [];
  try {
    for await (const chunk of body) {
      let from = 0;
      for (let end = chunk.indexOf(10); end >= 0; end = chunk.indexOf(10, from)) {
        yield Buffer.concat([...begun, chunk.subarray(from, end + 1)]);
        begun = [];
        from = end + 1;
      }
      if (from < chunk.length) begun.push(chunk.subarray(from));
    }
  } catch (error) {
    if (begun.length > 0) yield Buffer.concat(begun);
    throw error;
  }
  if (begun.length > 0) yield Buffer.concat(begun);
}
