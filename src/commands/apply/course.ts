import type { Setup } from '../setup/set-up.js';
import type { PlanModel } from '../../plan/types.js';
import type { Run } from '../../run.js';
import type { TerraformError } from '../../terraform/run.js';

/** How far an apply has come, over all its rounds. */
export interface Course {
  /** The resources that are done, in words, in order. */
  readonly done: string[];
  /** Those in progress: the last round began them and did not see them to their end. */
  readonly inProgress: Set<string>;
  /** Addresses of what was made and is to be imported, since Terraform never got AWS's answer. */
  readonly imported: Set<string>;
  /** When it began, in milliseconds since the epoch. */
  readonly since: number;
}

export interface ResumeRequest {
  readonly run: Run;
  readonly setup: Setup;
  readonly course: Course;
  /** How the last round ended. */
  readonly failure: TerraformError;
  /** What that round was to do. */
  readonly planned: PlanModel;
  /** False when there have been enough rounds. */
  readonly canGoOn: boolean;
}
