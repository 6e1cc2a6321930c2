/** The part of bottleneck that Octokit's plugins load: without Redis, and without types of its own. */
declare module 'bottleneck/light.js' {
  export { default } from 'bottleneck';
}
