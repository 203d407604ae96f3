import { resolve } from 'node:path';
import { glob, matches } from '../../capability/glob.ts';
import type { Tool } from '../../manifest/tool.ts';
import type { Taint, TrustRules } from '../../pipeline/agent/port.ts';

/** Whether a rule has agreed to a value already. */
export function isAllowed(tool: Tool, taint: Taint, { rules }: Pick<TrustRules, 'rules'>): boolean {
  const [, name] = taint.parameter.split('/');
  return rules.some(
    (rule) =>
      isNamed(tool, rule.tool) &&
      (rule.parameter === undefined || rule.parameter === name) &&
      (rule.origins === undefined || taint.origins.every((origin) => rule.origins?.some((each) => each === origin))) &&
      (rule.values === undefined || rule.values.some((value) => fits(taint, value, rule.folder))),
  );
}

/** Whether what a tool says, of itself and in its results, is the word of somebody who is trusted. */
export function isTrustedTool(tool: Tool, { isProjectTrusted, trustedTools }: Pick<TrustRules, 'isProjectTrusted' | 'trustedTools'>): boolean {
  if (trustedTools.some((name) => isNamed(tool, name))) return true;
  if (tool.executable.type === 'mcp') return false;
  const { kind } = tool.origin;
  return kind === 'bundled' || kind === 'user' || (kind === 'project' && isProjectTrusted);
}

function isNamed({ name, qualified }: Tool, pattern: string): boolean {
  const names = glob(pattern);
  return matches(names, qualified) || matches(names, name);
}

function fits({ role, value }: Taint, pattern: string, folder: string): boolean {
  switch (role) {
    case 'path':
      return matches(glob(resolve(folder, pattern)), value);
    case 'url':
      return isCanonical(value) && matches(glob(pattern), value);
    case 'recipient':
      return value.split(/[,;]/).every((part) => !/[\s<>"]/.test(part.trim()) && matches(glob(pattern), part.trim()));
    default:
      // A pattern stands for words, not for what a shell makes of them.
      return pattern === value || (!/[;&|`$()<>{}!\\\n\r]/.test(value) && matches(glob(pattern), value));
  }
}

/** An address that another parser may take for another one fits no pattern. */
function isCanonical(value: string): boolean {
  if (!/^[a-z][a-z0-9+.-]*:/i.test(value)) return /^[a-z0-9.-]+(:\d+)?$/.test(value);
  const url = URL.parse(value);
  return url !== null && url.username === '' && url.password === '' && (url.href === value || url.href === `${value}/`);
}
