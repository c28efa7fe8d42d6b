/** The version of this code, as package.json states it: manifests name it. */
export const CODE_VERSION = '0.1.0';
