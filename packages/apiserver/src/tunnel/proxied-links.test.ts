import assert from 'node:assert/strict';
import { test } from 'node:test';
import { rewriteLink, rewritePage } from './proxied-links.ts';

const prefix = '/api/v1/namespaces/a/pods/b:80/proxy';
const origin = { prefix, backend: '10.0.0.1:80', asked: 'api.example.com:6443' };

test('absolute paths on the backend lead through the proxy, everything else stays', () => {
  const cases: readonly [link: string, wants: string][] = [
    ['/', `${prefix}/`],
    ['/rewriteme', `${prefix}/rewriteme`],
    ['/a/../b/?q=/x#y', `${prefix}/b/?q=/x#y`],
    ['http://10.0.0.1:80/a', `${prefix}/a`],
    ['//10.0.0.1:80/a', `${prefix}/a`],
    ['https://api.example.com:6443/a', `https://api.example.com:6443${prefix}/a`],
    [`${prefix}/there`, `${prefix}/there`],
    ['http://elsewhere/a', 'http://elsewhere/a'],
    ['relative/a', 'relative/a'],
    ['../a', '../a'],
    ['#part', '#part'],
    ['mailto:me@example.com', 'mailto:me@example.com'],
    ['', ''],
  ];
  for (const [link, wants] of cases) assert.equal(rewriteLink(link, origin), wants, link);
});

test("rewrites links in elements' attributes, not in text, comments and scripts", () => {
  const cases: readonly [page: string, wants: string][] = [
    ['<a href="/x">/x</a>', `<a href="${prefix}/x">/x</a>`],
    ["<A class=b HREF='/x' title='/t'>", `<A class=b HREF='${prefix}/x' title='/t'>`],
    ['<img src=/x usemap=/y alt="a > b">', `<img src=${prefix}/x usemap=${prefix}/y alt="a > b">`],
    ['<form action="/go"><p src="/x">', `<form action="${prefix}/go"><p src="/x">`],
    ['<!-- <a href="/x"> --><a href="/y">', `<!-- <a href="/x"> --><a href="${prefix}/y">`],
    [
      '<script src="/s.js">"<a href=\\"/x\\">"</script><link href="/c">',
      `<script src="${prefix}/s.js">"<a href=\\"/x\\">"</script><link href="${prefix}/c">`,
    ],
    ['<title><a href="/x"></title>', '<title><a href="/x"></title>'],
    ['a < b and <a href="/x', 'a < b and <a href="/x'],
  ];
  for (const [page, wants] of cases) assert.equal(rewritePage(page, origin), wants, page);
});
