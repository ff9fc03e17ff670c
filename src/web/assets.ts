/** The stylesheet and the little scripts, served from our own origin. */
import { join } from 'node:path';
import express, { type RequestHandler } from 'express';
import { VIEWS_DIRECTORY } from './views.js';

export function assets(): RequestHandler {
  return express.static(join(VIEWS_DIRECTORY, 'assets'), {
    index: false,
    redirect: false,
    dotfiles: 'ignore',
    setHeaders: (res) => res.setHeader('Cache-Control', 'public, max-age=300'),
  });
}
