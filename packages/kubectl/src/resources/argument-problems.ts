import { refuseMisuse } from '../manifests/file-marks.ts';

/** Whether objects are given as `TYPE/NAME`, for which upstream has other messages. */
const areTuples = (args: readonly string[]): boolean => args.some((arg) => arg.includes('/'));

/** Throws if objects are named in addition to files, or flags that name files do not go together. */
export function refuseBesideFiles(args: readonly string[], filenames: readonly string[]): void {
  refuseMisuse(filenames);
  if (args.length === 0) return;
  throw new Error(
    areTuples(args)
      ? 'resource/name arguments cannot be provided when a path is specified'
      : 'when paths, URLs, or stdin is provided as input, you may not specify resource arguments as well',
  );
}

/** Throws if objects are named in addition to a selector. */
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
