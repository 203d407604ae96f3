import type { SlashCommand } from '../command.ts';
import { columnsOf } from '../listing.ts';

export const context: SlashCommand = {
  name: 'context',
  summary: 'show what the model is given of this session',
  async run(_argument, { conversation, face }) {
    const { session, contextUsed, contextLimit } = conversation;
    const messages = session ? await (await conversation.sessions()).history(session.id) : [];
    const roles = new Map<string, { count: number; bytes: number }>();
    for (const message of messages) {
      const known = roles.get(message.role) ?? { count: 0, bytes: 0 };
      roles.set(message.role, { count: known.count + 1, bytes: known.bytes + Buffer.byteLength(JSON.stringify(message)) });
    }
    const rows = [...roles].map(([role, { bytes, count }]) => [role, `${count} message${count === 1 ? '' : 's'}, ${bytes.toLocaleString('en')} bytes`] as const);
    const used = contextUsed === undefined ? 'not told yet' : `${contextUsed.toLocaleString('en')} tokens`;
    face.print(columnsOf([...rows, ['last request', contextLimit === undefined ? used : `${used} of ${contextLimit.toLocaleString('en')}`]], face));
  },
};
