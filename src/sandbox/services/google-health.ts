/**
 * Google Health, API 4: who the person is, and their steps, heart rate and sleep. Protocol-buffer JSON: 64-bit numbers are
 * texts, days are objects, filters use snake_case where answers use camelCase.
 */
import { type Answer, json } from '../answer.js';
import { hexadecimalId } from './account-ids.js';
import { googleRefusal, insufficientScopes } from './google.js';
import { dataTypes, listDataPoints, rollUpDays } from './google-health-data.js';
import type { ApiCall, Service } from './service.js';

const scopePrefix = 'https://www.googleapis.com/auth/googlehealth.';

/** Any one of these tells who the person is; the scopes for nutrition and location do not. */
const identityScopes = [
  'activity_and_fitness',
  'ecg',
  'health_metrics_and_measurements',
  'irn',
  'logged_symptoms',
  'mindfulness',
  'profile',
  'reproductive_health',
  'settings',
  'sleep',
].map((area) => `${scopePrefix}${area}.readonly`);

export const googleHealth: Service = {
  hosts: ['health.googleapis.com'],
  defaultAccountId: '4f8a1c96-2d3b-4e57-9a60-71c5b2e8d034',
  accountId: hexadecimalId,
  related: ['fitbit', 'google'],
  tokens: {},
  unauthorized: () =>
    googleRefusal(
      401,
      'UNAUTHENTICATED',
      'Request had invalid authentication credentials. Expected OAuth 2 access token.',
    ),
  answer(call) {
    if (call.path === '/v4/users/me/identity') return identity(call);
    const data = /^\/v4\/users\/me\/dataTypes\/([a-z-]+)\/dataPoints(?::([A-Za-z]+))?$/.exec(call.path);
    return data ? dataPoints(call, data[1] ?? '', data[2]) : undefined;
  },
};

function identity(call: ApiCall): Answer {
  if (!call.allows(...identityScopes)) return insufficientScopes();
  return json(200, {
    name: 'users/me/identity',
    legacyUserId: legacyUserId(call),
    healthUserId: call.person.subject,
  });
}

/** The Fitbit id of the same human, under which the tracker's data was collected. */
function legacyUserId(call: ApiCall): string {
  return call.elsewhere.fitbit ?? call.person.subject;
}

function dataPoints(call: ApiCall, typeName: string, verb: string | undefined): Answer | undefined {
  const type = Object.hasOwn(dataTypes, typeName) ? dataTypes[typeName] : undefined;
  if (!type) return undefined;
  if (!call.allows(`${scopePrefix}${type.scope}.readonly`)) return insufficientScopes();
  const result = questionOf(call, verb)?.(type, legacyUserId(call));
  if (!result) return undefined;
  if (result.problem === undefined) return json(200, result.answer);
  const invalid = googleRefusal(400, 'INVALID_ARGUMENT', result.problem);
  return json(invalid.status, invalid.body);
}

type Question = (
  type: (typeof dataTypes)[string],
  subject: string,
) => { answer: unknown; problem?: undefined } | { problem: string } | undefined;

function questionOf(call: ApiCall, verb: string | undefined): Question | undefined {
  if (call.method === 'GET' && (verb === undefined || verb === 'reconcile')) {
    return (type, subject) => listDataPoints(type, subject, call.query, call.now);
  }
  if (call.method === 'POST' && verb === 'dailyRollUp') {
    return (type, subject) => rollUpDays(type, subject, call.body, call.now);
  }
  return undefined;
}
