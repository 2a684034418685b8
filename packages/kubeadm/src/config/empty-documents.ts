const separator = /^---\s*(#.*)?$/;

/**
 * Whether a text has a document that says nothing, as the comments before a first `---` do: Go's reader takes the lines up to a separator for one, and
 * upstream's kubeadm finds no kind in it. The line that begins a document belongs to it; a text without lines has none.
 */
export function hasEmptyDocument(text: string): boolean {
  const lines = text.replace(/\n$/, '').split('\n');
  if (text === '') return false;
  let begun = false;
  let saysSomething = true;
  for (const line of lines) {
    if (begun && separator.test(line)) {
      if (!saysSomething) return true;
      begun = false;
      continue;
    }
    if (!begun) saysSomething = false;
    begun = true;
    saysSomething ||= !separator.test(line) && /^\s*[^\s#]/.test(line);
  }
  return begun && !saysSomething;
}
