/** The verbosity of a program's log: klog's level. It may change at run time. */
export interface Verbosity {
  level: number;
}

/** The response to a request to `/debug/flags/v`; text for people. */
interface VerbosityAnswer {
  readonly status: number;
  readonly text: string;
}

export const isDebugFlagsPath = (path: string): boolean => path === '/debug/flags' || path.startsWith('/debug/flags/');

/** The page at every other path of {@link isDebugFlagsPath}: only the verbosity can be changed. */
export const flagsPage = `<html>
<head>
<title>/debug/flags/</title>
</head>
<body>
/debug/flags/<br>
<br>
flags:<br>
<table>

<tr>v<br>

</table>
<br>
full flags configurable<br>
</body>
</html>
`;

/** `PUT /debug/flags/v`: the body is the new level. In the words of upstream's `server/routes` and `component-base/logs`. */
export function changeVerbosity(verbosity: Verbosity, method: string, body: string): VerbosityAnswer {
  if (method !== 'PUT') return { status: 406, text: 'unsupported http method\n' };
  if (!/^[+-]?\d+$/.test(body)) {
    const why = `strconv.ParseInt: parsing ${JSON.stringify(body)}: invalid syntax`;
    return { status: 400, text: `failed set klog.logging.verbosity ${body}: ${why}\n` };
  }
  verbosity.level = Number(body);
  return { status: 200, text: `successfully set klog.logging.verbosity to ${body}\n` };
}

/** No level takes more than a few letters. */
const longestBody = 1024;

export async function shortBody(request: AsyncIterable<unknown>): Promise<string> {
  let body = '';
  for await (const part of request) {
    body += String(part);
    if (body.length > longestBody) break;
  }
  return body;
}
