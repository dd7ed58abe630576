#include "server/core/container_limits.h"

#include <charconv>
#include <fstream>
#include <sstream>
#include <string_view>
#include <vector>

#include "lib/base/text/strings.h"

namespace usher::server {
namespace {

using base::StrCat;

// The content of a file of the kernel; "" if there is none.
std::string Read(const std::string& path) {
  std::ifstream in(path);
  std::ostringstream out;
  out << in.rdbuf();
  return std::move(out).str();
}

std::optional<uint64_t> Number(std::string_view text) {
  uint64_t number = 0;
  const auto [end, error] =
      std::from_chars(text.data(), text.data() + text.size(), number);
  // "max" and "-1" are no limit.
  return error == std::errc() ? std::optional(number) : std::nullopt;
}

template <typename T>
void KeepSmaller(std::optional<T>& smallest, std::optional<T> other) {
  if (other && (!smallest || *other < *smallest)) smallest = other;
}

// Version 1 says "no limit" with the largest multiple of a page.
constexpr uint64_t kNoLimit = uint64_t{1} << 60;

std::optional<size_t> Bytes(std::string_view text) {
  const auto bytes = Number(text);
  return bytes && *bytes < kNoLimit ? std::optional<size_t>(*bytes)
                                    : std::nullopt;
}

std::optional<double> Processors(std::optional<uint64_t> quota,
                                 std::optional<uint64_t> period) {
  if (!quota || !period || *period == 0) return std::nullopt;
  return static_cast<double>(*quota) / static_cast<double>(*period);
}

// "/a/b", "/a", "": the group and those above it.
std::vector<std::string> WithParents(std::string group) {
  std::vector<std::string> groups;
  while (!group.empty() && group != "/") {
    groups.push_back(group);
    group.resize(group.rfind('/'));
  }
  groups.push_back("");
  return groups;
}

void ReadVersion2(const std::string& mount, const std::string& group,
                  ContainerLimits& limits) {
  for (const std::string& each : WithParents(group)) {
    const std::string folder = mount + each;
    KeepSmaller(limits.memory, Bytes(Read(folder + "/memory.max")));
    // "200000 100000", "max 100000"
    const std::string cpu = Read(folder + "/cpu.max");
    const size_t space = cpu.find(' ');
    if (space == std::string::npos) continue;
    KeepSmaller(limits.processors,
                Processors(Number(cpu),
                           Number(std::string_view(cpu).substr(space + 1))));
  }
}

void ReadVersion1(const std::string& mount, std::string_view controllers,
                  const std::string& group, ContainerLimits& limits) {
  for (const std::string& each : WithParents(group)) {
    if (controllers == "memory") {
      KeepSmaller(limits.memory, Bytes(Read(StrCat(mount, "/memory", each,
                                                   "/memory.limit_in_bytes"))));
    } else {
      const std::string folder = StrCat(mount, "/cpu", each);
      KeepSmaller(limits.processors,
                  Processors(Number(Read(folder + "/cpu.cfs_quota_us")),
                             Number(Read(folder + "/cpu.cfs_period_us"))));
    }
  }
}

}  // namespace

ContainerLimits ReadContainerLimits(const std::string& root) {
  ContainerLimits limits;
  const std::string mount = root + "/sys/fs/cgroup";
  std::istringstream groups(Read(root + "/proc/self/cgroup"));
  // "0::/system.slice/usherd.service", "5:cpu,cpuacct:/docker/1f"
  for (std::string line; std::getline(groups, line);) {
    const size_t first = line.find(':');
    const size_t second = line.find(':', first + 1);
    if (first == std::string::npos || second == std::string::npos) continue;
    const std::string controllers = line.substr(first + 1, second - first - 1);
    const std::string group = line.substr(second + 1);
    if (!group.starts_with('/')) continue;
    if (controllers.empty()) {
      ReadVersion2(mount, group, limits);
    } else if (controllers == "memory" || controllers.starts_with("cpu,") ||
               controllers == "cpu") {
      ReadVersion1(mount, controllers, group, limits);
    }
  }
  return limits;
}

}  // namespace usher::server
