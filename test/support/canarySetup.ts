/** Runs before every test file, and costs nothing unless somebody listens. */
if ((process.env.VIMANA_CANARY ?? "") !== "") (await import("./canaryFolder.ts")).wrapFetch();

export {};
