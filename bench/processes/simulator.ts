/** A simulator in a process of its own; by message it goes back to its beginning or tells what it was asked. */
import { startSimulator } from "../../src/simulator/index.ts";

const simulator = await startSimulator();
process.on("message", (message) => {
  if (message === "reset") {
    const from = performance.now();
    simulator.reset();
    process.send?.(performance.now() - from);
  } else if (message === "requests") {
    const requests = simulator.requests.list().map(({ method, path, query }) => `${method} ${path}${query}`);
    simulator.requests.clear();
    process.send?.(requests);
  }
});
process.on("disconnect", () => process.exit(0));
process.stdout.write(`ready ${JSON.stringify({ clouds: simulator.clouds() })}\n`);
