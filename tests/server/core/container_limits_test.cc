#include "server/core/container_limits.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <string>

#include "tests/support/scratch_directory.h"

namespace usher::server {
namespace {

constexpr size_t kMiB = size_t{1} << 20;

// The files of a kernel, under a folder of their own.
struct Kernel {
  void Write(const std::string& path, const std::string& content) {
    const std::filesystem::path file = root() + path;
    std::filesystem::create_directories(file.parent_path());
    std::ofstream(file) << content << "\n";
  }
  std::string root() const { return directory.path(); }
  ContainerLimits Limits() const { return ReadContainerLimits(root()); }

  testing::ScratchDirectory directory;
};

TEST(ContainerLimits, AreAbsentWithoutControlGroups) {
  EXPECT_EQ(Kernel().Limits(), ContainerLimits());
}

TEST(ContainerLimits, AreReadInAContainerOfVersion2) {
  Kernel kernel;
  kernel.Write("/proc/self/cgroup", "0::/");
  kernel.Write("/sys/fs/cgroup/memory.max", "536870912");
  kernel.Write("/sys/fs/cgroup/cpu.max", "150000 100000");
  EXPECT_EQ(kernel.Limits().memory, 512 * kMiB);
  EXPECT_EQ(kernel.Limits().processors, 1.5);
}

TEST(ContainerLimits, AreAbsentWhereTheGroupHasNone) {
  Kernel kernel;
  kernel.Write("/proc/self/cgroup", "0::/");
  kernel.Write("/sys/fs/cgroup/memory.max", "max");
  kernel.Write("/sys/fs/cgroup/cpu.max", "max 100000");
  EXPECT_EQ(kernel.Limits(), ContainerLimits());
}

TEST(ContainerLimits, AreTheSmallestOfTheGroupAndThoseAbove) {
  Kernel kernel;
  kernel.Write("/proc/self/cgroup", "0::/system.slice/usherd.service");
  const std::string slice = "/sys/fs/cgroup/system.slice";
  kernel.Write(slice + "/memory.max", "268435456");
  kernel.Write(slice + "/usherd.service/memory.max", "536870912");
  kernel.Write(slice + "/usherd.service/cpu.max", "50000 100000");
  EXPECT_EQ(kernel.Limits().memory, 256 * kMiB);
  EXPECT_EQ(kernel.Limits().processors, 0.5);
}

TEST(ContainerLimits, AreReadInVersion1) {
  Kernel kernel;
  kernel.Write("/proc/self/cgroup",
               "5:memory:/docker/1f\n4:cpu,cpuacct:/docker/1f\n1:name=x:/");
  // A container sees its own group at the top.
  kernel.Write("/sys/fs/cgroup/memory/memory.limit_in_bytes", "134217728");
  kernel.Write("/sys/fs/cgroup/cpu/cpu.cfs_quota_us", "200000");
  kernel.Write("/sys/fs/cgroup/cpu/cpu.cfs_period_us", "100000");
  EXPECT_EQ(kernel.Limits().memory, 128 * kMiB);
  EXPECT_EQ(kernel.Limits().processors, 2);
}

TEST(ContainerLimits, AreAbsentInVersion1WhereThereAreNone) {
  Kernel kernel;
  kernel.Write("/proc/self/cgroup", "5:memory:/\n4:cpu,cpuacct:/");
  kernel.Write("/sys/fs/cgroup/memory/memory.limit_in_bytes",
               "9223372036854771712");
  kernel.Write("/sys/fs/cgroup/cpu/cpu.cfs_quota_us", "-1");
  kernel.Write("/sys/fs/cgroup/cpu/cpu.cfs_period_us", "100000");
  EXPECT_EQ(kernel.Limits(), ContainerLimits());
}

TEST(ContainerLimits, SurviveNonsense) {
  Kernel kernel;
  kernel.Write("/proc/self/cgroup", "\n:\n0::\n0::nonsense\n0::/a//b/../c");
  kernel.Write("/sys/fs/cgroup/memory.max", "");
  kernel.Write("/sys/fs/cgroup/cpu.max", "1 0");
  EXPECT_EQ(kernel.Limits(), ContainerLimits());
}

}  // namespace
}  // namespace usher::server
