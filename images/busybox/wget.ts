/**
 * `wget` with `-T` and `--timeout`, which Debian's busybox was built without: it crashes on the one and does not know
 * the other. Upstream's stops when nothing arrives for the given seconds; this one stops when it has not finished by
 * then.
 */
export const wgetScript = (program: string): string => `#!/bin/sh
seconds=0
next=
left=$#
while [ $left -gt 0 ]; do
  word=$1
  shift
  left=$((left - 1))
  if [ -n "$next" ]; then
    seconds=$word
    next=
    continue
  fi
  case $word in
    -T | --timeout) next=seconds ;;
    -T*) seconds=\${word#-T} ;;
    --timeout=*) seconds=\${word#*=} ;;
    -[cqS]T* | -[cqS][cqS]T*)
      set -- "$@" "\${word%%T*}"
      seconds=\${word#*T}
      [ -n "$seconds" ] || next=seconds
      ;;
    *) set -- "$@" "$word" ;;
  esac
done
if [ -n "$next" ]; then
  echo "wget: option requires an argument -- 'T'" >&2
  exit 1
fi
case $seconds in
  '' | *[!0-9]*)
    echo "wget: invalid number '$seconds'" >&2
    exit 1
    ;;
esac
[ "$seconds" -gt 0 ] || exec ${program} wget "$@"
# Of a child that ended by this signal the shell says nothing.
${program} timeout -s PIPE "$seconds" ${program} wget "$@"
code=$?
[ $code -eq 141 ] || exit $code
echo 'wget: download timed out' >&2
exit 1
`;

/**
 * The program with its wget applet renamed: busybox's shell runs applets before it looks into `PATH`, and would never
 * find the script. The table of applets must stay sorted, and does.
 */
export function withoutWget(program: Buffer): Buffer {
  const name = Buffer.from('\0wget\0');
  const at = program.indexOf(name);
  if (at < 0 || program.indexOf(name, at + 1) >= 0)
    throw new Error('busybox has no single table of applets with wget in it');
  const changed = Buffer.from(program);
  changed.write('wgeT', at + 1);
  return changed;
}
