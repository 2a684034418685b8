/** Mount points at or below `folder`, innermost first, from the text of /proc/mounts. */
export function mountsBelow(procMounts: string, folder: string): string[] {
  return procMounts
    .split('\n')
    .map((line) =>
      (line.split(' ')[1] ?? '').replace(/\\([0-7]{3})/g, (_, octal: string) =>
        String.fromCharCode(Number.parseInt(octal, 8)),
      ),
    )
    .filter((point) => point === folder || point.startsWith(`${folder}/`))
    .reverse();
}
