/** Further parts of an AWS error that a protocol puts into its answer. */
export interface AwsErrorOptions {
  /** HTTP status; 400 unless told. */
  readonly status?: number;
  /** Header fields that go with the error, such as `x-amz-bucket-region`. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Elements that S3 adds to the error's XML, such as `Region`. */
  readonly details?: Readonly<Record<string, string>>;
}

/** A failure in AWS's own words: a code from the service's API model and the message that the service gives. */
export class AwsError extends Error {
  override readonly name = 'AwsError';
  readonly code: string;
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly details: Readonly<Record<string, string>>;

  constructor(code: string, message: string, options: AwsErrorOptions = {}) {
    super(message);
    this.code = code;
    this.status = options.status ?? 400;
    this.headers = options.headers ?? {};
    this.details = options.details ?? {};
  }
}
