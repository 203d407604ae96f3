import type { Tool } from './tool.ts';

/** What a careful reader would ask about a manifest before registering it. */
export function securityFindings({ capabilities, effect, level, params, executable }: Tool): string[] {
  const all = [...capabilities.required, ...capabilities.optional];
  const tooWide = all.filter((text) => /^(fs:(read|write)(:(\/|~)?\/?\*\*)?|(proc|net|env|tool|model):\w+(:\*{1,2})?)$/.test(text));
  const writes = all.some((text) => text.startsWith('fs:write'));
  const connects = all.some((text) => text.startsWith('net:'));
  return [
    ...tooWide.map((text) => `${text} is wider than any one tool needs: name the files, programs or hosts`),
    ...(writes && (effect === 'none' || effect === 'read') ? [`it asks to write, but its effect is ${effect}`] : []),
    ...(connects && level !== 'elevated' ? [`it asks for the network, which the level ${level} excludes`] : []),
    ...(level === 'elevated' && !connects ? ['the level elevated is asked for without the network: would standard do?'] : []),
    ...Object.entries(params.properties)
      .filter(([name, schema]) => /pass(word|phrase)|token|secret|api.?key/i.test(name) && schema['x-type'] !== 'secret')
      .map(([name]) => `the parameter ${name} sounds like a secret: declare it with type secret`),
    ...(executable.type === 'external' && /^(sh|bash|env|sudo|xargs|node|python3?)$/.test(executable.path)
      ? [`${executable.path} runs whatever it is told to: declare the script itself`]
      : []),
  ];
}
