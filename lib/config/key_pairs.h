// Certificates and private keys that a configuration refers to.
#pragma once

#include "absl/time/time.h"
#include "lib/config/config.h"
#include "lib/yaml/files.h"
#include "lib/yaml/report.h"

namespace usher::config {

// Adds an error for each pair that no peer would accept, and a warning for one
// that strict peers refuse, with the file and what to do. Pairs that `running`
// (null: nothing runs) uses too are left out: their users watch them, and keep
// the old ones while the files are replaced. The dates of listeners'
// certificates are checked; those of issuers are read again before each fetch.
// Blocks on the disk.
void CheckKeyPairs(const Config& config, const Config* running, absl::Time now,
                   yaml::Files& files, yaml::Report& report);

}  // namespace usher::config
