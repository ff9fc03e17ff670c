"""Lets oauthlib sign and verify for the tests: one JSON object per line in, one per line out."""
import json
import sys

from oauthlib.oauth1 import Client, RequestValidator, SignatureOnlyEndpoint
from oauthlib.oauth1.rfc5849 import (
    SIGNATURE_HMAC_SHA1, SIGNATURE_HMAC_SHA256, SIGNATURE_HMAC_SHA512, SIGNATURE_PLAINTEXT,
    SIGNATURE_RSA_SHA1, SIGNATURE_RSA_SHA256, SIGNATURE_RSA_SHA512,
)

METHODS = (
    SIGNATURE_HMAC_SHA1, SIGNATURE_HMAC_SHA256, SIGNATURE_HMAC_SHA512, SIGNATURE_PLAINTEXT,
    SIGNATURE_RSA_SHA1, SIGNATURE_RSA_SHA256, SIGNATURE_RSA_SHA512,
)
PLACEMENTS = {'header': 'AUTH_HEADER', 'query': 'QUERY', 'body': 'BODY'}


class Validator(RequestValidator):
    """Knows exactly the client and token of one question. Nonce rules stay those of the library."""

    def __init__(self, question):
        super().__init__()
        self.question = question

    allowed_signature_methods = METHODS
    enforce_ssl = False
    dummy_client = 'nobody'

    def check_client_key(self, client_key):
        return True

    def validate_client_key(self, client_key, request):
        return client_key == self.question['clientId']

    def validate_timestamp_and_nonce(self, client_key, timestamp, nonce, request, request_token=None, access_token=None):
        return self.check_nonce(nonce)

    def get_client_secret(self, client_key, request):
        return self.question['clientSecret']

    def get_access_token_secret(self, client_key, token, request):
        return self.question['tokenSecret'] if token == self.question['token'] else ''

    def get_rsa_key(self, client_key, request):
        return self.question['publicKey']


def verify(question):
    endpoint = SignatureOnlyEndpoint(Validator(question))
    valid, _ = endpoint.validate_request(
        question['url'], question['method'], question.get('body') or '', question['headers'])
    return {'valid': valid}


def sign(question):
    client = Client(
        question['clientId'], client_secret=question['clientSecret'],
        resource_owner_key=question['token'], resource_owner_secret=question['tokenSecret'],
        signature_method=question['signatureMethod'], signature_type=PLACEMENTS[question['placement']],
        rsa_key=question.get('privateKey'), realm=question.get('realm'), callback_uri=question.get('callback'),
    )
    try:
        url, headers, body = client.sign(
            question['url'], question['method'], question.get('body'), dict(question['headers']))
    except ValueError as error:
        return {'refused': str(error)}
    return {'url': url, 'headers': headers, 'body': body}


for line in sys.stdin:
    asked = json.loads(line)
    print(json.dumps({'sign': sign, 'verify': verify}[asked['do']](asked)))
