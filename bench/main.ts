import { benchOverhead } from './overhead.js';
import { benchRegions } from './regions.js';

/** What can be measured: the name on the command line, and what measures it and gives Markdown. */
const BENCHES: Readonly<Record<string, (args: readonly string[]) => Promise<string>>> = {
  overhead: benchOverhead,
  regions: benchRegions,
};

async function main([name, ...args]: readonly string[]): Promise<number> {
  const chosen = name === undefined ? Object.keys(BENCHES) : [name];
  for (const one of chosen) {
    const bench = BENCHES[one];
    if (bench === undefined) {
      process.stderr.write(
        `There is no ${one}. Usage: npm run bench -- [${Object.keys(BENCHES).join('|')}]\n`,
      );
      return 2;
    }
    try {
      process.stdout.write(`${await bench(args)}\n`);
    } catch (thrown) {
      if (!(thrown instanceof RangeError)) throw thrown;
      process.stderr.write(`${thrown.message}\n`);
      return 2;
    }
  }
  return 0;
}

process.exitCode = await main(process.argv.slice(2));
