/** A bundled program as text: the scripts that it is in, and what starts it from compiled code. */

/**
 * Node keeps the source of a program in memory, and takes two bytes for each character of one that is not ASCII throughout. What esbuild leaves
 * as it is are regular expressions and comments, where an escape means the same.
 */
export const inAscii = (text: string): string =>
  text.replace(/[^\0-\x7f]/g, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`);

/** The program as a module, or as a script whose value is the function that runs it. */
export const scriptOf = (code: string): string => `var program=(exports,require,module)=>{${code}
};
typeof module==="undefined"?program:program(exports,require,module);
`;

/** A part of a program that is cut into parts: its name and the function that it is. */
export type Part = readonly [name: string, code: string];

const listed = (parts: readonly Part[]): string =>
  `{${parts.map(([name, code]) => `${JSON.stringify(name)}:${code}`).join(',\n')}}`;

/** What a part requires is another part, here, in `rest.cjs` or in a file beside, or a module of Node. */
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

/** Parts as a module, or as a script whose value they are. */
export const restOf = (parts: readonly Part[]): string =>
  `(typeof module==="undefined"?(parts)=>parts:(parts)=>module.exports=parts)(${listed(parts)});\n`;

/**
 * Starts `main.cjs` from its compiled code, `../compile-cache/PROGRAM-HASH.main.code`; `rest.cjs` has such a file too. Node's own cache of compiled code has
 * only what V8 compiles before a program runs; this one has every function that the run which wrote it has used. Written when
 * TYPERNETES_COMPILE_AHEAD says so, so that it is made by a run worth it. V8 takes no code of another version of its own, and the hash keeps that
 * of another bundle away. Scripts are ASCII.
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
