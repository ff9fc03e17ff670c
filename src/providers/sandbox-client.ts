/**
 * Our client in the sandbox. Its secret and its keys protect nothing and are known to everybody on purpose: so that an app and a sandbox that run in
 * different processes, on different days, agree without telling each other anything.
 */
import { createPrivateKey, createPublicKey, type JsonWebKey, type KeyObject } from 'node:crypto';
import type { ProviderClient } from './catalogue.js';
import type { ProviderDefinition } from './definition.js';

/** @returns the client id, and what the definition takes for a secret: a word, a private key (RSA), or what mints one */
export function sandboxClient(definition: ProviderDefinition): ProviderClient {
  return { clientId: `sandbox-${definition.id}`, clientSecret: secretOf(definition) };
}

/** What checks the signatures of every client in the sandbox. */
export function sandboxPublicKey(algorithm: 'RS256' | 'ES256'): KeyObject {
  return createPublicKey({ key: keys[algorithm], format: 'jwk' });
}

function secretOf({ oauth1, token }: ProviderDefinition): string {
  if (oauth1?.signatureMethod.startsWith('RSA-')) return privateKeyOf('RS256');
  if (!token?.mintedSecret) return 'sandbox-secret';
  const privateKey = privateKeyOf(token.mintedSecret.algorithm);
  return JSON.stringify({ issuer: 'sandbox', keyId: 'sandbox', privateKey });
}

function privateKeyOf(algorithm: 'RS256' | 'ES256'): string {
  const key = createPrivateKey({ key: keys[algorithm], format: 'jwk' });
  return key.export({ type: 'pkcs8', format: 'pem' }).toString();
}

const rsa: JsonWebKey = {
  kty: 'RSA',
  n:
    'xPHHeajTaP-Y0jm5F6o48P3yC4uYmm5KdUTP8kFbZ4nWzGDATpietTKBQJMep_v1awEenadICmjRep1CalyLnD3NKiNEmpbw1dZCZtSYHRZx_2' +
    'fz_ulMdYCp-NgoBcpejlktrN7tKxIY1vGhxEtk1f1zhD97zY1trldeKgrTNnGPMnqQA9R778_xliQf4v3plRi1imoAKfsDyLEV4kb8mHYUg-l1' +
    'QlL4lv0cbXQRMFq1lztNfQ_7ihPjlfkLuh83t-2gWhXhK0FctYLR_FI1bvBVx0Egoq6TU9IXTqpYni92Dh1ACrxNtFTnroZk2A8InyM8cSA7nq' +
    'qR2dOyVoBpIQ',
  e: 'AQAB',
  d:
    'GMq-66e_BUa3vC8cB8ib5mpxX9aw3S_pG54P91UW5o_JhGzhiINZ50F2V-StRURIfrHjYsE-JmFPjXnidHU19fMpspZB-pvpsWGJdlxo0bCTpS' +
    '023-4Ke_g4bWT4lNIG2TCMuWhOvs9GZTiBvq4nAXEoa4t6UEPvfLTu26gFMqMcadvQuYCbqIi_V7uXkvKoxU90XOdkcm2JGrwrQqFBGo1l5soM' +
    'rpu_hm1sNJFsoKcyD56ldEnB8C_UYtEf53BERxw1gsP2SWG_uDANJjFCR1wAbwHnwo88HsrSCX2uvMH-x10frYLNEDU7bZy6Wms24AmLaZPu9t' +
    'CH-sqOi3lV4Q',
  p:
    '6a_hmCjw2cCHTbFCTh4aiibFWgeQJrsCuaS8mIP_zUGzibcKrdN8_rIbuTza54vX6R3AGgzCi8bF0hvS3xYh2ng6nJt5aUeJwHPIxHze8LLoj1' +
    'dNKjCGpKcPP12ePajTmaQ4vQ1nwWsOtsF3eyZEg6FrwBUpkSHeHsynifEhlq0',
  q:
    '17_IPYIZ5opAg5uPPP45lWy0fhFZhzVws6KUyttwNxo8Opy2dL9wcNvaKzYiF-QRBPyIA59-NY1B4vlDsV7pNA9WxfbK22SdsmoSwgZLmN6W5L' +
    'ELRg4lPhyQrD3DTRb5EyvF4iu8mxZgFOkU3yuxCNS-ZD6w9ICpfBI-rCZSDsU',
  dp:
    'pPYSYy4rbxuYp8CElM5tX66ky7vhB2YmM1RWCbfMgGFr0sBSmohbiRPDvEx4HtG59YaZ0AnH35HOnVYk0nQ2K5mJjnm2CBqG5EMXq5SWcAVrY5' +
    'x2DV05_ssrWUjF5rLhxGiH4PSwlHn1Zg9GP7mwzdbKUErgD-J_gPBpKFf-pPU',
  dq:
    'ZsKq7lj8Wyk4Zzb9t5Bi_v_izDUZTmQuxPDILALu5N_zFfu0j9DrDmY4-OH0xSpUzOo3InqiE4Gvgxs0mdPaAXjY3LuajXrT_bm2K4HyGeLTPi' +
    'PxebGdHYNfiRp13k713aK4wuwQDlJO-0a1MULPNKSX9olBoYNytmy-OyKZbP0',
  qi:
    'MeP_KHIOnAjMvcIF0qI4KP_6muaA3xRBre4ZddO_tP3mXE8uBf0n45jseoApu5iKeO0gJz2lO30wP5JCRI07MXTF6HZywVgbJXStggHmdht1YS' +
    'INI6XTOdSyxrEFewdTzDsqX8AYwyOxfAaCQyp5_gsVs89VwutwfvTls2uhr4Y',
};

const ec: JsonWebKey = {
  kty: 'EC',
  x: 'DSA11UBrDQJDa-KiTkw-ly52SrKYDvsDfAiQjP9-PK0',
  y: 'duoVduDwDs0kbwFQpb0whI8ng9y7ahSWNgjepK_Ydjg',
  crv: 'P-256',
  d: 'd4KzxzRFyQqtk-F0RPgIlbgGEcRMTbE5YFs9HHSbq5A',
};

const keys = { RS256: rsa, ES256: ec } as const;
