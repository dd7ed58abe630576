#include "lib/config/codecs.h"

#include "lib/base/net/listen_address.h"

namespace usher::config {
namespace {

// Reads the text of `value`, quoted or not, by `parse`.
template <typename Parse>
auto ReadQuantity(const Value& value, Parse parse, std::string_view wanted)
    -> decltype(parse("")) {
  const auto text = value.Text();
  if (!text) return std::nullopt;
  const auto read = parse(*text);
  if (!read) value.Fault(base::StrCat("must be ", wanted));
  return read;
}

std::optional<absl::Duration> ReadDuration(const Value& value) {
  const bool unitless =
      value.node.kind == Node::Kind::kScalar && ParseCount(value.node.text);
  if (unitless) {
    value.Fault(base::StrCat("needs a unit, such as ", value.node.text, "s"));
    return std::nullopt;
  }
  return ReadQuantity(value, ParseDuration,
                      "a duration, such as 500ms, 60s, 5m, 24h or 1h30m");
}

}  // namespace

void Address::Read(const Value& value, std::string& out) {
  const auto text = value.Text();
  if (!text) return;
  if (!base::ListenAddress::Parse(*text)) {
    return value.Fault(
        "must be IP:PORT, localhost:PORT or unix:PATH, such as "
        "127.0.0.1:9443, [::1]:9443 or unix:/run/usher.sock");
  }
  out = *text;
}

void FilePath::Read(const Value& value, std::string& out) {
  const auto text = value.Text();
  if (!text) return;
  out = value.reading.files.Resolve(*text);
  const auto& bytes = value.reading.files.Read(out, /*kept=*/false);
  if (!bytes.ok()) value.Fault(base::Std(bytes.status().message()));
}

void FilePath::Read(const Value& value, std::optional<std::string>& out) {
  Read(value, out.emplace());
}

void WritablePath::Read(const Value& value, std::optional<std::string>& out) {
  if (const auto text = value.Text()) out = value.reading.files.Resolve(*text);
}

void Share::Read(const Value& value, double& out) {
  constexpr std::string_view kWanted = "a decimal number from 0 to 1";
  const auto text = value.Plain(kWanted);
  if (!text) return;
  const auto share = ParseShare(*text);
  if (!share) return value.Fault(base::StrCat("must be ", kWanted));
  out = *share;
}

void CaFile::Read(const Value& value, std::optional<std::string>& out) {
  const auto text = value.Text();
  if (!text) return;
  Files& files = value.reading.files;
  const auto& pem = files.Read(files.Resolve(*text), /*kept=*/true);
  if (!pem.ok()) return value.Fault(base::Std(pem.status().message()));
  if (pem->find("-----BEGIN CERTIFICATE-----") == std::string::npos) {
    return value.Fault("holds no PEM block of type CERTIFICATE");
  }
  out = *pem;
}

void AnyDuration::Read(const Value& value, absl::Duration& out) {
  out = ReadDuration(value).value_or(out);
}

void AnyDuration::Read(const Value& value, std::optional<absl::Duration>& out) {
  if (const auto duration = ReadDuration(value)) out = *duration;
}

std::string AnyDuration::Show(absl::Duration duration) {
  return DurationText(duration);
}

std::string AnyDuration::Show(const std::optional<absl::Duration>& duration) {
  return duration ? DurationText(*duration) : "";
}

std::string BoundedWords(std::string_view what, const Bounds& bounds) {
  return base::StrCat(what, ", ", bounds.least, " to ", bounds.most);
}

void OutOfBounds(const Value& value, const Bounds& bounds) {
  value.Fault(base::StrCat("must be ", bounds.least, " to ", bounds.most));
}

std::optional<size_t> ReadCount(const Value& value) {
  constexpr std::string_view kWanted = "a whole number in decimal digits";
  const auto text = value.Plain(kWanted);
  if (!text) return std::nullopt;
  const auto count = ParseCount(*text);
  if (!count) value.Fault(base::StrCat("must be ", kWanted));
  return count;
}

std::optional<size_t> ReadSize(const Value& value) {
  return ReadQuantity(value, ParseSize,
                      "a size with its unit, such as 64KiB, 128MiB or 2GiB");
}

}  // namespace usher::config
