#include "lib/jwks/key_loader.h"

#include <utility>

#include "lib/jwks/file_keys.h"
#include "lib/jwks/remote_keys.h"

namespace usher::jwks {
namespace {

// Keys of the configuration: loaded once, always fresh.
class InlineLoader final : public KeyLoader {
 public:
  explicit InlineLoader(std::string jwks) : jwks_(std::move(jwks)) {}

  void Load(const Request&, Done done) override {
    absl::StatusOr<jose::KeySet> keys = jose::KeySet::FromJwks(jwks_);
    if (!keys.ok()) return done(keys.status());
    done(LoadedKeys{*std::move(keys), absl::InfiniteDuration()});
  }
  bool is_remote() const override { return false; }
  std::optional<absl::Time> NextLook(const RefreshHistory&, absl::Time,
                                     double) const override {
    return std::nullopt;
  }
  std::optional<Trigger> NeedsLoad(const RefreshHistory&, absl::Time) override {
    return std::nullopt;
  }

 private:
  const std::string jwks_;
};

struct Maker {
  LoaderDeps deps;

  std::shared_ptr<KeyLoader> operator()(const Discovery& source) {
    return std::make_shared<RemoteKeys>(source, std::move(deps));
  }
  std::shared_ptr<KeyLoader> operator()(const JwksUrl& source) {
    return std::make_shared<RemoteKeys>(source, std::move(deps));
  }
  std::shared_ptr<KeyLoader> operator()(const JwksFile& source) {
    return std::make_shared<FileKeys>(source.path, deps.limits);
  }
  std::shared_ptr<KeyLoader> operator()(const InlineKeys& source) {
    return std::make_shared<InlineLoader>(source.jwks);
  }
};

}  // namespace

std::shared_ptr<KeyLoader> MakeLoader(const Source& source, LoaderDeps deps) {
  return std::visit(Maker{std::move(deps)}, source);
}

}  // namespace usher::jwks
