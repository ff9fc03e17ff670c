/** The stylesheet and the little scripts, served from our own origin. */
import { join } from 'node:path';
import express, { type RequestHandler } from 'express';
import { VIEWS_DIRECTORY } from './views.js';
import { WebError } from './web-error.js';

export function assets(): RequestHandler {
  const files = express.static(join(VIEWS_DIRECTORY, 'assets'), {
    index: false,
    redirect: false,
    dotfiles: 'ignore',
    setHeaders: (res) => res.setHeader('Cache-Control', 'public, max-age=300'),
  });
  return (req, res, next) => {
    res.locals.route = '/assets';
    if (req.method === 'GET' || req.method === 'HEAD') return files(req, res, next);
    next(new WebError(405, 'method_not_allowed', { headers: { Allow: 'GET, HEAD' } }));
  };
}
