// Makes a checkout ready to run: installs what the lock file names when it is not there, and says so plainly when the
// Node that runs is not the one the project brings. Plain JavaScript, because Node 20 must be able to run it.
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const stamp = join(root, "node_modules", ".vimana-ready");
const wanted = createHash("sha256")
  .update(readFileSync(join(root, "package-lock.json")))
  .digest("hex");
const found = existsSync(stamp) ? readFileSync(stamp, "utf8") : "";

if (wanted !== found) {
  console.error("vimana: installing the packages that package-lock.json names (npm ci)");
  const npm = process.env.npm_execpath;
  const [command, args] = npm === undefined ? ["npm", ["ci"]] : [process.execPath, [npm, "ci"]];
  let status = 1;
  for (let attempt = 1; attempt <= 3 && status !== 0; attempt += 1) {
    // npm's own chatter goes to stderr, so that stdout stays the program's; the running Node must not matter to it.
    status = spawnSync(command, args, { cwd: root, stdio: ["ignore", 2, 2] }).status ?? 1;
    if (status !== 0) console.error(`vimana: npm ci failed (attempt ${attempt} of 3)`);
  }
  if (status !== 0) process.exit(status);
}
// Also when it says the same: bin/vimana goes by its age.
writeFileSync(stamp, wanted);

const bundled = join(root, "node_modules", ".bin", "node");
const version = spawnSync(existsSync(bundled) ? bundled : process.execPath, ["--version"], {
  encoding: "utf8",
}).stdout.trim();
if (Number(/^v(\d+)/.exec(version)?.[1] ?? 0) < 24) {
  console.error(
    `vimana: needs Node 26 and found ${version}: no Node is packaged for ${process.platform}-${process.arch}, install one`,
  );
  process.exit(1);
}
