/** The real OpenStack that tests may use, when there is one. */
import { existsSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type CloudConfig, loadCloudConfigs } from "../../src/backends/openstack/index.ts";

export interface RealCloud {
  readonly configs: Readonly<Record<string, CloudConfig>>;
  /** The cloud that tests sign in to. */
  readonly name: string;
  /** Another tenant of the same cloud, for tests of isolation. */
  readonly second: string | undefined;
  /** A project of the same cloud whose user may do everything. */
  readonly administrator: string | undefined;
  /** The environment in which a program finds these clouds. */
  readonly env: NodeJS.ProcessEnv;
}

const ROOT = join(import.meta.dirname, "../..");

/**
 * `VIMANA_TEST_CLOUD` names a cloud of clouds.yaml, and `VIMANA_TEST_CLOUD_SECOND` another tenant's, `VIMANA_TEST_CLOUD_ADMIN` an
 * administrator's. Without them the
 * rig beside the checkout is taken while it is up; without either there is none, and the tests that need one are skipped.
 */
export function realCloud(env: NodeJS.ProcessEnv = process.env): RealCloud | undefined {
  const named = env.VIMANA_TEST_CLOUD;
  if (named !== undefined && named !== "") {
    const second = env.VIMANA_TEST_CLOUD_SECOND === "" ? undefined : env.VIMANA_TEST_CLOUD_SECOND;
    const administrator = env.VIMANA_TEST_CLOUD_ADMIN === "" ? undefined : env.VIMANA_TEST_CLOUD_ADMIN;
    const only = [named, second, administrator].filter((cloud) => cloud !== undefined);
    const { configs } = loadCloudConfigs({ env: { ...env, OS_CLOUD: named }, only });
    return { configs, name: named, second, administrator, env };
  }
  const rig = join(env.OPENSTACK_RIG_DIR ?? join(env.TMPDIR ?? tmpdir(), "openstack-rig"), "clouds.yaml");
  if (!existsSync(join(ROOT, "../shared/openstack/up")) || !existsSync(rig)) return undefined;
  const { configs } = loadCloudConfigs({ env: {}, files: [rig] });
  return { configs, name: "tenant-a", second: "tenant-b", administrator: "admin", env: { OS_CLIENT_CONFIG_FILE: rig } };
}
