#include "usher/grpc_status.h"

#include <gtest/gtest.h>

#include "usher/internal/token_mint.h"

namespace usher {
namespace {

TEST(VerifyResult, BecomesTheStatusOfTheGuard) {
  const VerifyResult verified = internal::TokenMint::Make({});
  EXPECT_TRUE(verified.ToStatus().ok());

  const VerifyResult expired =
      Denial{.reason = Reason::kTokenExpired, .message = "expired 12s ago"};
  EXPECT_EQ(expired.ToStatus(),
            absl::UnauthenticatedError(
                "invalid_token: TOKEN_EXPIRED: expired 12s ago"));
  const VerifyResult scope = Denial{.reason = Reason::kScopeInsufficient,
                                    .message = "needs orders.write"};
  EXPECT_EQ(scope.ToStatus().code(), absl::StatusCode::kPermissionDenied);
  const VerifyResult newer = Denial{.reason = {}, .message = "newer"};
  EXPECT_EQ(newer.ToStatus(),
            absl::UnauthenticatedError("invalid_token: UNKNOWN: newer"));
}

TEST(VerifyResult, KeepsInternalCausesFromTheCaller) {
  for (const auto cause :
       {Undecided::Cause::kUnreachable, Undecided::Cause::kOverloaded,
        Undecided::Cause::kNotAllowed}) {
    const VerifyResult result =
        Undecided{.cause = cause, .message = "10.0.0.1 refused"};
    EXPECT_EQ(result.ToStatus().code(), absl::StatusCode::kUnavailable);
    EXPECT_EQ(result.ToStatus().message().find("10.0.0.1"),
              absl::string_view::npos);
  }
  const VerifyResult keys = Undecided{.cause = Undecided::Cause::kDependency,
                                      .reason = Reason::kKeysUnavailable};
  EXPECT_EQ(keys.ToStatus().message().substr(0, 18), "KEYS_UNAVAILABLE: ");
}

TEST(VerifyResult, BecomesAGrpcStatusWithTheSameCodeAndMessage) {
  const VerifyResult result =
      Denial{.reason = Reason::kTokenExpired, .message = "expired"};
  const grpc::Status status = ToGrpcStatus(result);
  EXPECT_EQ(status.error_code(), grpc::StatusCode::UNAUTHENTICATED);
  EXPECT_EQ(status.error_message(), "invalid_token: TOKEN_EXPIRED: expired");
}

}  // namespace
}  // namespace usher
