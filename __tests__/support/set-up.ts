/** Runs before each test file, unlike what the file imports: that is loaded once for each worker (`vitest.config.js`). */

import { afterAll } from 'vitest';
import { removeTempFolders } from './temp-folder.js';

const environment = { ...process.env };

afterAll(() => {
  removeTempFolders();
  process.env = { ...environment };
});
