import type { Documents, SearchTerm } from '@toka/sdk';
import { committingAnyway, type Fault, reading, within } from './faults.ts';

/** For each check of documents a storage that fails it. */
export const DOCUMENT_FAULTS: Readonly<Record<string, Fault>> = {
  'documents are found by their words where search is declared': searching((terms) => terms.map((term) => ({ ...term, prefix: true }))),
  'all terms of a search must occur': searching((terms) => terms.slice(0, 1)),
  'the words of a term follow one another': searching((terms) => terms.flatMap(({ text }) => text.split(/\W/).map((word) => ({ text: word })))),
  'a last word may be given by its beginning': searching((terms) => terms.map(({ text }) => ({ text }))),
  'words are compared as people read them': texts((documents) => ({ put: (id, text) => documents.put(id, text.normalize('NFD').replaceAll(/\p{M}/gu, '')) })),
  'what is no word means nothing to a search': searching((terms) => terms.flatMap(({ text }) => text.split(' OR ').slice(0, 1).map((word) => ({ text: word })))),
  'what fits better comes first, in pages': reading((storage) => ({
    search: async (terms, page) => {
      const { hits, mark } = await storage.search(terms, page);
      return { hits: hits.toSorted((one, other) => (one.id < other.id ? -1 : 1)), mark };
    },
  })),
  'a document is found by its last text until it is removed': texts(() => ({ remove: () => {} })),
  'documents are kept with their transaction, or not at all': committingAnyway(),
  'a mark is kept beside the documents, until all are cleared': texts((documents) => ({ mark: (note) => documents.put('mark', note) })),
  'documents are there when it is opened again, to be read too, where that is declared': reading((storage) => ({
    search: async (terms, page) => ({ ...(await storage.search(terms, page)), mark: '' }),
  })),
  'arguments of searches and documents outside their limits are refused': texts((documents) => ({ put: (id, text) => documents.put(id, text.slice(0, 50_000)) })),
};

function searching(change: (terms: readonly SearchTerm[]) => readonly SearchTerm[]): Fault {
  return reading((storage) => ({ search: async (terms, page) => storage.search(change(terms), page) }));
}

function texts(change: (documents: Documents) => Partial<Documents>): Fault {
  return within(({ documents }) => (documents ? { documents: { ...documents, ...change(documents) } } : {}));
}
