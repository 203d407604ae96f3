import type { SlashCommand } from '../command.ts';
import { columnsOf } from '../listing.ts';

export const capabilities: SlashCommand = {
  name: 'capabilities',
  summary: 'show what was granted and denied here',
  run(_argument, { face, permissions }) {
    const rows = [
      ...permissions.granted.map(({ capability, tool }) => [capability, tool === undefined ? 'granted to every tool, until this REPL ends' : `granted to ${tool}, until this REPL ends`] as const),
      ...permissions.denied.map((capability) => [capability, 'denied, until this REPL ends'] as const),
    ];
    face.print([
      ...columnsOf(rows, face),
      face.theme.quiet(rows.length === 0 ? 'nothing was granted here: the rules of the configuration hold, and you are asked for the rest' : 'beside that the rules of the configuration hold, and you are asked for the rest'),
      face.theme.quiet('toka policy check TOOL tells what a tool may do'),
    ]);
  },
};
