/** What JSON.parse says, in the words of upstream's parser, where these are the same whatever is around them. */
export function jsonProblem(message: string): string {
  if (message === 'Unexpected end of JSON input') return 'unexpected end of JSON input';
  const token = /^Unexpected token '(.)'/su.exec(message);
  return token ? `invalid character '${token[1]}' looking for beginning of value` : message;
}
