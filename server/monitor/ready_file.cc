#include "server/monitor/ready_file.h"

#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <fstream>

#include "lib/base/json_writer.h"
#include "lib/base/strings.h"

namespace usher::server {
namespace {

absl::Status Error(const std::string& path) {
  return absl::UnavailableError(base::Absl(base::StrCat(
      "cannot write the ready file ", path, ": ", std::strerror(errno))));
}

}  // namespace

absl::Status WriteReadyFile(const std::string& path, const Addresses& addresses,
                            bool serving) {
  base::JsonObject json;
  json.Add("listen", addresses.listen)
      .Add("admin", addresses.admin)
      .Add("metrics", addresses.metrics)
      .Add("status_page", addresses.status_page)
      .Add("serving", serving)
      .Add("pid", getpid());
  const std::string temporary = path + ".new";
  std::ofstream file(temporary, std::ios::trunc);
  file << json.Text() << "\n";
  file.close();
  if (!file) return Error(temporary);
  if (std::rename(temporary.c_str(), path.c_str()) != 0) return Error(path);
  return absl::OkStatus();
}

}  // namespace usher::server
