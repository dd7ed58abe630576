#include "lib/config/service_codecs.h"

#include <algorithm>
#include <array>

#include "lib/base/net/listen_address.h"

namespace usher::config {
namespace {

using yaml::EmptyText;
using yaml::Value;

constexpr auto kRpcs =
    std::to_array<std::string_view>({"Verify", "BatchVerify", "Introspect"});

struct LevelName {
  std::string_view name;
  base::LogLevel level;
};
constexpr auto kLevels = std::to_array<LevelName>({
    {"debug", base::LogLevel::kDebug},
    {"info", base::LogLevel::kInfo},
    {"warning", base::LogLevel::kWarning},
    {"error", base::LogLevel::kError},
});
static_assert(kLevels.size() == static_cast<size_t>(base::LogLevel::kError) + 1,
              "every level has a name");

std::vector<std::string_view> AlgorithmNames() {
  std::vector<std::string_view> names;
  for (const jose::AlgInfo& row : jose::Algs()) names.push_back(row.name);
  names.push_back("EdDSA");
  return names;
}

}  // namespace

void TokenTypeList::Read(const Value& value, std::vector<std::string>& out) {
  out.clear();
  yaml::ForEachText(
      value, EmptyText::kAllowed,
      [&](const Value&, std::string_view text) { out.emplace_back(text); });
}

void RpcList::Read(const Value& value, std::vector<std::string>& out) {
  out.clear();
  yaml::ForEachText(value, EmptyText::kInvalid,
                    [&](const Value& element, std::string_view name) {
                      if (std::ranges::find(kRpcs, name) == kRpcs.end()) {
                        yaml::AddUnknownNameError(element, "RPC", name, kRpcs);
                      } else {
                        out.emplace_back(name);
                      }
                    });
}

void AlgorithmList::Read(const Value& value, jose::AlgSet& out) {
  out = {};
  yaml::ForEachText(
      value, EmptyText::kInvalid,
      [&](const Value& element, std::string_view name) {
        const jose::AlgSet algs = jose::ConfiguredAlgs(name);
        if (!algs.empty()) {
          out = out | algs;
        } else if (name == "none" || name.starts_with("HS")) {
          element.AddError(
              "is never accepted: anyone who can verify such a signature can "
              "also create one");
        } else {
          yaml::AddUnknownNameError(element, "algorithm", name,
                                    AlgorithmNames());
        }
      });
}

std::string AlgorithmList::TypeName() {
  return base::StrCat("list of ", jose::NamesOf(jose::AllAlgs()));
}

std::string AlgorithmList::Format(jose::AlgSet algs) {
  return base::StrCat("[", jose::NamesOf(algs), "]");
}

void LogLevelName::Read(const Value& value, base::LogLevel& out) {
  const auto text = value.Text();
  if (!text) return;
  const auto row = std::ranges::find(kLevels, *text, &LevelName::name);
  if (row == kLevels.end()) {
    return value.AddError(base::StrCat("must be ", TypeName()));
  }
  out = row->level;
}

std::string LogLevelName::Format(base::LogLevel level) {
  const auto row = std::ranges::find(kLevels, level, &LevelName::level);
  return std::string(row->name);
}

void Address::Read(const Value& value, std::string& out) {
  const auto text = value.Text();
  if (!text) return;
  if (!base::ListenAddress::Parse(*text)) {
    return value.AddError(
        "must be IP:PORT, localhost:PORT or unix:PATH, such as "
        "127.0.0.1:9443, [::1]:9443 or unix:/run/usher.sock");
  }
  out = *text;
}

void ReadablePath::Read(const Value& value, std::string& out) {
  const auto text = value.Text();
  if (!text) return;
  out = value.reading.files.Resolve(*text);
  const auto& bytes = value.reading.files.Read(out, yaml::Files::Use::kCheck);
  if (!bytes.ok()) value.AddError(base::Std(bytes.status().message()));
}

void ReadablePath::Read(const Value& value, std::optional<std::string>& out) {
  Read(value, out.emplace());
}

void WritablePath::Read(const Value& value, std::optional<std::string>& out) {
  if (const auto text = value.Text()) out = value.reading.files.Resolve(*text);
}

void CaFile::Read(const Value& value, std::optional<std::string>& out) {
  const auto text = value.Text();
  if (!text) return;
  yaml::Files& files = value.reading.files;
  const auto& pem = files.Read(files.Resolve(*text), yaml::Files::Use::kStore);
  if (!pem.ok()) return value.AddError(base::Std(pem.status().message()));
  if (pem->find("-----BEGIN CERTIFICATE-----") == std::string::npos) {
    return value.AddError("has no PEM block of type CERTIFICATE");
  }
  out = *pem;
}

}  // namespace usher::config
