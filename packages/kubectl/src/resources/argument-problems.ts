/** Whether objects are named as `TYPE/NAME`, which upstream words differently. */
const areTuples = (args: readonly string[]): boolean => args.some((arg) => arg.includes('/'));

/** Throws for objects that are named beside files. */
export function refuseBesideFiles(args: readonly string[]): void {
  if (args.length === 0) return;
  throw new Error(
    areTuples(args)
      ? 'resource/name arguments cannot be provided when a path is specified'
      : 'when paths, URLs, or stdin is provided as input, you may not specify resource arguments as well',
  );
}

/** Throws for objects that are named where a selector picks them. */
export function refuseNamesBesideSelector(
  args: readonly string[],
  targets: readonly { readonly names: readonly string[] | undefined }[],
): void {
  if (!targets.some(({ names }) => names)) return;
  throw new Error(
    areTuples(args)
      ? 'selectors and the all flag cannot be used when passing resource/name arguments'
      : 'name cannot be provided when a selector is specified',
  );
}
