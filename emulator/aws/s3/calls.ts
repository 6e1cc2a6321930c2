import type { HttpRequest } from '../../http.js';
import type { Bucket } from './store.js';

/** One call about one bucket. */
export interface BucketCall {
  readonly request: HttpRequest;
  readonly bucket: Bucket;
  /** Milliseconds since the epoch. */
  readonly now: number;
}

/** One call about one object. */
export interface ObjectCall extends BucketCall {
  readonly key: string;
}
