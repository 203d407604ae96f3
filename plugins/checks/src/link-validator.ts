import { coded, defineTool, type ToolContext } from '@toka/sdk';
import { makeFixes, type FileFix } from './documents/fix.ts';
import { count, outputProperties, passes, printReport, sentence, sorted, summarise } from './documents/report.ts';
import { selectFiles, selectionProperties } from './documents/select.ts';
import { checkAll } from './links/collect.ts';
import { htmlExtensions, markdownExtensions } from './links/model.ts';

/**
 * Checks the links of markdown, MDX and HTML: files, folders, images, anchors (GitHub's slugs, explicit ids), line anchors, reference
 * links. Code, front matter, imports and templates are left out; `toka-link-ignore` comments exempt (documents/exempt.ts). Links to the
 * network are counted, not followed.
 *
 * `fix` replaces a destination by the one suggested: the right case, the file of that name elsewhere, the only name or anchor that is
 * nearly the same.
 */
export default defineTool({
  name: 'link-validator',
  summary: 'Find broken links, images and anchors in markdown, MDX and HTML',
  category: 'checks',
  tags: ['check', 'links', 'anchors', 'documentation', 'markdown', 'lint'],
  params: {
    type: 'object',
    properties: {
      ...selectionProperties,
      ignore: {
        type: 'array',
        items: { type: 'string' },
        description: 'Leave out links whose destination matches one of these globs',
        default: [],
      },
      roots: {
        type: 'array',
        items: { type: 'string' },
        description: 'Folders of the project in which destinations that start with / are looked for',
        default: ['.'],
      },
      external: { type: 'boolean', description: 'Also check links to the network (needs net:connect)', default: false },
      fix: {
        type: 'string',
        enum: ['none', 'preview', 'apply'],
        description: 'Put the suggested destinations in: show the changes, or make them',
        default: 'none',
      },
      failOn: {
        type: 'string',
        enum: ['error', 'warning', 'never'],
        description: 'From which severity on the run fails',
        default: 'error',
      },
    },
    additionalProperties: false,
  },
  output: {
    type: 'object',
    properties: { ...outputProperties, links: { type: 'integer', minimum: 0 }, external: { type: 'integer', minimum: 0 } },
    required: ['ok', 'message', 'files', 'links', 'external', 'findings', 'summary', 'fixes', 'skipped'],
    additionalProperties: false,
  },
  capabilities: { required: ['fs:read:**'], optional: ['fs:write:{path}', 'net:connect:*:443'] },
  effect: 'idempotent',
  examples: [
    { description: 'Check the documents of the project', params: {} },
    { description: 'Show what would be fixed in the docs folder', params: { path: ['docs'], fix: 'preview' } },
  ],
  print: printReport,
  async run(params, ctx) {
    if (params.external) refuseExternal(ctx);
    const extensions = [...markdownExtensions, ...htmlExtensions];
    const files = await selectFiles(ctx, { path: params.path, include: params.include, exclude: params.exclude, extensions });
    const result = await checkAll(ctx, files, { roots: params.roots, ignore: params.ignore, fix: params.fix !== 'none' });
    const wanted = result.documents.flatMap(({ file, text, edits }): FileFix[] => (text === undefined ? [] : [{ file, text, edits }]));
    const fixes = await makeFixes(
      ctx,
      params.fix,
      wanted.toSorted((a, b) => (a.file.path < b.file.path ? -1 : 1)),
    );
    const found = result.documents.flatMap(({ findings }) => findings);
    const findings =
      params.fix === 'apply' ? found.map((one) => (one.suggestion === undefined ? one : { ...one, fixed: true as const })) : found;
    const summary = summarise(findings);
    const ok = passes(summary, params.failOn);
    const { links, external, skipped } = result;
    const message = sentence(`${count(links, 'link')} in ${count(files.length, 'file')}`, summary, skipped.length);
    return {
      ok,
      ...(ok ? {} : { code: 'LINKS_BROKEN' }),
      message,
      files: files.length,
      links,
      external,
      findings: sorted(findings),
      summary,
      fixes,
      skipped,
    };
  },
});

/** A run has no way to the network yet: its context offers none, whatever was granted. */
function refuseExternal(ctx: ToolContext): never {
  const granted = ctx.capabilities.some((capability) => capability.startsWith('net:connect'));
  throw coded(
    'LINK_EXTERNAL_NOT_GRANTED',
    'checking links to the network needs the capability net:connect:*:443, which this run cannot use',
    {
      hint: granted
        ? 'this version of toka has no network for tools yet; leave external out'
        : 'leave external out: links to the network are then counted, not followed',
    },
  );
}
