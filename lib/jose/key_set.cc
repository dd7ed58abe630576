#include "lib/jose/key_set.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "lib/base/result.h"
#include "lib/base/text/strings.h"
#include "lib/base/text/utf8.h"

namespace usher::jose {
namespace {

using base::StrCat;

absl::Status Error(const std::string& why) {
  return absl::InvalidArgumentError(base::Absl(why));
}

// What the provider wrote, for the operator: short and printable.
std::string Quoted(std::string_view text) {
  constexpr size_t kLongest = 80;
  std::string shown = "\"";
  for (char c : text.substr(0, kLongest)) {
    shown += absl::ascii_isprint(static_cast<unsigned char>(c)) ? c : '?';
  }
  return shown + (text.size() > kLongest ? "...\"" : "\"");
}

std::optional<std::string_view> KidIn(json::Value jwk) {
  const std::optional<json::Value> kid = jwk.Find("kid");
  return kid ? kid->String() : std::nullopt;
}

bool IsPem(json::Value value) {
  const std::optional<std::string_view> text = value.String();
  return text && text->find("-----BEGIN ") != std::string_view::npos;
}

// {"kid": "-----BEGIN CERTIFICATE-----..."}: how some providers published keys
// before RFC 7517, and still do.
bool IsPemByKid(json::Value root) {
  bool found = false;
  root.ForEachMember([&](std::string_view, json::Value value) {
    return !(found = IsPem(value));
  });
  return found;
}

}  // namespace

absl::StatusOr<KeySet> KeySet::FromJwks(std::string_view json) {
  json::Reader reader;
  const std::optional<json::Value> root =
      reader.Parse(base::WithoutByteOrderMark(json));
  if (!root) return Error(StrCat("key set: ", reader.error()));
  KeySet set;
  const std::optional<json::Value> keys = root->Find("keys");
  if (keys && keys->IsArray()) {
    keys->ForEachElement([&](json::Value jwk) {
      if (!set.HasRoom()) return false;
      set.Add(StrCat("keys[", set.read_, "]"), KidIn(jwk), Key::FromJwk(jwk));
      return true;
    });
  } else if (IsPemByKid(*root)) {
    root->ForEachMember([&](std::string_view kid, json::Value pem) {
      if (!set.HasRoom()) return false;
      set.Add(StrCat("member ", set.read_ + 1), kid,
              IsPem(pem) ? Key::FromPem(*pem.String(), std::string(kid))
                         : Error("not a certificate in PEM"));
      return true;
    });
  } else {
    return Error("key set: not an object with an array of keys");
  }
  return std::move(set).Checked("key set");
}

bool KeySet::HasRoom() {
  if (read_ < kMaxKeys) return true;
  ignored_.push_back(
      StrCat("only the first ", kMaxKeys, " keys of a set are read"));
  return false;
}

void KeySet::Add(const std::string& name, std::optional<std::string_view> kid,
                 absl::StatusOr<Key> key) {
  if (key.ok()) {
    keys_.push_back(*std::move(key));
  } else {
    Ignore(name, kid, key.status());
  }
  ++read_;
}

void KeySet::Ignore(const std::string& name,
                    std::optional<std::string_view> kid,
                    const absl::Status& why) {
  constexpr size_t kMaxKid = 256;
  const std::string_view text = base::Std(why.message());
  if (kid && kid->size() <= kMaxKid) {
    unusable_.push_back({std::string(*kid), std::string(text)});
  }
  if (absl::IsFailedPrecondition(why)) return;
  ignored_.push_back(
      StrCat(name, kid ? StrCat(" (kid ", Quoted(*kid), ")") : "", ": ", text));
}

absl::StatusOr<KeySet> KeySet::Checked(std::string_view what) && {
  if (read_ == 0) return Error(StrCat(what, ": no keys"));
  if (!keys_.empty()) return std::move(*this);
  return Error(StrCat(
      what, ": no usable key; ",
      ignored_.empty() ? "all are for another purpose" : ignored_.front()));
}

std::optional<std::string_view> KeySet::WhyUnusable(
    std::string_view kid) const {
  for (const Unusable& key : unusable_) {
    if (key.kid == kid) return key.why;
  }
  return std::nullopt;
}

std::optional<std::string> KeySet::WhyAmbiguous() const {
  if (std::any_of(keys_.begin(), keys_.end(),
                  [](const Key& key) { return key.kid().has_value(); })) {
    return std::nullopt;
  }
  for (const AlgInfo& info : Algs()) {
    const auto fit =
        std::count_if(keys_.begin(), keys_.end(),
                      [&](const Key& key) { return key.algs().Has(info.alg); });
    if (static_cast<size_t>(fit) <= kMaxTriedWithoutKids) continue;
    return StrCat(fit, " keys without kid fit ", info.name, ", and at most ",
                  kMaxTriedWithoutKids,
                  " are tried for a token, so its tokens are refused "
                  "(KEY_AMBIGUOUS): remove old keys, or publish kids");
  }
  return std::nullopt;
}

bool KeySet::Has(const Sha256Digest& thumbprint, Alg alg) const {
  return std::any_of(keys_.begin(), keys_.end(), [&](const Key& key) {
    return key.algs().Has(alg) && key.thumbprint() == thumbprint;
  });
}

bool KeySet::HasSameKeysAs(const KeySet& other) const {
  return std::is_permutation(
      keys_.begin(), keys_.end(), other.keys_.begin(), other.keys_.end(),
      [](const Key& a, const Key& b) { return a.IsSameAs(b); });
}

KeySet KeySet::WithKeysOf(const KeySet& last) && {
  for (Key& key : keys_) {
    const auto known =
        std::find_if(last.keys_.begin(), last.keys_.end(),
                     [&](const Key& other) { return key.IsSameAs(other); });
    if (known != last.keys_.end()) key = *known;
  }
  return std::move(*this);
}

}  // namespace usher::jose
