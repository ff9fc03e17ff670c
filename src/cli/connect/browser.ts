/** Opens an address in the person's own browser, when there is one on this machine. */
import { spawn } from 'node:child_process';
import type { Environment } from '../../environment.js';

/** @returns whether a browser could be told; it says nothing of what the person then sees */
export function openInBrowser(url: string, environment: Environment, platform = process.platform): Promise<boolean> {
  const opener = openerOf(environment, platform);
  if (!opener) return Promise.resolve(false);
  const [program, ...args] = opener;
  return new Promise((resolve) => {
    // An argument of its own and never a shell: addresses come from providers.
    const child = spawn(program, [...args, url], { detached: true, stdio: 'ignore' });
    child.once('error', () => resolve(false));
    child.once('spawn', () => {
      child.unref();
      resolve(true);
    });
  });
}

/** Whether there is a browser to be tried at all. */
export function hasBrowser(environment: Environment, platform = process.platform): boolean {
  return openerOf(environment, platform) !== undefined;
}

function openerOf(environment: Environment, platform: NodeJS.Platform): [string, ...string[]] | undefined {
  if (platform === 'darwin') return environment.SSH_CONNECTION ? undefined : ['open'];
  if (platform === 'win32') return ['rundll32', 'url.dll,FileProtocolHandler'];
  if (environment.WSL_DISTRO_NAME) return ['wslview'];
  // Without a display, xdg-open would start a browser for text terminals in the middle of our words.
  return environment.DISPLAY || environment.WAYLAND_DISPLAY ? ['xdg-open'] : undefined;
}
