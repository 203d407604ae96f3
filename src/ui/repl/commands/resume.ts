import type { SlashCommand } from '../command.ts';
import { showSession } from '../show-session.ts';
import { shown } from '../width.ts';

const MOST = 9;

export const resume: SlashCommand = {
  name: 'resume',
  argument: '[SESSION]',
  summary: 'go on with an earlier session',
  async run(argument, desk) {
    const { conversation, face } = desk;
    const sessions = await conversation.sessions();
    const current = conversation.session?.id;
    if (argument !== '') return showSession(await sessions.find(argument), desk);
    const others = (await sessions.list()).filter(({ id, turns }) => id !== current && turns > 0).slice(0, MOST);
    if (others.length === 0) return face.note(['there is no other session here']);
    const answers = [...others.map(({ id, title, turns }) => `${id.slice(0, 13)} ${shown(title)} (${turns} turn${turns === 1 ? '' : 's'})`), 'stay here'];
    const chosen = others[await face.choose({ details: [], question: 'Which session shall go on?', answers, fallback: others.length })];
    if (chosen) await showSession(chosen, desk);
  },
};
