import type { Ready } from '../ready/make-ready.js';
import type { PlanModel } from '../../plan/types.js';
import type { Run } from '../../run.js';
import type { TerraformError } from '../../terraform/run.js';

/** How far an apply has come, over all its rounds. */
export interface Course {
  /** The resources that are done, in words, in order. */
  readonly done: string[];
  /** Those that the last round began and did not see to their end. */
  readonly underWay: Set<string>;
  /** Addresses of what was made and is to be imported, since Terraform never got AWS's answer. */
  readonly takenIn: Set<string>;
  /** When it began, in milliseconds since the epoch. */
  readonly since: number;
}

export interface RecoverRequest {
  readonly run: Run;
  readonly ready: Ready;
  readonly course: Course;
  /** How the last round ended. */
  readonly failure: TerraformError;
  /** What that round was to do. */
  readonly planned: PlanModel;
  /** False when there have been enough rounds. */
  readonly canGoOn: boolean;
}
