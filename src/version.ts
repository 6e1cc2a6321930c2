/** This action's version; a test keeps it equal to package.json. */
export const ACTION_VERSION = '1.0.0';
