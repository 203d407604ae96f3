import type { ParameterSchema, Tool } from '../../../src/manifest/tool.ts';

type Params = Readonly<Record<string, Omit<ParameterSchema, 'description'> & { readonly description?: string }>>;

/** A tool as the registry holds it. */
export function toolNamed(qualified: string, description: string, params: Params = {}, more: Partial<Tool> & { readonly required?: readonly string[] } = {}): Tool {
  const [source = '', name = ''] = qualified.split('/');
  const { required = [], ...rest } = more;
  const properties = Object.fromEntries(Object.entries(params).map(([key, schema]) => [key, { description: key, ...schema } as ParameterSchema]));
  return {
    name,
    qualified,
    source,
    origin: { kind: 'plugin', file: `/plugins/${source}/package.json` },
    version: '1.0.0',
    category: source,
    description,
    tags: [],
    executable: { type: 'native', entry: `/plugins/${source}/${name}.js` },
    params: { type: 'object', properties, required, additionalProperties: false },
    capabilities: { required: [], optional: [] },
    effect: 'read',
    level: 'restricted',
    risk: 'low',
    sandbox: {},
    examples: [],
    ...rest,
  };
}

const text = (description: string): Params[string] => ({ type: 'string', description });
const number = (description: string): Params[string] => ({ type: 'number', description });

/** A team's tools, as many as a person can look through. */
export const TEAM_TOOLS: readonly Tool[] = [
  toolNamed('files/file-reader', 'Read a text file, whole or some of its lines', { path: text('The file to read'), lines: text('Which lines, such as 10-20') }, { required: ['path'] }),
  toolNamed('files/file-searcher', 'Search files for a text or a regular expression', { pattern: text('What to look for'), path: text('The folder to search') }, { required: ['pattern'] }),
  toolNamed('files/dir-lister', 'List the files of a folder, with sizes and times', { path: text('The folder') }),
  toolNamed('files/file-remover', 'Delete a file for good', { path: text('The file to delete') }, { required: ['path'], effect: 'privileged' }),
  toolNamed('checks/link-validator', 'Find broken links in Markdown and HTML documents', { path: text('The document or folder') }),
  toolNamed('checks/json-validator', 'Check a JSON document against a schema', { path: text('The document'), schema: text('The schema file') }, { required: ['path', 'schema'] }),
  toolNamed('checks/env-validator', 'Compare an .env file with its example, and find variables that are missing', { path: text('The file') }),
  toolNamed('checks/spell-checker', 'Find words that are misspelt', { path: { type: 'array', items: { type: 'string' }, description: 'Files and folders to check' }, ignore: { type: 'array', items: { type: 'string' }, description: 'Words that are right' } }),
  toolNamed('git/commit-log', 'Show the commits of a branch, newest first', { branch: text('The branch'), limit: { type: 'integer', description: 'How many at the most', minimum: 1 } }),
  toolNamed('git/branch-list', 'List branches with their last commit', {}),
  toolNamed('web/page-fetcher', 'Download a web page as text', { url: { type: 'string', format: 'uri', description: 'The address' } }, { required: ['url'], effect: 'read' }),
  toolNamed('web/dns-lookup', 'Resolve the address of a host name', { host: text('The host'), record: { type: 'string', enum: ['A', 'AAAA', 'MX', 'TXT'], description: 'The kind of record', default: 'A' } }, { required: ['host'] }),
  toolNamed('mail/mail-sender', 'Send an e-mail', { to: text('The address of the recipient'), subject: text('The subject'), body: text('The text') }, { required: ['to', 'subject', 'body'], effect: 'external' }),
  toolNamed('db/table-counter', 'Count the rows of a table in the database', { table: text('The name of the table') }, { required: ['table'] }),
  toolNamed('db/backup-maker', 'Dump the database into a file', { path: text('Where the dump is written') }, { required: ['path'], effect: 'idempotent' }),
  toolNamed('ops/log-tail', 'Show the last lines of the log of a service', { service: text('The service'), lines: { type: 'integer', description: 'How many lines', default: 50 } }, { required: ['service'] }),
  toolNamed('ops/service-restart', 'Restart a service', { service: text('The service to restart') }, { required: ['service'], effect: 'external' }),
  toolNamed('ops/disk-usage', 'Report how full the disks are', {}),
  toolNamed('math/unit-converter', 'Convert a quantity from one unit into another', { value: number('The quantity'), from: text('Its unit'), to: text('The unit that is wanted') }, { required: ['value', 'from', 'to'], effect: 'none' }),
  toolNamed('math/triangle-area', 'Calculate the area of a triangle', { base: number('Length of the base'), height: number('The height') }, { required: ['base', 'height'], effect: 'none' }),
  toolNamed('time/date-difference', 'Count the days between two dates', { from: { type: 'string', format: 'date', description: 'The first date' }, to: { type: 'string', format: 'date', description: 'The second date' } }, { required: ['from', 'to'], effect: 'none' }),
  toolNamed('crypto/checksum', 'Compute the SHA-256 digest of a file', { path: text('The file') }, { required: ['path'] }),
  toolNamed('images/imageResizer', 'Scale a picture to another size', { path: text('The picture'), width: { type: 'integer', description: 'Pixels' } }, { required: ['path', 'width'], effect: 'idempotent' }),
];

/** What people of that team might ask for, and what they mean. */
export const TEAM_QUESTIONS: readonly (readonly [question: string, name: string])[] = [
  ['what does the file notes.txt say?', 'file-reader'],
  ['search for a regular expression', 'file-searcher'],
  ['which files lie in the docs folder', 'dir-lister'],
  ['are there any broken links in the documents?', 'link-validator'],
  ['validate config.json by its JSON schema', 'json-validator'],
  ['missing environment variables', 'env-validator'],
  ['the latest commits', 'commit-log'],
  ['all branches', 'branch-list'],
  ['download a page from the web', 'page-fetcher'],
  ['resolving a host', 'dns-lookup'],
  ['send the report to the team by mail', 'mail-sender'],
  ['number of rows in a table', 'table-counter'],
  ['database dump', 'backup-maker'],
  ['tail the logs of the service', 'log-tail'],
  ['how full is the disk', 'disk-usage'],
  ['converting units', 'unit-converter'],
  ["a triangle's area", 'triangle-area'],
  ['days between dates', 'date-difference'],
  ['sha-256 of a file', 'checksum'],
  ['resize images', 'imageResizer'],
];
