#include "usher/claims.h"

#include <utility>

#include "lib/claims/document.h"
#include "lib/json/json.h"

namespace usher {

std::string ClaimPath::Text() const {
  std::string text;
  for (const std::string& name : names_) {
    if (&name != names_.data()) text += '.';
    text += name;
  }
  return text;
}

Claims::Claims(std::string json)
    : document_(std::make_shared<const Document>(std::move(json))) {}

const std::string& Claims::json() const { return document_->json(); }

std::optional<ClaimType> Claims::TypeOf(const ClaimPath& path) const {
  const auto found = document_->Find(path);
  if (!found) return std::nullopt;
  return document_->TypeOf(*found);
}

std::optional<std::string> Claims::FindString(const ClaimPath& path) const {
  const auto found = document_->Find(path);
  if (!found || document_->TypeOf(*found) != ClaimType::kString) {
    return std::nullopt;
  }
  return std::string(document_->Text(*found));
}

std::optional<int64_t> Claims::FindInteger(const ClaimPath& path) const {
  const auto found = document_->Find(path);
  if (!found || document_->TypeOf(*found) != ClaimType::kInteger) {
    return std::nullopt;
  }
  return document_->Integer(*found);
}

std::optional<double> Claims::FindNumber(const ClaimPath& path) const {
  const auto found = document_->Find(path);
  if (!found) return std::nullopt;
  const ClaimType type = document_->TypeOf(*found);
  if (type != ClaimType::kInteger && type != ClaimType::kDouble) {
    return std::nullopt;
  }
  return document_->Number(*found);
}

std::optional<bool> Claims::FindBool(const ClaimPath& path) const {
  const auto found = document_->Find(path);
  if (!found || document_->TypeOf(*found) != ClaimType::kBool) {
    return std::nullopt;
  }
  return document_->Bool(*found);
}

std::optional<std::vector<std::string>> Claims::FindStrings(
    const ClaimPath& path) const {
  const auto found = document_->Find(path);
  if (!found) return std::nullopt;
  const Document& claims = *document_;
  std::vector<std::string> texts;
  if (claims.TypeOf(*found) == ClaimType::kString) {
    texts.emplace_back(claims.Text(*found));
    return texts;
  }
  if (claims.TypeOf(*found) != ClaimType::kArray) return std::nullopt;
  for (size_t i = claims.First(*found); i != claims.End(*found);
       i = claims.Next(i)) {
    if (claims.TypeOf(i) != ClaimType::kString) return std::nullopt;
    texts.emplace_back(claims.Text(i));
  }
  return texts;
}

std::optional<std::string> Claims::FindJson(const ClaimPath& path) const {
  if (!document_->Find(path)) return std::nullopt;
  json::Reader reader;
  std::optional<json::Value> value = reader.Parse(json());
  for (const std::string& name : path.names()) {
    if (value) value = value->Find(name);
  }
  if (!value) return std::nullopt;
  return value->Text();
}

}  // namespace usher
