/** The text of a bundled program: its scripts, and the starter that uses compiled code. */

/**
 * Node keeps the source of a program in memory, with two bytes per character unless all of it is ASCII. esbuild leaves
 * non-ASCII characters only in regular expressions and comments, where an escape means the same.
 */
export const inAscii = (text: string): string =>
  text.replace(/[^\0-\x7f]/g, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`);

/** The program as a module, or as a script that evaluates to the function that runs it. */
export const scriptOf = (code: string): string => `var program=(exports,require,module)=>{${code}
};
typeof module==="undefined"?program:program(exports,require,module);
`;

/** A part of a split program: its name and its function. */
export type Part = readonly [name: string, code: string];

const listed = (parts: readonly Part[]): string =>
  `{${parts.map(([name, code]) => `${JSON.stringify(name)}:${code}`).join(',\n')}}`;

/** A part may require other parts, in this file, in `rest.cjs` or in separate files, and modules of Node. */
export const joined = (parts: readonly Part[]): string => `
let parts=${listed(parts)},complete=false;
const loaded={};
const find=(name)=>{
  if(!Object.hasOwn(parts,name)&&!complete){
    complete=true;
    parts={...parts,...require("./rest.cjs")};
  }
  return Object.hasOwn(parts,name)?parts[name]:require(name);
};
const load=(name)=>{
  if(loaded[name])return loaded[name].exports;
  if(!name.startsWith("./"))return require(name);
  const part=find(name);
  const module=loaded[name]={exports:{}};
  part(module.exports,load,module);
  return module.exports;
};
load("./main.cjs");`;

/** The remaining parts as a module, or as a script that evaluates to them. */
export const restOf = (parts: readonly Part[]): string =>
  `(typeof module==="undefined"?(parts)=>parts:(parts)=>module.exports=parts)(${listed(parts)});\n`;

/**
 * Starts `main.cjs` from its compiled code, `../compile-cache/PROGRAM-HASH.main.code`; `rest.cjs` has such a file too.
 * Node's own compile cache has only what V8 compiles before a program runs; this one has every function that was used
 * in the run that wrote it. It is written when TYPERNETES_COMPILE_AHEAD says so, so that a representative run makes it.
 * V8 rejects code of other V8 versions, and the hash excludes code of other bundles. Scripts are ASCII.
 */
export const starterOf = (program: string, { hash, inParts }: { hash: string; inParts: boolean }): string =>
  `"use strict";
const fs=require("node:fs"),{Script}=require("node:vm");
const folder=__dirname+"/../compile-cache",scripts={};
const codeOf=(name)=>folder+"/${program}-${hash}."+name+".code";
const run=(name)=>{
  const filename=__dirname+"/"+name+".cjs";
  let cachedData;
  try{cachedData=fs.readFileSync(codeOf(name))}catch{}
  scripts[name]=new Script(fs.readFileSync(filename,"latin1"),{filename,cachedData});
  return scripts[name].runInThisContext();
};
if(process.env.TYPERNETES_COMPILE_AHEAD)process.on("exit",()=>{
${inParts ? '  if(!scripts.rest)run("rest");\n' : ''}  fs.mkdirSync(folder,{recursive:true});
  for(const name of Object.keys(scripts)){
    const making=codeOf(name)+"."+process.pid;
    fs.writeFileSync(making,scripts[name].createCachedData());
    fs.renameSync(making,codeOf(name));
  }
});
run("main")(exports,${inParts ? '(name)=>name==="./rest.cjs"?run("rest"):require(name)' : 'require'},module);
`;
