import { TokaError } from '../../../errors.ts';
import { startingWith, type SlashCommand } from '../command.ts';
import { isThemeName, THEMES } from '../theme.ts';

export const theme: SlashCommand = {
  name: 'theme',
  argument: '[NAME]',
  summary: `show or choose the colours: ${THEMES.join(', ')}`,
  complete: startingWith(THEMES.map((text) => ({ text }))),
  run(argument, { face }) {
    if (argument === '') return face.print([face.theme.name]);
    if (!isThemeName(argument)) throw new TokaError('TOKA_USAGE', `expected ${THEMES.join(', ')}, found ${argument}`, { hint: '/theme shows which one it is' });
    face.setTheme(argument);
    face.note([`theme: ${argument}`]);
  },
};
