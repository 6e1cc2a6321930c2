export const id = 68;
export const ids = [68];
export const modules = {

/***/ 2687:
/***/ ((__unused_webpack_module, __webpack_exports__, __webpack_require__) => {

/* harmony export */ __webpack_require__.d(__webpack_exports__, {
/* harmony export */   ProxiedHandler: () => (/* binding */ ProxiedHandler)
/* harmony export */ });
/* harmony import */ var _smithy_node_http_handler__WEBPACK_IMPORTED_MODULE_4__ = __webpack_require__(1279);
/* harmony import */ var http_proxy_agent__WEBPACK_IMPORTED_MODULE_0__ = __webpack_require__(8947);
/* harmony import */ var https_proxy_agent__WEBPACK_IMPORTED_MODULE_1__ = __webpack_require__(1566);
/* harmony import */ var _runner_connection_js__WEBPACK_IMPORTED_MODULE_2__ = __webpack_require__(5356);
/* harmony import */ var _runner_proxy_js__WEBPACK_IMPORTED_MODULE_3__ = __webpack_require__(5558);





/** Milliseconds. KMS and STS answer within one second; what takes longer is a Region that does not answer. */
const TIMEOUTS = { connectionTimeout: 5_000, requestTimeout: 6_000, throwOnRequestTimeout: true };
/**
 * Carries the SDK's requests, each through the proxy that the environment names for its host: the SDK itself knows none.
 * Certificates of NODE_EXTRA_CA_CERTS count through a proxy, too: Node adds them to the ones it trusts by default.
 * A proxy's own refusal is thrown, so that it is never taken for an answer of AWS's.
 */
class ProxiedHandler extends _smithy_node_http_handler__WEBPACK_IMPORTED_MODULE_4__.NodeHttpHandler {
    #throughProxy = new Map();
    constructor() {
        super(TIMEOUTS);
    }
    async handle(request, options) {
        const proxy = (0,_runner_proxy_js__WEBPACK_IMPORTED_MODULE_3__/* .proxyFor */ .iJ)(urlOf(request));
        if (proxy === undefined)
            return super.handle(request, options);
        const answer = await this.#handlerFor(proxy).handle(request, options);
        // In plain http the proxy itself answers; AWS has no 407.
        if (answer.response.statusCode === 407)
            throw new _runner_connection_js__WEBPACK_IMPORTED_MODULE_2__/* .ProxyRefusal */ .f(407);
        return answer;
    }
    destroy() {
        super.destroy();
        for (const handler of this.#throughProxy.values())
            handler.destroy();
    }
    #handlerFor(proxy) {
        const known = this.#throughProxy.get(proxy);
        if (known !== undefined)
            return known;
        const httpsAgent = new https_proxy_agent__WEBPACK_IMPORTED_MODULE_1__/* .HttpsProxyAgent */ .b(proxy, { keepAlive: true });
        httpsAgent.on('proxyConnect', ({ statusCode }, request) => {
            if (statusCode !== 200)
                request.destroy(new _runner_connection_js__WEBPACK_IMPORTED_MODULE_2__/* .ProxyRefusal */ .f(statusCode));
        });
        const handler = new _smithy_node_http_handler__WEBPACK_IMPORTED_MODULE_4__.NodeHttpHandler({
            ...TIMEOUTS,
            httpsAgent,
            httpAgent: new http_proxy_agent__WEBPACK_IMPORTED_MODULE_0__/* .HttpProxyAgent */ .s(proxy, { keepAlive: true }),
        });
        this.#throughProxy.set(proxy, handler);
        return handler;
    }
}
function urlOf({ protocol, hostname, port, path }) {
    return new URL(path, `${protocol}//${hostname}${port === undefined ? '' : `:${port}`}`);
}


/***/ })

};
