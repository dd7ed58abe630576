#include "server/monitor/ready_file.h"

#include <unistd.h>

#include "lib/base/file.h"
#include "lib/base/json_writer.h"

namespace usher::server {

absl::Status WriteReadyFile(const std::string& path, const Addresses& addresses,
                            bool serving) {
  base::JsonObject json;
  json.Add("listen", addresses.listen)
      .Add("admin", addresses.admin)
      .Add("metrics", addresses.metrics)
      .Add("status_page", addresses.status_page)
      .Add("serving", serving)
      .Add("pid", getpid());
  return base::ReplaceFile(path, json.Text() + "\n");
}

}  // namespace usher::server
