/** The old rule for names of variables: the server accepts nearly any name now, but upstream's commands do not. */
const rule =
  "a valid environment variable name must consist of alphabetic characters, digits, '_', '-', or '.', and must not start with a digit (e.g. 'my.env-name',  or 'MY_ENV.NAME',  or 'MyEnvName1', regex used for validation is '[-._a-zA-Z][-._a-zA-Z0-9]*')";

export const isVariableName = (name: string): boolean => /^[-._a-zA-Z][-._a-zA-Z0-9]*$/.test(name);

/** Throws on an invalid environment variable name. */
export function checkVariableName(name: string): void {
  if (!isVariableName(name)) throw new Error(`${JSON.stringify(name)} is not a valid key name: ${rule}`);
}
