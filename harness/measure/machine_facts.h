// MachineFacts: what this machine is, as far as it says so itself.
//
//   cpu_model         /proc/cpuinfo
//   cores             of the affinity mask of this process
//   memory, cgroup    as MachineState
//   governor, turbo   /sys/devices/system/cpu: cpufreq, intel_pstate
//   huge pages        /sys/kernel/mm/transparent_hugepage/enabled
//   numa_nodes        /sys/devices/system/node
//   virtualisation    `none`, or what /sys/hypervisor and /sys/class/dmi/id
//   call
//                     it, or `yes`, where /proc/cpuinfo shows a hypervisor
//   kernel            /proc/sys/kernel: ostype, osrelease
//   file_system       type and options of the mount that holds the folder, of
//                     /proc/self/mountinfo; device: its source, and the model
//                     that /sys/dev/block knows
//   free_bytes        statvfs() of the folder
//   clock_read_ns     timed here
//
// Threads: pure functions. Errors: what cannot be read is empty.
#ifndef TILLSTORM_HARNESS_MEASURE_MACHINE_FACTS_H_
#define TILLSTORM_HARNESS_MEASURE_MACHINE_FACTS_H_

#include <string>

#include "harness/measure/run_record.h"

namespace tillstorm {

// `folder`: an absolute path, of where the dataset is; empty for none, then
// nothing is said of a file system. `root` stands before /proc and /sys, for
// tests.
[[nodiscard]] MachineFacts ReadMachineFacts(const std::string& folder,
                                            const std::string& root = {});

}  // namespace tillstorm

#endif  // TILLSTORM_HARNESS_MEASURE_MACHINE_FACTS_H_
