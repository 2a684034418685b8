import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Window } from 'happy-dom';
import { sheetDocument } from './sheet-document.ts';

test('style elements are sheets, of the stand-in and, while that is asked for, of the document itself', async (context) => {
  const window = new Window();
  const { document } = window;
  for (const name of ['document', 'CSSStyleSheet', 'HTMLElement', 'MutationObserver'] as const) {
    Object.defineProperty(globalThis, name, { value: window[name], configurable: true });
    context.after(() => Reflect.deleteProperty(globalThis, name));
  }
  const sheets = sheetDocument();
  assert.notEqual(sheets.document.createElement('style').tagName, 'STYLE');
  assert.equal(document.adoptedStyleSheets.length, 1);
  assert.equal(document.createElement('style').tagName, 'STYLE');
  sheets.during(() => {
    assert.notEqual(document.createElement('style').tagName, 'STYLE');
    assert.equal(document.createElement('div').tagName, 'DIV');
  });
  assert.equal(document.adoptedStyleSheets.length, 2);
  assert.equal(document.createElement('style').tagName, 'STYLE');
  assert.throws(() => sheets.during(() => assert.fail('a failure is passed on')), /passed on/);
  assert.equal(document.createElement('style').tagName, 'STYLE');
  sheets.forget();
  assert.deepEqual(document.adoptedStyleSheets, []);
  await window.happyDOM.close();
});
