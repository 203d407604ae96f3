import type { ModelTool } from '@toka/sdk';
import { Ranking } from '../../registry/search/rank.ts';
import { termsOf } from '../../registry/search/terms.ts';
import { effectOf } from '../find/definition.ts';
import { isOrder, obstacleOf } from './clauses.ts';
import { termsOfTool } from './parameters.ts';
import { type Candidate, isNamed, SURE, sureness } from './sure.ts';

/** Which tool an order means, or why none is called for it. */
export type Choice = { readonly clause: string; readonly tool: ModelTool } | { readonly clause: string; readonly why: string; readonly nearest: readonly ModelTool[] };

const NEAREST = 3;

/** Chooses among what a search has found, the best first. */
export function choose(clause: string, candidates: readonly Candidate[], tools: readonly ModelTool[]): Choice {
  const defined = candidates.flatMap(({ name, score }) => tools.filter((tool) => tool.name === name).map((tool) => ({ tool, score })));
  const nearest = defined.slice(0, NEAREST).map(({ tool }) => tool);
  const obstacle = obstacleOf(clause);
  if (obstacle !== undefined) return { clause, why: obstacle, nearest: [] };
  const named = defined.filter(({ tool }) => isNamed(clause, tool.name));
  const [best, next] = named.length === 1 ? named : defined;
  if (!best) return { clause, why: 'no tool does that', nearest };
  if (sureness(clause, best.tool, best.score, next?.score ?? 0) < SURE) return { clause, why: 'it is not sure which tool does that', nearest };
  return mayBeGuessed(clause, best.tool) ? { clause, tool: best.tool } : { clause, why: `${best.tool.name} changes something, and is called only where it is named`, nearest: [best.tool] };
}

/** The candidates among tools that are all defined. */
export function ranked(clause: string, tools: readonly ModelTool[]): Candidate[] {
  const ranking = new Ranking(tools.map((tool) => ({ item: tool.name, terms: [...termsOf(tool.name), ...termsOf(tool.name), ...termsOfTool(tool)] })));
  return ranking.search(clause, NEAREST + 2).map(({ item, score }) => ({ name: item, score }));
}

/** What cannot be taken back is called by its name alone, what changes something otherwise at least by an order: not for a question. */
function mayBeGuessed(clause: string, tool: ModelTool): boolean {
  const effect = effectOf(tool);
  return effect === undefined || isNamed(clause, tool.name) || (effect === 'idempotent' && isOrder(clause));
}
