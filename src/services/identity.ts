import type { IdentityServiceService } from "../../generated/ts/vimana/v1/identity.ts";
import type { Clouds, Tenant } from "../cloud/index.ts";
import type { Handlers } from "../gateway/operation.ts";

/** Who the caller is (vimana.v1.IdentityService). */
export function identityHandlers(clouds: Clouds): Handlers<IdentityServiceService> {
  return {
    async getCaller(_request, { cloud }) {
      const { name, region, tenant } = cloud;
      return { cloud: name, region, ...encodeTenant(tenant), signInUrl: clouds.signInUrl(name) };
    },

    async listClouds() {
      const { names, defaultName } = clouds;
      return {
        clouds: names.map((name) => ({ name, signInUrl: clouds.signInUrl(name), isDefault: name === defaultName })),
      };
    },
  };
}

function encodeTenant({ projectId, projectName, userId, userName, roles }: Tenant) {
  return { project: { id: projectId, name: projectName }, user: { id: userId, name: userName }, roles: [...roles] };
}
