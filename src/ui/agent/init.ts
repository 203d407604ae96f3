import { writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { TokaError } from '../../errors.ts';
import { makeFolder } from '../../make-folder.ts';
import type { Door } from '../door.ts';
import { plain } from '../text.ts';

/** `toka agent init NAME` */
export async function initAgent(name: string, { json }: { readonly json: boolean }, door: Door): Promise<number> {
  if (!/^[a-z0-9]+(-[a-z0-9]+)*$/.test(name) || name.length > 64) {
    throw new TokaError('TOKA_USAGE', `expected lower-case words and digits joined by -, at most 64 characters, found "${name}"`, { hint: 'toka agent init my-agent' });
  }
  const { registry, root } = await door.workspace();
  registry.close();
  const file = join(root, '.toka', 'agents', `${name}.yaml`);
  write(file, template(name));
  if (json) door.stdout.write(`${JSON.stringify({ schema: 'toka/agent-init/v1', agent: name, file })}\n`);
  else door.stdout.write(`${plain(relative(door.cwd, file))}\nnext: change it into what is wanted, then toka agent validate and toka agent run ${name}\n`);
  return 0;
}

function write(file: string, text: string): void {
  try {
    makeFolder(dirname(file));
    writeFileSync(file, text, { flag: 'wx' });
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    if (code === 'EEXIST') throw new TokaError('TOKA_STORAGE_TAKEN', `there is a file ${file} already`, { cause, hint: 'choose another name, or remove it first' });
    throw new TokaError('TOKA_STATE_UNAVAILABLE', `cannot write ${file} (${code})`, { cause, hint: 'check the permissions and the free space of that folder' });
  }
}

function template(name: string): string {
  return `# An agent: toka agent run ${name} -p "…". All keys are described in manifests/schema/agent.v1.json of toka and in docs/agents.md.
apiVersion: toka/v1
kind: Agent
metadata:
  name: ${name} # the name of this file
  version: 0.1.0
  description: Say here what ${name} is for
spec:
  domain: text in this project
  model: work # a role, or PROVIDER/MODEL
  maxTurns: 30 # how often it may ask the model in one run

  # What it is to achieve. An objective counts as reached when its validation passes, never because the agent says so.
  objectives:
    - id: links
      description: All links in the documentation lead somewhere
      deliverable: Markdown files without broken links
      validation: { tool: link-validator, params: { path: [.] } }
      # Other forms: { command: [npm, test] }, or { schema: … } for the form of its answer.

  # The steps that it takes: always, or where a condition holds. They may wait for others.
  tasks:
    default:
      - { id: look, title: Find the broken links }
      - { id: mend, title: Correct them, after: [look] }
    conditional:
      - { id: ask, title: Say which links a person has to decide about, when: a page is gone for good, after: [look] }

  dependencies:
    tools: [link-validator, files/*] # the tools that it sees; leave out for all
    agents: [] # agents that it may start
    skills: [] # folders with a SKILL.md that are offered to it

  # What it may do. Calls beyond that are denied, or asked for on a terminal.
  security:
    sandbox: restricted # restricted, standard or elevated: for the commands that it starts
    capabilities_required: [] # without these it does not start
    capabilities_optional: ['fs:read:**', 'fs:write:docs/**'] # the most that it may ask for
    resource_limits: { timeout: 10m, calls: 200 } # also wall, cpu, bytes, tokens, money (US dollars)

  behavioral_directives:
    - Change as little as possible.
  success_criteria:
    - No page was removed.
  reporting: { format: markdown } # text, markdown or json; json may have a schema
`;
}
