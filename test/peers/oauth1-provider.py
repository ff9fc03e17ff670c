"""A three-legged OAuth 1.0a provider on oauthlib, so that our client is judged by somebody else's reading of RFC 5849.

It listens on a free port of 127.0.0.1, writes {"port": …} to stdout and ends when stdin does. Everything is kept in memory.

  /oauth/request_token  /oauth/authorize  /oauth/access_token  /oauth/revoke (signed with the token that ends)
  /1/me.json            who the token belongs to, with an id that a double cannot hold
  /1/echo               what oauthlib understood of the signed request, whatever its method
  POST /_control/clients   {clientId, signatureMethod, clientSecret? | publicKey?, callbacks: [], denial?: "denied" | "oauth_problem"}
  GET  /_control/requests  {requests: [{method, path, query, headers, body, status, checks}]}, oldest first, control calls left out
"""
import html
import json
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlencode, urlsplit

from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from oauthlib.common import safe_string_equals
from oauthlib.oauth1 import RequestValidator, WebApplicationServer
from oauthlib.oauth1.rfc5849 import (
    SIGNATURE_HMAC_SHA1, SIGNATURE_HMAC_SHA256, SIGNATURE_PLAINTEXT, SIGNATURE_RSA_SHA1,
)
from oauthlib.oauth1.rfc5849.errors import OAuth1Error

PERSON = {'id': 9007199254740993123, 'name': 'Ada Lovelace', 'screen_name': 'ada'}

# Of nobody: what unknown clients and tokens are checked against, so that they take as long as known ones.
DUMMY = 'x' * 30
DUMMY_KEY = rsa.generate_private_key(65537, 2048).public_key().public_bytes(
    Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()


class Store:
    """Clients, tokens and used nonces; the server asks from several threads."""

    def __init__(self):
        self.lock = threading.RLock()
        self.clients = {}
        self.temporary = {}
        self.tokens = {}
        self.nonces = set()
        self.requests = []


class Validator(RequestValidator):
    """Answers oauthlib's questions from the store. Times are oauthlib's own rule: ten minutes either way."""

    # Loopback, which a test cannot reach over TLS without teaching the client a certificate.
    enforce_ssl = False
    allowed_signature_methods = (
        SIGNATURE_HMAC_SHA1, SIGNATURE_HMAC_SHA256, SIGNATURE_RSA_SHA1, SIGNATURE_PLAINTEXT,
    )
    client_key_length = (3, 40)
    dummy_client = DUMMY
    dummy_request_token = DUMMY
    dummy_access_token = DUMMY

    def __init__(self, store):
        super().__init__()
        self.store = store

    def client(self, client_key):
        return self.store.clients.get(client_key, {})

    def check_client_key(self, client_key):
        # The default wants letters and digits only.
        shortest, longest = self.client_key_length
        return shortest <= len(client_key) <= longest

    def validate_client_key(self, client_key, request):
        # A client signs by the method it registered: PLAINTEXT must not be a way round a key pair.
        return self.client(client_key).get('signatureMethod') == request.signature_method

    def get_client_secret(self, client_key, request):
        return self.client(client_key).get('clientSecret', DUMMY)

    def get_rsa_key(self, client_key, request):
        return self.client(client_key).get('publicKey', DUMMY_KEY)

    def validate_timestamp_and_nonce(self, client_key, timestamp, nonce, request,
                                     request_token=None, access_token=None):
        use = (client_key, timestamp, nonce, request_token or access_token)
        with self.store.lock:
            if use in self.store.nonces:
                return False
            self.store.nonces.add(use)
            return True

    def validate_redirect_uri(self, client_key, redirect_uri, request):
        return redirect_uri in self.client(client_key).get('callbacks', [])

    # Temporary credentials

    def save_request_token(self, token, request):
        self.store.temporary[token['oauth_token']] = {
            'client': request.client_key,
            'secret': token['oauth_token_secret'],
            'callback': request.redirect_uri,
            'verifier': None,
        }

    def verify_request_token(self, token, request):
        # A second consent on the same credentials would change the verifier under the first one.
        return self.store.temporary.get(token, {'verifier': 'none'})['verifier'] is None

    def get_redirect_uri(self, token, request):
        return self.store.temporary[token]['callback']

    def save_verifier(self, token, verifier, request):
        self.store.temporary[token]['verifier'] = verifier['oauth_verifier']

    def validate_request_token(self, client_key, token, request):
        return self.store.temporary.get(token, {}).get('client') == client_key

    def get_request_token_secret(self, client_key, token, request):
        return self.store.temporary.get(token, {}).get('secret', DUMMY)

    def validate_verifier(self, client_key, token, verifier, request):
        expected = self.store.temporary.get(token, {}).get('verifier')
        return expected is not None and safe_string_equals(verifier, expected)

    def invalidate_request_token(self, client_key, request_token, request):
        del self.store.temporary[request_token]

    # Token credentials

    def save_access_token(self, token, request):
        self.store.tokens[token['oauth_token']] = {'client': request.client_key, 'secret': token['oauth_token_secret']}

    def validate_access_token(self, client_key, token, request):
        return self.store.tokens.get(token, {}).get('client') == client_key

    def get_access_token_secret(self, client_key, token, request):
        return self.store.tokens.get(token, {}).get('secret', DUMMY)

    # There are no realms here.

    def get_default_realms(self, client_key, request):
        return []

    def get_realms(self, token, request):
        return []

    def validate_requested_realms(self, client_key, realms, request):
        return True

    def validate_realms(self, client_key, token, request, uri=None, realms=None):
        return True


CONSENT = """<!doctype html><title>Allow access?</title>
<form method="post" action="/oauth/authorize">
<input type="hidden" name="oauth_token" value="{token}">
<button name="decision" value="allow">Allow</button>
<button name="decision" value="deny">Deny</button>
</form>"""

FORM = 'application/x-www-form-urlencoded'
STORE = Store()
OAUTH = WebApplicationServer(Validator(STORE))


class Handler(BaseHTTPRequestHandler):
    protocol_version = 'HTTP/1.1'

    def log_message(self, format, *args):
        """Says nothing: the log of requests is under /_control."""

    def do(self):
        length = int(self.headers.get('Content-Length') or 0)
        self.body = self.rfile.read(length).decode('utf-8')
        self.target = urlsplit(self.path)
        self.entry = None
        if self.target.path == '/_control/clients':
            return self.register()
        if self.target.path == '/_control/requests':
            with STORE.lock:
                return self.answer(200, json.dumps({'requests': STORE.requests}), 'application/json')
        self.entry = {
            'method': self.command, 'path': self.target.path, 'query': self.target.query,
            'headers': {name.lower(): value for name, value in self.headers.items()},
            'body': self.body, 'status': None, 'checks': {},
        }
        with STORE.lock:
            STORE.requests.append(self.entry)
        routes = {
            '/oauth/request_token': self.request_token,
            '/oauth/authorize': self.authorize,
            '/oauth/access_token': self.access_token,
            '/oauth/revoke': self.revoke,
            '/1/me.json': self.me,
            '/1/echo': self.echo,
        }
        try:
            routes.get(self.target.path, lambda: self.answer(404, 'There is nothing here.'))()
        except (OAuth1Error, ValueError) as error:
            # oauthlib reads queries strictly and says so with ValueError.
            self.answer(400, urlencode({'error': 'invalid_request', 'error_description': str(error)}), FORM)

    do_GET = do_POST = do_PUT = do_DELETE = do_PATCH = do

    def signed_request(self):
        """What oauthlib's endpoints take: the address as the client named it, and everything that was sent."""
        uri = f"http://{self.headers['Host']}{self.path}"
        return {'uri': uri, 'http_method': self.command, 'body': self.body, 'headers': dict(self.headers.items())}

    def register(self):
        client = json.loads(self.body)
        with STORE.lock:
            STORE.clients[client['clientId']] = client
        self.answer(201, '{}', 'application/json')

    def request_token(self):
        self.answer_as(*OAUTH.create_request_token_response(**self.signed_request()))

    def access_token(self):
        person = {'user_id': str(PERSON['id']), 'screen_name': PERSON['screen_name']}
        # One at a time: two requests with the same temporary credentials must not both be served.
        with STORE.lock:
            self.answer_as(*OAUTH.create_access_token_response(**self.signed_request(), credentials=person))

    def authorize(self):
        fields = parse_qs(self.body if self.command == 'POST' else self.target.query)
        token = fields.get('oauth_token', [''])[0]
        temporary = STORE.temporary.get(token)
        if temporary is None or temporary['verifier'] is not None:
            return self.answer(403, 'These temporary credentials are unknown or were used.')
        if self.command != 'POST':
            return self.answer(200, CONSENT.format(token=html.escape(token)), 'text/html; charset=utf-8')
        if fields.get('decision') == ['allow']:
            query = urlencode({'oauth_token': token})
            address = f"http://{self.headers['Host']}/oauth/authorize?{query}"
            return self.answer_as(*OAUTH.create_authorization_response(address))
        del STORE.temporary[token]
        spelling = STORE.clients[temporary['client']].get('denial', 'denied')
        refusal = {'denied': token} if spelling == 'denied' else {'oauth_problem': 'user_refused', 'oauth_token': token}
        separator = '&' if '?' in temporary['callback'] else '?'
        self.answer(302, '', headers={'Location': f"{temporary['callback']}{separator}{urlencode(refusal)}"})

    def protected(self):
        """The request as oauthlib read it, or None after a 401."""
        valid, request = OAUTH.validate_protected_resource_request(**self.signed_request())
        if request is not None:
            self.entry['checks'] = dict(request.validator_log)
        if valid:
            return request
        self.answer(401, 'The signature or the token was refused.', headers={'WWW-Authenticate': 'OAuth realm="peer"'})
        return None

    def me(self):
        if self.protected():
            self.answer(200, json.dumps(PERSON), 'application/json')

    def echo(self):
        request = self.protected()
        if request:
            own = [[name, value] for name, value in request.params if not name.startswith('oauth_')]
            seen = {
                'method': request.http_method, 'parameters': own, 'body': self.body,
                'clientId': request.client_key, 'signatureMethod': request.signature_method,
            }
            self.answer(200, json.dumps(seen), 'application/json')

    def revoke(self):
        request = self.protected()
        if request:
            del STORE.tokens[request.resource_owner_key]
            self.answer(200, '')

    def answer_as(self, headers, body, status):
        self.answer(status, body or '', headers=headers)

    def answer(self, status, body, content_type='text/plain; charset=utf-8', headers=None):
        content = body.encode('utf-8')
        if self.entry is not None:
            self.entry['status'] = status
        self.send_response(status)
        for name, value in {'Content-Type': content_type, **(headers or {})}.items():
            self.send_header(name, value)
        self.send_header('Content-Length', str(len(content)))
        self.end_headers()
        self.wfile.write(content)


class Server(ThreadingHTTPServer):
    daemon_threads = True


server = Server(('127.0.0.1', 0), Handler)
print(json.dumps({'port': server.server_address[1]}), flush=True)
threading.Thread(target=server.serve_forever, daemon=True).start()
# Whoever started this holds the other end; it closes when they end, in whatever way.
sys.stdin.read()
