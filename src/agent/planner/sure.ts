import type { ModelTool } from '@toka/sdk';
import { termsOf } from '../../registry/search/terms.ts';
import { literalsIn } from './literals.ts';
import { termsOfTool } from './parameters.ts';

/** From where on a tool is called. Measured on two public sets: at least nine of ten tools that are called are right; see docs/decisions/0032-planner-that-abstains.md. */
export const SURE = 0.75;
/** The share of the words of an order that the tool must speak of, however much better than the others it is: there may be no others. */
const LEAST_SHARE = 0.5;
/** Fitted to every second question of the sets: how much better it is than the next, what of its name is said, what of the order it speaks of. */
const WEIGHTS = { none: -2.71, lead: 3.35, name: 0.61, share: 3.7 };

/** What a search says of a tool. */
export interface Candidate {
  readonly name: string;
  readonly score: number;
}

/** How sure it is that an order means the first of the tools that a search has found, from 0 to 1. */
export function sureness(clause: string, tool: ModelTool, score: number, next: number): number {
  if (isNamed(clause, tool.name)) return 1;
  const said = new Set(termsOf(withoutLiterals(clause)));
  const name = new Set(termsOf(tool.name));
  const share = part(said, new Set(termsOfTool(tool)));
  if (share < LEAST_SHARE || score <= 0) return 0;
  const sum = WEIGHTS.none + WEIGHTS.lead * ((score - next) / score) + WEIGHTS.name * part(name, said) + WEIGHTS.share * share;
  return 1 / (1 + Math.exp(-sum));
}

/** Whether an order begins with the name of a tool: `checksum notes.txt`, `run checksum on it`. Who only speaks of it does not order it. */
export function isNamed(clause: string, name: string): boolean {
  const own = name.split('__').at(-1) ?? name;
  const names = [name, own, name.replace('__', '/')].map((each) => each.toLowerCase());
  const [first = '', second = ''] = clause.toLowerCase().match(/[\w/-]+/g) ?? [];
  const said = ['call', 'execute', 'invoke', 'run', 'use'].includes(first) && !names.includes(first) ? second : first;
  return names.includes(said) || (!name.includes('__') && said.endsWith(`/${name.toLowerCase()}`));
}

function withoutLiterals(text: string): string {
  return literalsIn(text).reduceRight((left, { start, end }) => `${left.slice(0, start)} ${left.slice(end)}`, text);
}

function part(terms: ReadonlySet<string>, of: ReadonlySet<string>): number {
  return terms.size === 0 ? 0 : [...terms].filter((term) => of.has(term)).length / terms.size;
}
