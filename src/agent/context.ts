import type { AgentContext } from '../pipeline/agent/port.ts';
import { loadMemory, type MemoryPlaces } from './memory/load.ts';
import { loadSkills } from './skills/load.ts';
import { placesOf, type Surroundings } from './skills/places.ts';

/** What stands on this machine for every agent: memory and skills. */
export function loadContext(places: MemoryPlaces & Surroundings): AgentContext {
  const { memory, problems } = loadMemory(places);
  const found = loadSkills(placesOf('skills', places));
  return { memory, skills: found.skills, problems: [...problems, ...found.problems] };
}
