import { startingWith, type SlashCommand } from '../command.ts';
import { isThemeName, THEMES } from '../theme.ts';

export const theme: SlashCommand = {
  name: 'theme',
  argument: '[NAME]',
  summary: `show or choose the colours: ${THEMES.join(', ')}`,
  complete: startingWith(THEMES.map((text) => ({ text }))),
  run(argument, { face }) {
    if (argument === '') return face.print([face.theme.name]);
    if (!isThemeName(argument)) return face.note([`expected ${THEMES.join(', ')}, found ${argument}`]);
    face.setTheme(argument);
    face.note([`theme: ${argument}`]);
  },
};
