/**
 * The terminal's library writes its sizes and colours into style elements, which the page's policy (style-src 'self') does not let in: what they say
 * is taken up as sheets of the document instead, which scripts may make. Returns what takes them off again.
 */
export function adoptStyles(element: HTMLElement): () => void {
  const sheets = new Map<HTMLStyleElement, CSSStyleSheet>();
  const others = (): CSSStyleSheet[] =>
    document.adoptedStyleSheets.filter((one) => ![...sheets.values()].includes(one));
  const adopt = (): void => {
    const before = others();
    for (const style of element.querySelectorAll('style')) {
      const sheet = sheets.get(style) ?? new CSSStyleSheet();
      sheets.set(style, sheet);
      sheet.replaceSync(style.textContent);
    }
    document.adoptedStyleSheets = [...before, ...sheets.values()];
  };
  const watcher = new MutationObserver(adopt);
  watcher.observe(element, { childList: true, characterData: true, subtree: true });
  return () => {
    watcher.disconnect();
    document.adoptedStyleSheets = others();
  };
}
