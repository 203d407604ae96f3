import { readFileSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { Document, isMap, isSeq, parseDocument } from 'yaml';
import { escapeGlob } from '../capability/glob.ts';
import { printCapability } from '../capability/grammar.ts';
import type { Missing } from '../capability/policy.ts';
import { isInSession, rememberForSession } from '../capability/session.ts';
import { recordTrust, trustedNow, trustFileOf, trustState } from '../capability/trust.ts';
import { findProject, userFolders, userProjectConfigFile } from '../config/paths.ts';
import { TokaError } from '../errors.ts';
import { makeFolder } from '../make-folder.ts';
import { replaceFile } from '../replace-file.ts';
import type { Tool } from '../manifest/tool.ts';
import type { Taint } from '../pipeline/agent/port.ts';
import type { Answer } from '../pipeline/house.ts';
import { askAboutFlow, askCapability } from './prompts.ts';

/** Asks a person for a capability and keeps the answer for as long as it was given for. */
export async function askAndRemember(tool: Tool, missing: Missing, root: string | undefined): Promise<Answer> {
  // What is to be asked for each time is not remembered.
  const canKeep = missing.lack.by !== 'ask';
  const project = canKeep && root !== undefined ? trustedFile(root) : undefined;
  const own = canKeep && root !== undefined ? userProjectConfigFile(root) : undefined;
  const { decision, file } = await askCapability(tool, missing, {
    session: canKeep && isInSession(),
    ...(own === undefined ? {} : { own }),
    ...(project === undefined ? {} : { project: project.file }),
  });
  const grant = { capability: missing.capability, tools: [tool.qualified] };
  if (decision === 'session') rememberForSession(userFolders().state, root ?? process.cwd(), grant);
  const rule = [printCapability(missing.capability), tool.qualified] as const;
  if (file === 'own' && own !== undefined) writeRule(own, ...rule);
  if (file === 'project' && project !== undefined && root !== undefined) writeTrustedRule(project, root, ...rule);
  return { decision, by: 'person' };
}

/** Asks a person whether an agent may pass on a value, and keeps the answer where it was given for good. */
export async function askAboutFlowAndRemember(tool: Tool, taint: Taint, root: string | undefined): Promise<Answer> {
  const own = root === undefined ? undefined : userProjectConfigFile(root);
  const { decision, file } = await askAboutFlow(tool, taint, own === undefined ? {} : { own });
  if (file === 'own' && own !== undefined) writeFlowRule(own, tool, taint);
  return { decision, by: 'person' };
}

/** Adds a rule for exactly this value to a configuration file; everything else in it stays as it is. */
export function writeFlowRule(file: string, tool: Tool, { parameter, value }: Taint): void {
  const [, name] = parameter.split('/');
  addTo(file, ['flows', 'allow'], { tool: tool.qualified, parameter: name, values: [escapeGlob(value)] });
}

interface TrustedFile {
  readonly file: string;
  readonly text: string;
}

/** The project's file where it is trusted as it is now: only then does a new record of trust cover nothing but the new rule. */
function trustedFile(root: string): TrustedFile | undefined {
  const file = findProject(root)?.configFile;
  if (file?.endsWith('.yaml') !== true) return undefined;
  const text = readFileSync(file, 'utf8');
  return trustState(trustFileOf(userFolders().state, root), root, text) === 'trusted' ? { file, text } : undefined;
}

/** Adds a rule to the project's file and trusts it with just that rule more. */
function writeTrustedRule({ file, text }: TrustedFile, root: string, capability: string, tool: string): void {
  if (readFileSync(file, 'utf8') !== text) {
    throw new TokaError('TOKA_STATE_UNAVAILABLE', `${file} was changed while the question was open, so no rule was added to it`, { hint: 'look at it with toka trust --show, and run again' });
  }
  const next = writeRule(file, capability, tool);
  recordTrust(trustFileOf(userFolders().state, root), root, trustedNow(file, next));
}

/**
 * Adds exactly this rule to a configuration file; everything else in it, comments too, stays as it is.
 *
 * @returns The text of the file as it is now.
 */
export function writeRule(file: string, capability: string, tool: string): string {
  return addTo(file, ['policy', 'allow'], { capability, tools: [tool] });
}

function addTo(file: string, place: readonly string[], value: object): string {
  const document = read(file);
  const rule = document.createNode(value);
  const list: unknown = document.getIn(place);
  if (isSeq(list)) list.add(rule);
  else document.setIn(place, document.createNode([rule]));
  const text = document.toString();
  try {
    const mode = statSync(file, { throwIfNoEntry: false })?.mode ?? 0o600;
    makeFolder(dirname(file), 0o700);
    replaceFile(file, text, mode & 0o777);
  } catch (cause) {
    throw new TokaError('TOKA_STATE_UNAVAILABLE', `cannot write ${file}`, { cause, hint: 'check its permissions and free space' });
  }
  return text;
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
