import type { AgentContext } from '../../pipeline/agent/port.ts';
import { misused, type OwnTool } from './own-tool.ts';

/** Tells how something is done, where there is a skill for it. */
export function skillTool({ skills }: AgentContext): OwnTool[] {
  if (skills.length === 0) return [];
  return [
    {
      definition: {
        name: 'skill',
        description: 'Read a skill: how something is done here. Read it before you do what it is for.',
        params: { type: 'object', properties: { name: { type: 'string', description: 'Its name' } }, required: ['name'] },
      },
      async run({ name }) {
        const skill = skills.find((each) => each.name === name);
        if (!skill) return misused(`expected one of ${skills.map((each) => each.name).join(', ')}`);
        const { files, folder, isTrusted, text } = skill;
        return { output: { text, folder, ...(files.length === 0 ? {} : { files: [...files] }) }, origins: [isTrusted ? 'trusted-tool' : 'file'] };
      },
    },
  ];
}
