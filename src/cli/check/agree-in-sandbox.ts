/** In the sandbox there is no account to protect, so a check agrees by itself: the consent page is left out while it runs. */

/** @returns puts things back as they were */
export async function agreeInSandbox(origin: string): Promise<() => Promise<void>> {
  const before = await behaviour(origin, {});
  await behaviour(origin, { autoApprove: true });
  return async () => {
    await behaviour(origin, { autoApprove: before.autoApprove === true });
  };
}

async function behaviour(origin: string, change: object): Promise<{ autoApprove?: unknown }> {
  const response = await fetch(`${origin}/_control/behaviour`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify(change),
  });
  return (await response.json()) as { autoApprove?: unknown };
}
