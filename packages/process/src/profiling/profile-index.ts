/** The profiles at `/debug/pprof/`, under Go's names. Descriptions are ours where the contents differ from Go's. */
const descriptions = {
  allocs: 'A sampling of the memory allocations of the next 30 seconds; another duration by the seconds GET parameter.',
  block:
    'Stack traces that led to blocking on synchronization primitives: JavaScript runs in one thread, which has none.',
  cmdline: 'The command line invocation of the current program',
  goroutine: 'What the event loop waits for, by kind. Use debug=2 as a query parameter to see them one by one.',
  heap: 'A sampling of memory allocations of live objects, made since somebody asked for it first. You can specify the gc GET parameter to run GC before taking the heap sample.',
  mutex: 'Stack traces of holders of contended mutexes: there are none, as with block.',
  profile:
    'CPU profile. You can specify the duration in the seconds GET parameter. After you get the profile file, use the go tool pprof command to investigate the profile.',
  symbol: 'Maps given program counters to function names: there are none, as profiles have the names themselves.',
  threadcreate: 'OS threads by their names',
  trace:
    'A trace of execution of the current program. You can specify the duration in the seconds GET parameter. After you get the trace file, open it in Perfetto or chrome://tracing.',
} as const;

export type ProfileName = keyof typeof descriptions;

export const isProfileName = (name: string): name is ProfileName => Object.hasOwn(descriptions, name);

/** The page at `/debug/pprof/`, laid out as Go's. */
export function profileIndex(counts: Partial<Record<ProfileName, number>>): string {
  const names = Object.keys(descriptions).filter(isProfileName);
  const row = (name: ProfileName): string =>
    `<tr><td>${counts[name] ?? 0}</td><td><a href='${name}?debug=1'>${name}</a></td></tr>\n`;
  const entry = (name: ProfileName): string =>
    `<li><div class=profile-name>${name}: </div> ${descriptions[name]}</li>\n`;
  return `<html>
<head>
<title>/debug/pprof/</title>
<style>
.profile-name{
	display:inline-block;
	width:6rem;
}
</style>
</head>
<body>
/debug/pprof/
<br>
<p>Set debug=1 as a query parameter to export in legacy text format</p>
<br>
Types of profiles available:
<table>
<thead><td>Count</td><td>Profile</td></thead>
${names.map(row).join('')}</table>
<a href="goroutine?debug=2">full goroutine stack dump</a>
<br>
<p>
Profile Descriptions:
<ul>
${names.map(entry).join('')}</ul>
</p>
</body>
</html>`;
}
