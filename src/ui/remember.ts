import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { Document, isMap, isSeq, parseDocument } from 'yaml';
import type { Missing } from '../capability/authorize.ts';
import { printCapability } from '../capability/grammar.ts';
import { rememberForSession } from '../capability/session.ts';
import { userFolders, userProjectConfigFile } from '../config/paths.ts';
import { TokaError } from '../errors.ts';
import type { Tool } from '../manifest/tool.ts';
import type { Answer } from '../pipeline/house.ts';
import { askCapability } from './prompts.ts';

/** Asks a person for a capability and keeps the answer for as long as it was given for. */
export async function askAndRemember(tool: Tool, missing: Missing, root: string | undefined): Promise<Answer> {
  const answer = await askCapability(tool, missing, root !== undefined);
  const grant = { capability: missing.capability, tools: [tool.qualified] };
  if (answer.decision === 'session') rememberForSession(userFolders().state, root ?? process.cwd(), grant);
  if (answer.decision === 'always' && root !== undefined) writeRule(userProjectConfigFile(root), printCapability(missing.capability), tool.qualified);
  return answer;
}

/** Adds exactly this rule to a configuration file; everything else in it, comments too, stays as it is. */
export function writeRule(file: string, capability: string, tool: string): void {
  const document = read(file);
  const rule = document.createNode({ capability, tools: [tool] });
  const allow: unknown = document.getIn(['policy', 'allow']);
  if (isSeq(allow)) allow.add(rule);
  else document.setIn(['policy', 'allow'], document.createNode([rule]));
  try {
    mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
    writeFileSync(`${file}.${process.pid}`, document.toString(), { mode: 0o600 });
    renameSync(`${file}.${process.pid}`, file);
  } catch (cause) {
    throw new TokaError('TOKA_STATE_UNAVAILABLE', `cannot write ${file}`, { cause, hint: 'check its permissions and free space' });
  }
}

function read(file: string): Document | ReturnType<typeof parseDocument> {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch {
    return new Document({ apiVersion: 'toka/v1' });
  }
  const document = parseDocument(text);
  if (document.errors.length === 0 && isMap(document.contents)) return document;
  throw new TokaError('TOKA_CONFIG_INVALID', `${file} is not a configuration that a rule could be added to`, { hint: 'correct or remove it' });
}
