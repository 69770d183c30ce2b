// Signing in with Entra ID, by Microsoft's own client.
import { ClientSecretCredential } from "@azure/identity";
import { proxy } from "./common.mjs";

const { AZURE_TENANT_ID, AZURE_CLIENT_ID, AZURE_CLIENT_SECRET } = process.env;
const { hostname, port, protocol } = new URL(proxy);

/** The documented option of every client of Azure's. */
export const proxyOptions = { host: `${protocol}//${hostname}`, port: Number(port) };

export const credential = new ClientSecretCredential(
  AZURE_TENANT_ID,
  AZURE_CLIENT_ID,
  AZURE_CLIENT_SECRET,
  { proxyOptions },
);
