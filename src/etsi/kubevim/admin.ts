import type { adminService } from "../../../generated/ts/kubevim/admin.ts";
import { CloudError } from "../../cloud/index.ts";
import type { Handlers } from "../../gateway/operation.ts";

/** Image administration: announced, refused with the reason. */
export const adminHandlers: Handlers<adminService> = {
  async downloadImage() {
    throw new CloudError("UNSUPPORTED", "the gateway fetches no images yet; upload them to the cloud's image service");
  },
  async getImageDownloadStatus() {
    throw new CloudError("UNSUPPORTED", "the gateway fetches no images yet, so there is no download to tell of");
  },
  async setupImageUploadProxy() {
    throw new CloudError(
      "UNSUPPORTED",
      "kube-vim-api alpha.15 gives this operation no fields; upload to the image service",
    );
  },
};
