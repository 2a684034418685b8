/** A document whose style elements are sheets instead. */
interface SheetDocument {
  readonly document: Document;
  /** Does the work with the window's own document the same way: the library asks that for some elements, whatever it is given. */
  during(work: () => void): void;
  /** Takes the sheets off again. */
  forget(): void;
}

/**
 * The terminal's library writes its sizes and colours into style elements, which the page's policy (style-src 'self') does not let in. It is given a document
 * that makes other elements for them, which nobody draws; what it writes there is taken up as sheets, which scripts may make.
 */
export function sheetDocument(): SheetDocument {
  const sheets = new Map<HTMLElement, CSSStyleSheet>();
  const watcher = new MutationObserver((changes) => {
    for (const { target } of changes) {
      const element = target instanceof HTMLElement ? target : target.parentElement;
      if (element) sheets.get(element)?.replaceSync(element.textContent ?? '');
    }
  });
  const make = document.createElement.bind(document);
  const styleElement = (): HTMLElement => {
    const element = make('template');
    const sheet = new CSSStyleSheet();
    sheets.set(element, sheet);
    document.adoptedStyleSheets = [...document.adoptedStyleSheets, sheet];
    watcher.observe(element, { childList: true, characterData: true, subtree: true });
    return element;
  };
  const createElement = (name: string): HTMLElement => (name === 'style' ? styleElement() : make(name));
  const standIn = new Proxy(document, {
    get(target, name) {
      if (name === 'createElement') return createElement;
      const value: unknown = Reflect.get(target, name, target);
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });
  return {
    document: standIn,
    during(work) {
      Object.defineProperty(document, 'createElement', { value: createElement, configurable: true });
      try {
        work();
      } finally {
        Reflect.deleteProperty(document, 'createElement');
      }
    },
    forget() {
      watcher.disconnect();
      const own = new Set(sheets.values());
      document.adoptedStyleSheets = document.adoptedStyleSheets.filter((sheet) => !own.has(sheet));
    },
  };
}
