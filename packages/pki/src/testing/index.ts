export { intermediateAuthority, type NamelessChain, namelessChain } from './odd-chains.ts';
