import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { defineProvider, isCoded, providerError } from '@toka/sdk';
import { play } from './lib/play.ts';
import { chooseReply, parseScript } from './lib/script.ts';

export default defineProvider({
  id: 'scripted',
  summary: 'Play the replies of a file: scripted, no language model',
  supports: { tools: true, images: true, schema: true },
  isLanguageModel: false,
  configSchema: {
    type: 'object',
    properties: { folder: { type: 'string', description: 'Where paths of scripts start' } },
    additionalProperties: false,
  },
  async *stream({ model, messages }, { signal, config }) {
    const file = resolve(typeof config['folder'] === 'string' ? config['folder'] : '.', model);
    const text = await readFile(file, { encoding: 'utf8', signal }).catch((cause: unknown) => {
      throw providerError('PROVIDER_REQUEST', `cannot read the script ${file}${isCoded(cause) ? `: ${cause.code}` : ''}`, { cause, hint: 'name it as scripted/PATH' });
    });
    const { reply, number } = chooseReply(parseScript(text, file), messages, file);
    yield* play(reply, number, signal);
  },
});
