/** One case of a report: what was tried, and why it failed if it did. */
export interface Case {
  /** What it belongs to: a tool, a plugin's contribution. */
  readonly group: string;
  readonly name: string;
  readonly ms: number;
  readonly reason?: string | undefined;
  /** Why it could not be tried. */
  readonly skipped?: string | undefined;
}

/** Cases in the form of JUnit, which programs for continuous integration read. */
export function junitReport(suite: string, cases: readonly Case[]): string {
  const count = (of: 'reason' | 'skipped'): number => cases.filter((each) => each[of] !== undefined).length;
  const seconds = cases.reduce((sum, { ms }) => sum + ms, 0) / 1000;
  const head = `<testsuite name="${escape(suite)}" tests="${cases.length}" failures="${count('reason')}" skipped="${count('skipped')}" time="${seconds}">`;
  return `<?xml version="1.0" encoding="UTF-8"?>\n${head}\n${cases.map(caseText).join('')}</testsuite>\n`;
}

function caseText({ group, name, ms, reason, skipped }: Case): string {
  const start = `  <testcase classname="${escape(group)}" name="${escape(name)}" time="${ms / 1000}"`;
  if (reason !== undefined) return `${start}><failure message="${escape(reason)}"/></testcase>\n`;
  return skipped === undefined ? `${start}/>\n` : `${start}><skipped message="${escape(skipped)}"/></testcase>\n`;
}

const ENTITIES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };

/** XML 1.0 has no way to write most of the control characters. */
function escape(text: string): string {
  return text
    .toWellFormed()
    .replaceAll(/[\u0000-\u0008\u000B\u000C\u000E-\u001F\uFFFE\uFFFF]/g, '\uFFFD')
    .replaceAll(/[&<>"]/g, (sign) => ENTITIES[sign] ?? sign)
    .replaceAll(/[\t\n\r]/g, (sign) => `&#${sign.charCodeAt(0)};`);
}
