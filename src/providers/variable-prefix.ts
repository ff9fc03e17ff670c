/** @returns how the names of a provider's environment variables begin: `GOOGLE_HEALTH` of `GOOGLE_HEALTH_CLIENT_ID` */
export function variablePrefix(providerId: string): string {
  return providerId.toUpperCase().replaceAll('-', '_');
}
