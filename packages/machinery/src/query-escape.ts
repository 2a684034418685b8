const reserved = /[!'()*]/g;

/** Escapes a part of a query as Go does: a space is `+`, and only letters, digits and `-_.~` stay as they are. */
export function queryEscaped(text: string): string {
  return encodeURIComponent(text)
    .replace(reserved, (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`)
    .replaceAll('%20', '+');
}
