/** Styles are imported for their effect: the bundler takes them into the page's. */
declare module '*.css';
