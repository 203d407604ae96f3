import { planCargo } from './ecosystems/cargo.ts';
import { planGo } from './ecosystems/go.ts';
import { planMake } from './ecosystems/make.ts';
import { planNode } from './ecosystems/node.ts';
import { planPython } from './ecosystems/python.ts';
import type { Project } from './project.ts';
import { STEPS, type PlannedStep, type StepName } from './step.ts';

const PLANNERS: readonly ((project: Project) => Promise<PlannedStep[]>)[] = [planNode, planCargo, planGo, planPython, planMake];

/** All wanted steps of all projects: project by project, in each one step by step. */
export async function planSteps(projects: readonly Project[], wanted: readonly StepName[]): Promise<PlannedStep[]> {
  const plans: PlannedStep[] = [];
  for (const project of projects) {
    const steps: PlannedStep[] = [];
    for (const planner of PLANNERS) steps.push(...(await planner(project)));
    plans.push(
      ...steps
        .map((step) => withoutRepeats(step, steps))
        .filter(({ step }) => wanted.includes(step))
        .toSorted(byStep),
    );
  }
  return plans;
}

/** A Makefile beside another manifest mostly calls the same programs; its step runs only where nothing else has one. */
function withoutRepeats(step: PlannedStep, all: readonly PlannedStep[]): PlannedStep {
  const other = all.find((each) => each.ecosystem !== 'make' && each.step === step.step && each.action.kind === 'process');
  if (step.ecosystem !== 'make' || step.action.kind !== 'process' || other === undefined) return step;
  return { ...step, action: { kind: 'none', reason: `${other.ecosystem} has this step already` } };
}

function byStep(a: PlannedStep, b: PlannedStep): number {
  return STEPS.indexOf(a.step) - STEPS.indexOf(b.step);
}
