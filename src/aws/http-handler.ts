import type { ClientRequest } from 'node:http';
import { NodeHttpHandler } from '@smithy/node-http-handler';
import { HttpProxyAgent } from 'http-proxy-agent';
import { HttpsProxyAgent } from 'https-proxy-agent';
import { ProxyRefusal } from '../runner/connection.js';
import { proxyFor } from '../runner/proxy.js';

/** Milliseconds. KMS and STS answer within one second; what takes longer is a Region that does not answer. */
const TIMEOUTS = { connectionTimeout: 5_000, requestTimeout: 6_000, throwOnRequestTimeout: true } as const;

type Handle = NodeHttpHandler['handle'];
type Request = Parameters<Handle>[0];

/**
 * Carries the SDK's requests, each through the proxy that the environment names for its host: the SDK itself knows none.
 * Certificates of NODE_EXTRA_CA_CERTS count through a proxy, too: Node adds them to the ones it trusts by default.
 * A proxy's own refusal is thrown, so that it is never taken for an answer of AWS's.
 */
export class ProxiedHandler extends NodeHttpHandler {
  readonly #throughProxy = new Map<string, NodeHttpHandler>();

  constructor() {
    super(TIMEOUTS);
  }

  override async handle(request: Request, options?: Parameters<Handle>[1]): ReturnType<Handle> {
    const proxy = proxyFor(urlOf(request));
    if (proxy === undefined) return super.handle(request, options);
    const answer = await this.#handlerFor(proxy).handle(request, options);
    // In plain http the proxy itself answers; AWS has no 407.
    if (answer.response.statusCode === 407) throw new ProxyRefusal(407);
    return answer;
  }

  override destroy(): void {
    super.destroy();
    for (const handler of this.#throughProxy.values()) handler.destroy();
  }

  #handlerFor(proxy: string): NodeHttpHandler {
    const known = this.#throughProxy.get(proxy);
    if (known !== undefined) return known;
    const httpsAgent = new HttpsProxyAgent(proxy, { keepAlive: true });
    httpsAgent.on('proxyConnect', ({ statusCode }: { statusCode: number }, request: ClientRequest) => {
      if (statusCode !== 200) request.destroy(new ProxyRefusal(statusCode));
    });
    const handler = new NodeHttpHandler({
      ...TIMEOUTS,
      httpsAgent,
      httpAgent: new HttpProxyAgent(proxy, { keepAlive: true }),
    });
    this.#throughProxy.set(proxy, handler);
    return handler;
  }
}

function urlOf({ protocol, hostname, port, path }: Request): URL {
  return new URL(path, `${protocol}//${hostname}${port === undefined ? '' : `:${port}`}`);
}
