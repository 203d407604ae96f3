import { styleText } from 'node:util';

type Paint = (text: string) => string;

/** What each kind of text looks like. */
export interface Theme {
  readonly name: ThemeName;
  readonly heading: Paint;
  readonly strong: Paint;
  readonly emphasis: Paint;
  readonly struck: Paint;
  readonly code: Paint;
  readonly link: Paint;
  readonly quiet: Paint;
  readonly accent: Paint;
  readonly added: Paint;
  readonly removed: Paint;
  readonly warning: Paint;
  readonly error: Paint;
}

export const THEMES = ['dark', 'light', 'plain'] as const;
export type ThemeName = (typeof THEMES)[number];

type Formats = Parameters<typeof styleText>[0];

const style =
  (formats: Formats): Paint =>
  (text) =>
    // The sequences around nothing would be of no use.
    text === '' ? '' : styleText(formats, text, { validateStream: false });
const same: Paint = (text) => text;

const SHARED = { strong: style('bold'), emphasis: style('italic'), struck: style('strikethrough'), quiet: style('dim'), error: style('red') };

const ALL: Readonly<Record<ThemeName, Theme>> = {
  dark: { name: 'dark', ...SHARED, heading: style(['bold', 'cyan']), code: style('yellow'), link: style(['underline', 'cyan']), accent: style('cyan'), added: style('green'), removed: style('red'), warning: style('yellow') },
  light: { name: 'light', ...SHARED, heading: style(['bold', 'blue']), code: style('magenta'), link: style(['underline', 'blue']), accent: style('blue'), added: style('green'), removed: style('red'), warning: style('magenta') },
  plain: { name: 'plain', heading: same, strong: same, emphasis: same, struck: same, code: same, link: same, quiet: same, accent: same, added: same, removed: same, warning: same, error: same },
};

export function isThemeName(name: string): name is ThemeName {
  return (THEMES as readonly string[]).includes(name);
}

/** A theme by its name; where no colours are wanted, the plain one. */
export function themeOf(name: ThemeName, color: boolean): Theme {
  return ALL[color ? name : 'plain'];
}
