/** STS on loopback, with answers that a test writes: the XML of the query protocol. */

import { createServer, type ServerResponse } from 'node:http';
import { close, listen } from './loopback.js';

export interface StsRequest {
  readonly action: string;
  readonly parameters: URLSearchParams;
  /** The access key id that the request was signed with; undefined for an unsigned one. */
  readonly signedBy: string | undefined;
  /** The Region of the signature's scope. */
  readonly region: string | undefined;
}

export type StsAnswer = (response: ServerResponse, request: StsRequest) => void;

/** A refusal as STS writes it. */
export function refuse(code: string, message: string, status = 400): StsAnswer {
  return (response) => {
    response.writeHead(status, { 'content-type': 'text/xml' });
    response.end(
      `<ErrorResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><Error><Type>Sender</Type><Code>${code}</Code><Message>${escape(message)}</Message></Error><RequestId>r</RequestId></ErrorResponse>`,
    );
  };
}

export const breakConnection: StsAnswer = (response) => {
  response.destroy();
};

export class StsServer {
  readonly requests: StsRequest[] = [];
  /** Answers to give instead of the usual one, by action; each is used once, in order. */
  readonly answers: { readonly action: string; readonly answer: StsAnswer }[] = [];
  account = '999900001111';
  /** When the next credentials end. */
  expiration = new Date(Date.now() + 3_600_000);
  #issued = 0;
  #port = 0;
  readonly #server = createServer((request, response) => {
    let body = '';
    request.setEncoding('utf8');
    request.on('data', (chunk: string) => (body += chunk));
    request.on('end', () => {
      const scope = /Credential=([^/]+)\/\d+\/([^/]+)\//.exec(request.headers.authorization ?? '');
      const parameters = new URLSearchParams(body);
      const action = parameters.get('Action') ?? '';
      this.#answer(response, { action, parameters, signedBy: scope?.[1], region: scope?.[2] });
    });
  });

  static async start(): Promise<StsServer> {
    const server = new StsServer();
    server.#port = await listen(server.#server);
    return server;
  }

  get url(): string {
    return `http://127.0.0.1:${this.#port}`;
  }

  stop(): Promise<void> {
    return close(this.#server);
  }

  #answer(response: ServerResponse, request: StsRequest): void {
    this.requests.push(request);
    const index = this.answers.findIndex(({ action }) => action === request.action);
    const special = this.answers.splice(index, index < 0 ? 0 : 1)[0];
    if (special !== undefined) {
      special.answer(response, request);
      return;
    }
    const result = request.action === 'GetCallerIdentity' ? this.#identity() : this.#issue();
    response.writeHead(200, { 'content-type': 'text/xml' });
    response.end(
      `<${request.action}Response xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><${request.action}Result>${result}</${request.action}Result></${request.action}Response>`,
    );
  }

  #identity(): string {
    return `<Arn>arn:aws:sts::${this.account}:assumed-role/kms/session</Arn><UserId>u</UserId><Account>${this.account}</Account>`;
  }

  #issue(): string {
    this.#issued += 1;
    const number = this.#issued;
    return `<Credentials><AccessKeyId>ASIA${number}</AccessKeyId><SecretAccessKey>secret-${number}</SecretAccessKey><SessionToken>session-${number}</SessionToken><Expiration>${this.expiration.toISOString()}</Expiration></Credentials>`;
  }
}

function escape(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;');
}
