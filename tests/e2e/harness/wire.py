"""The wire contract as a client of another language sees it: Python classes
generated from proto/, nothing of Usher's own."""

import grpc

from . import places  # sys.path: the generated classes

from usher.v1 import admin_service_pb2 as admin
from usher.v1 import admin_service_pb2_grpc as admin_rpc
from usher.v1 import reason_pb2 as reasons
from usher.v1 import token_service_pb2 as tokens
from usher.v1 import token_service_pb2_grpc as token_rpc
from google.rpc import error_details_pb2, status_pb2

assert places.STUBS


class Service:
    """Both services of one usherd, over one channel each."""

    def __init__(self, token_channel, admin_channel):
        self._channels = [token_channel, admin_channel]
        self.tokens = token_rpc.TokenServiceStub(token_channel)
        self.admin = admin_rpc.AdminServiceStub(admin_channel)
        self.health = token_channel.unary_unary("/grpc.health.v1.Health/Check")
        self.health_watch = token_channel.unary_stream(
            "/grpc.health.v1.Health/Watch")

    def verify(self, token, timeout=10, **fields):
        return self.tokens.Verify(
            tokens.VerifyRequest(token=token, **fields), timeout=timeout)

    def verify_many(self, requests, timeout=60):
        return list(self.tokens.BatchVerify(
            tokens.BatchVerifyRequest(requests=requests),
            timeout=timeout).results)

    def introspect(self, token, **fields):
        return self.tokens.Introspect(
            tokens.IntrospectRequest(token=token, **fields), timeout=10)

    def explain(self, token, **fields):
        request = tokens.VerifyRequest(token=token, **fields)
        return self.admin.Explain(
            admin.ExplainRequest(request=request), timeout=10)

    def issuers(self):
        """The state of each issuer, by its name."""
        listed = self.admin.ListIssuers(
            admin.ListIssuersRequest(), timeout=10)
        return {issuer.name: issuer for issuer in listed.issuers}

    def refresh_keys(self, *names, timeout=20, **fields):
        """What became of each issuer's keys, by its name."""
        refreshed = self.admin.RefreshKeys(admin.RefreshKeysRequest(
            issuer_names=names, **fields), timeout=timeout)
        return {issuer.name: issuer for issuer in refreshed.issuers}

    def close(self):
        for channel in self._channels:
            channel.close()


def verdict(response):
    """"VERIFIED", or the name of the Reason: what tests compare."""
    which = response.WhichOneof("result")
    if which == "verified":
        return "VERIFIED"
    return reasons.Reason.Name(getattr(response, which).reason)


def verdict_of(call):
    """The same for a unary call, whose undecided answers are errors."""
    try:
        return verdict(call())
    except grpc.RpcError as error:
        return undecided_reason(error) or error.code().name


def undecided_reason(error):
    """The Reason in an error's google.rpc.ErrorInfo."""
    info = detail(error, error_details_pb2.ErrorInfo)
    if info is None:
        return None
    assert info.domain == "usher.dev", info
    return info.reason


def detail(error, kind):
    """The detail of that kind, or None."""
    for key, value in error.trailing_metadata() or ():
        if key != "grpc-status-details-bin":
            continue
        status = status_pb2.Status.FromString(value)
        for packed in status.details:
            # Full names are equal; the classes are of our own subset.
            if packed.type_url.split("/")[-1] == kind.DESCRIPTOR.full_name:
                return kind.FromString(packed.value)
    return None
